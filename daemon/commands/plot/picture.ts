import { FLOOR_DB } from "../../../dsp/bands.js";
import type { CueLine } from "../cue-lines.js";
import { type Look, ROWS, type Spectrogram } from "./spectrogram.js";

/** What is drawn, in whatever way. */
export interface Picture {
  readonly title: string;
  readonly sound: Spectrogram;
  readonly cues: readonly CueLine[];
}

export interface Strip {
  readonly fromSec: number;
  readonly toSec: number;
}

/** Levels between which colours run. */
export interface Range {
  readonly lowDb: number;
  readonly highDb: number;
}

export const KINDS = ["whistle", "roar", "beep", "horn"];
/** The bottom of the level track, dBFS. */
export const LEVEL_FLOOR_DB = -60;
/** Silence is black: what is weaker than this is never bright. */
const LEAST_LOUD_DB = -90;
const ONE_STRIP_SEC = 60;
const STRIP_SECS = [15, 20, 30, 45, 60, 90, 120, 180, 300, 450, 600, 900, 1200, 1800, 2700, 3600, 7200, 14_400, 43_200];
const TICK_SECS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 10_800];
const SHORTEST_SEC = 0.05;

/** Cuts a sound into at most `most` strips of a round length; up to a minute stays in one. */
export function stripsOf(sound: Spectrogram, most: number): Strip[] {
  const { fromSec } = sound;
  const toSec = Math.max(sound.toSec, fromSec + SHORTEST_SEC);
  const whole = toSec - fromSec;
  if (whole <= ONE_STRIP_SEC || most === 1) return [{ fromSec, toSec }];
  const count = (sec: number): number => Math.ceil(whole / sec - 1e-6);
  const able = STRIP_SECS.filter((sec) => count(sec) <= most);
  // Of those that leave least of the last strip empty, to a twentieth, the shortest: it shows most.
  const filled = able.map((sec) => Math.round((20 * whole) / (count(sec) * sec)));
  const length = able[filled.indexOf(Math.max(...filled))] ?? Math.ceil(whole / most);
  return Array.from({ length: count(length) }, (_, i) => ({
    fromSec: fromSec + i * length,
    toSec: fromSec + (i + 1) * length,
  }));
}

/** What each of `count` columns of a strip shows. */
export function looksOf(sound: Spectrogram, { fromSec, toSec }: Strip, count: number): Look[] {
  const step = (toSec - fromSec) / count;
  return Array.from({ length: count }, (_, i) => sound.look(fromSec + i * step, fromSec + (i + 1) * step));
}

/** Colours from the noise up to the loudest, 40 to 75 dB apart. Silence stays black. */
export function rangeOf(looks: readonly Look[]): Range {
  const levels = new Uint32Array(-FLOOR_DB + 20);
  let count = 0;
  for (const { rowsDb } of looks) {
    if (rowsDb === null) continue;
    for (const level of rowsDb) {
      const at = Math.max(0, Math.min(levels.length - 1, Math.round(level - FLOOR_DB)));
      levels[at] = (levels[at] ?? 0) + 1;
      count += 1;
    }
  }
  const quantile = (share: number): number => {
    let sum = 0;
    const at = levels.findIndex((n) => {
      sum += n;
      return sum > share * count;
    });
    return FLOOR_DB + Math.max(0, at);
  };
  const highDb = Math.max(LEAST_LOUD_DB, quantile(0.9995) + 2);
  return { lowDb: Math.max(highDb - 75, Math.min(highDb - 40, quantile(0.3))), highDb };
}

/** Share of the range at a place between two rows, 0..1. `row` may have a fraction. */
export function shareAt(rowsDb: Float32Array, row: number, { lowDb, highDb }: Range): number {
  const low = Math.max(0, Math.min(ROWS - 1, Math.floor(row)));
  const high = Math.min(ROWS - 1, low + 1);
  const below = rowsDb[low] ?? FLOOR_DB;
  const level = below + ((rowsDb[high] ?? FLOOR_DB) - below) * Math.max(0, Math.min(1, row - low));
  return (level - lowDb) / (highDb - lowDb);
}

/** Share of the level track's height, 0..1. */
export function levelShare(db: number): number {
  return Math.max(0, Math.min(1, 1 - db / LEVEL_FLOOR_DB));
}

/** Round times within a strip, at most `most`, with their names. */
export function ticksOf({ fromSec, toSec }: Strip, most: number): { readonly sec: number; readonly label: string }[] {
  const step = TICK_SECS.find((sec) => (toSec - fromSec) / sec <= most) ?? 86_400;
  const ticks: { sec: number; label: string }[] = [];
  for (let i = Math.ceil(fromSec / step - 1e-6); i * step <= toSec + 1e-6; i++) {
    ticks.push({ sec: i * step, label: clockOf(i * step, step) });
  }
  return ticks;
}

/** m:ss, with as many decimals as the step needs. */
function clockOf(sec: number, step: number): string {
  const digits = step >= 1 ? 0 : step >= 0.1 ? 1 : 2;
  const minutes = Math.floor(sec / 60 + 1e-9);
  const rest = Math.max(0, sec - minutes * 60).toFixed(digits);
  return `${minutes}:${rest.padStart(digits === 0 ? 2 : 3 + digits, "0")}`;
}

export function cuesIn(cues: readonly CueLine[], { fromSec, toSec }: Strip): CueLine[] {
  return cues.filter(({ onsetSec }) => onsetSec >= fromSec && onsetSec < toSec);
}

/** Kinds in their usual order, those that are not known at the end, with how many there are. */
export function countKinds(cues: readonly CueLine[]): { readonly kind: string; readonly count: number }[] {
  const kinds = [...new Set([...KINDS, ...cues.map(({ kind }) => kind)])];
  return kinds.map((kind) => ({ kind, count: cues.filter((cue) => cue.kind === kind).length }));
}
