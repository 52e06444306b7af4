/** Red, green, blue, 0-255. */
export type Colour = readonly [number, number, number];

export const BACKGROUND: Colour = [16, 16, 22];
export const TEXT: Colour = [225, 225, 232];
export const FAINT: Colour = [150, 150, 162];
export const GRID: Colour = [62, 62, 74];
/** Where sound was lost. */
export const LOST: Colour = [70, 70, 78];

const KIND_COLOURS: Readonly<Record<string, Colour>> = {
  whistle: [64, 224, 255],
  roar: [126, 240, 110],
  beep: [255, 255, 255],
  horn: [255, 120, 210],
};

/** Kinds are an open set: what is not known is drawn grey. */
export function kindColour(kind: string): Colour {
  return KIND_COLOURS[kind] ?? FAINT;
}

/** Black over violet and red to light yellow: brightness grows evenly, so that it reads in grey too and for the colour-blind. */
const STOPS: readonly Colour[] = [
  [4, 4, 12],
  [30, 16, 70],
  [84, 22, 110],
  [146, 38, 104],
  [202, 62, 74],
  [240, 112, 36],
  [251, 178, 48],
  [252, 244, 172],
];
/** As many as an eye tells apart here; more would only make files larger. */
const STEPS = 96;
const HEAT: readonly Colour[] = Array.from({ length: STEPS }, (_, i) => {
  const at = (i / (STEPS - 1)) * (STOPS.length - 1);
  const low = Math.min(STOPS.length - 2, Math.floor(at));
  return mix(STOPS[low] ?? BACKGROUND, STOPS[low + 1] ?? BACKGROUND, at - low);
});

/** Colour of a level, 0 (quiet) to 1 (loud). */
export function heat(share: number): Colour {
  const step = Math.round(Math.max(0, Math.min(1, share)) * (STEPS - 1));
  return HEAT[step] ?? BACKGROUND;
}

/** `share` of `b` over `a`. */
export function mix(a: Colour, b: Colour, share: number): Colour {
  const one = (x: number, y: number): number => Math.round(x + (y - x) * share);
  return [one(a[0], b[0]), one(a[1], b[1]), one(a[2], b[2])];
}
