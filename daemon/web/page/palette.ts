type Rgb = readonly [number, number, number];

/** Quiet to loud. On the dark page silence is the page's own colour, on the light one it is near white: loud always stands out. */
const STOPS: Readonly<Record<"dark" | "light", readonly Rgb[]>> = {
  dark: [
    [11, 17, 24],
    [22, 38, 66],
    [58, 45, 116],
    [150, 45, 120],
    [232, 92, 74],
    [252, 186, 84],
    [255, 250, 215],
  ],
  light: [
    [247, 249, 251],
    [214, 228, 240],
    [142, 190, 222],
    [70, 130, 190],
    [58, 66, 148],
    [76, 24, 92],
    [26, 6, 30],
  ],
};

/** 256 colours as little-endian RGBA words, for writing pixels at once. */
export function makePalette(theme: "dark" | "light"): Uint32Array {
  const stops = STOPS[theme];
  return Uint32Array.from({ length: 256 }, (_, index) => {
    const place = (index / 255) * (stops.length - 1);
    const from = stops[Math.floor(place)] ?? [0, 0, 0];
    const to = stops[Math.ceil(place)] ?? from;
    const part = place - Math.floor(place);
    const [red, green, blue] = from.map((value, channel) =>
      Math.round(value + part * ((to[channel] ?? value) - value)),
    );
    return ((255 << 24) | ((blue ?? 0) << 16) | ((green ?? 0) << 8) | (red ?? 0)) >>> 0;
  });
}
