/** Frames per second as a fraction, and how the labels of one second are counted. */
export interface FrameRate {
  readonly num: number;
  readonly den: 1 | 1001;
  /** Labels of one second: the rate rounded up to a whole number. */
  readonly labelsPerSecond: number;
}

const rate = (labelsPerSecond: number, den: 1 | 1001): FrameRate => ({
  num: den === 1 ? labelsPerSecond : labelsPerSecond * 1000,
  den,
  labelsPerSecond,
});

/** SMPTE ST 12-1: what timecode is counted at. 48 and above 60 are other standards. */
export const FRAME_RATES: readonly FrameRate[] = [
  rate(24, 1001),
  rate(24, 1),
  rate(25, 1),
  rate(30, 1001),
  rate(30, 1),
  rate(50, 1),
  rate(60, 1001),
  rate(60, 1),
];

/** People write 23.98, 29.97 and 59.94: two digits tell the thousandths from the whole ones. */
const NEAR_HZ = 0.006;

/** Reads `25`, `"25"`, `29.97`, `"59.94"`, `"30000/1001"`; `null` when it is none of the known rates. */
export function parseFrameRate(value: string | number): FrameRate | null {
  const hz = typeof value === "number" ? value : hertzOf(value.trim());
  if (hz === null || !Number.isFinite(hz)) return null;
  return FRAME_RATES.find(({ num, den }) => Math.abs(num / den - hz) < NEAR_HZ) ?? null;
}

/** Frames per second. */
export function hertz({ num, den }: FrameRate): number {
  return num / den;
}

/** `25`, `29.97`: as people write it. */
export function formatFrameRate(rate: FrameRate): string {
  return String(Math.round(hertz(rate) * 1000) / 1000);
}

function hertzOf(text: string): number | null {
  const match = /^(\d{1,6}(?:\.\d{1,9})?)(?:\/(\d{1,6}))?$/.exec(text);
  if (match === null) return null;
  const [, above, below = "1"] = match;
  return Number(above) / Number(below);
}
