import { isTime, MICROS_PER_SECOND, type UnixMicros } from "../time.js";
import { FRAME_RATES, type FrameRate, formatFrameRate, hertz } from "./frame-rate.js";
import { findSegments, fitLine, type GeneratorLine, type GeneratorPoint, type Segments } from "./generator-fit.js";

export type GeneratorForm = "timecode" | "pts" | "programDateTime";
/** Open set. `drifting`: its rate is not that of UTC; `wrongRate`: by as much as another frame rate would. */
export type GeneratorDiagnosis = "tooFew" | "steady" | "jumped" | "drifting" | "wrongRate";

/** A record's stamp of the generator, and when it was made. */
export interface GeneratorPair {
  /** The record it comes from: a later pair of the same record takes its place. */
  readonly id: string;
  /** Corrected UTC of the press. */
  readonly at: UnixMicros;
  readonly sdSec: number;
  /** What the generator showed: seconds since its midnight, its zero, or the Unix epoch. */
  readonly shownSec: number;
  /** After so many seconds it begins anew; `null`: never. */
  readonly daySec: number | null;
  readonly rate: FrameRate | null;
}

/** How a generator stands to UTC now. */
export interface GeneratorState {
  /** The latest pair's time: what the offset is for. */
  readonly at: UnixMicros;
  /** Shown minus UTC (of the day for a timecode, since the Unix epoch for others), seconds. */
  readonly offsetSec: number;
  readonly offsetSdSec: number;
  readonly driftPpm: number;
  readonly driftSdPpm: number;
  /** Counts from 1; each jump begins one. */
  readonly segment: number;
  readonly segmentFrom: UnixMicros;
  /** By how much it jumped at the segment's begin, seconds; `null` in the first. */
  readonly jumpSec: number | null;
  readonly pairs: number;
  /** Among the pairs kept, those that fit no segment. */
  readonly outliers: number;
  readonly rate: FrameRate | null;
  readonly diagnosis: GeneratorDiagnosis;
  /** The frame rate its count runs at, where the declared one is wrong. */
  readonly likelyRate: string | null;
}

export interface SavedGenerator {
  readonly pairs: readonly GeneratorPair[];
  readonly origin: number;
  readonly forgotten: number;
}

const DAY_MICROS = 86_400 * MICROS_PER_SECOND;
/** A match has about as many logged events; a day of one feed many more: the oldest go first. */
const MAX_PAIRS = 200;
/** Three centuries: beyond it a count is no time. */
const LATEST_SEC = 1e10;
const FEW_PAIRS = 5;
/** A jump is told as one until so many pairs of the new segment are there. */
const JUMPED_PAIRS = 8;
/** The split of a press between lag and clock is no better than this, however many there are, and wanders slowly (docs/timecode.md). */
const SPLIT_SD_SEC = 0.2;
const MOST_TILT = 1e-3;
const DRIFT_SDS = 3;
/** What people notice in a match: 0.3 s in 90 minutes. */
const DRIFT_PPM = 50;
const RATE_SDS = 5;
const NEAR_RATE_PPM = 100;
/** A rate that differs by less than pull-down (999 ppm) is a crystal, not a rate. */
const LEAST_RATE_PPM = 500;

/**
 * One generator's clock against UTC, from what it showed at the presses of logged events. The result follows from the kept pairs
 * alone: order, repeats and restarts change nothing.
 */
export class GeneratorClock {
  #pairs: readonly GeneratorPair[] = [];
  /** Midnight of the first pair's day: a timecode's offset is counted from there over midnight. */
  #origin = 0;
  /** Segments that ended before the oldest pair kept. */
  #forgotten = 0;

  get lastAt(): number {
    return this.#pairs.at(-1)?.at ?? 0;
  }

  /** False when it says nothing new. */
  push(pair: GeneratorPair): boolean {
    if (!isUsable(pair)) return false;
    const known = this.#pairs.find(({ id }) => id === pair.id);
    if (known !== undefined && isSame(known, pair)) return false;
    if (this.#pairs.length === 0) this.#origin = Math.floor(pair.at / DAY_MICROS) * DAY_MICROS;
    this.#pairs = [...this.#pairs.filter(({ id }) => id !== pair.id), pair].sort(
      (a, b) => a.at - b.at || (a.id < b.id ? -1 : 1),
    );
    if (this.#pairs.length > MAX_PAIRS) this.#forgetOldest();
    return true;
  }

  /** The record it came from is no more, or is in doubt. */
  remove(id: string): boolean {
    const before = this.#pairs.length;
    this.#pairs = this.#pairs.filter((pair) => pair.id !== id);
    return this.#pairs.length < before;
  }

  /** `null` before the first pair. */
  state(): GeneratorState | null {
    const latest = this.#pairs.at(-1);
    if (latest === undefined) return null;
    const found = this.#segments();
    const points = found.segments.at(-1) ?? [];
    const line = fitLine(points, found.slope);
    const last = points.at(-1)?.t ?? 0;
    const first = points[0]?.t ?? 0;
    const driftSd = driftSdOf(line, last - first);
    const segment = this.#forgotten + found.segments.length;
    const offset = line.offsetAt(last);
    return {
      at: this.#timeOf(last),
      offsetSec: latest.daySec === null ? offset : wrap(offset, latest.daySec),
      offsetSdSec: Math.hypot(line.offsetSdAt(last), SPLIT_SD_SEC),
      driftPpm: line.slope * 1e6,
      driftSdPpm: driftSd * 1e6,
      segment,
      segmentFrom: this.#timeOf(first),
      jumpSec: jumpOf(found, line, latest.daySec),
      pairs: points.length,
      outliers: found.outliers,
      rate: latest.rate,
      ...diagnose({ slope: line.slope, slopeSd: driftSd }, points.length, segment, latest.rate),
    };
  }

  snapshot(): SavedGenerator {
    return { pairs: this.#pairs, origin: this.#origin, forgotten: this.#forgotten };
  }

  restore({ pairs, origin, forgotten }: SavedGenerator): void {
    this.#pairs = pairs.filter(isUsable);
    this.#origin = origin;
    this.#forgotten = forgotten;
  }

  #forgetOldest(): void {
    const before = this.#segments().segments.length;
    this.#pairs = this.#pairs.slice(1);
    this.#forgotten += Math.max(0, before - this.#segments().segments.length);
  }

  #timeOf(t: number): UnixMicros {
    return Math.round(this.#origin + t * MICROS_PER_SECOND) as UnixMicros;
  }

  #segments(): Segments {
    return findSegments(this.#points(), slopesOf(this.#pairs.at(-1)?.rate ?? null));
  }

  #points(): GeneratorPoint[] {
    let reference: number | null = null;
    return this.#pairs.map(({ at, shownSec, daySec, sdSec }) => {
      const t = (at - this.#origin) / MICROS_PER_SECOND;
      const raw = daySec === null ? shownSec - at / MICROS_PER_SECOND : shownSec - t;
      reference ??= daySec === null ? raw : wrap(raw, daySec);
      const d = daySec === null ? raw : reference + wrap(raw - reference, daySec);
      return { t, d, sdSec };
    });
  }
}

/** A split that is wrong at one end and right at the other tilts the line, however many points it has. */
function driftSdOf({ slopeSd }: GeneratorLine, spanSec: number): number {
  return Math.hypot(slopeSd, Math.min(MOST_TILT, SPLIT_SD_SEC / spanSec));
}

/** The shorter way round: -day/2 <= value < day/2. */
function wrap(value: number, daySec: number): number {
  return value - daySec * Math.floor(value / daySec + 0.5);
}

function jumpOf({ segments, slope }: Segments, line: GeneratorLine, daySec: number | null): number | null {
  const before = segments.at(-2);
  const at = segments.at(-1)?.[0]?.t;
  if (before === undefined || at === undefined) return null;
  const jump = line.offsetAt(at) - fitLine(before, slope).offsetAt(at);
  return daySec === null ? jump : wrap(jump, daySec);
}

function diagnose(
  { slope, slopeSd }: Pick<GeneratorLine, "slope" | "slopeSd">,
  pairs: number,
  segment: number,
  rate: FrameRate | null,
): Pick<GeneratorState, "diagnosis" | "likelyRate"> {
  const told = (diagnosis: GeneratorDiagnosis, likelyRate: string | null = null) => ({ diagnosis, likelyRate });
  if (pairs < FEW_PAIRS) return told(segment > 1 ? "jumped" : "tooFew");
  const [ppm, sdPpm] = [slope * 1e6, slopeSd * 1e6];
  if (Math.abs(ppm) > Math.max(LEAST_RATE_PPM, RATE_SDS * sdPpm)) {
    const near = Math.max(NEAR_RATE_PPM, DRIFT_SDS * sdPpm);
    const other = ratesBeside(rate).find((one) => Math.abs((one.ratio - 1) * 1e6 - ppm) < near);
    if (other !== undefined) return told("wrongRate", rate === null ? null : formatFrameRate(other.rate));
  }
  if (segment > 1 && pairs < JUMPED_PAIRS) return told("jumped");
  return told(Math.abs(ppm) > Math.max(DRIFT_PPM, DRIFT_SDS * sdPpm) ? "drifting" : "steady");
}

/** What a count runs at that is told to run at `rate`; without one, the pull-down and the two film speeds. */
function ratesBeside(rate: FrameRate | null): { rate: FrameRate; ratio: number }[] {
  const declared = rate === null ? FRAME_RATES.filter(({ labelsPerSecond }) => labelsPerSecond < 30) : [rate];
  return declared.flatMap((own) =>
    FRAME_RATES.filter(
      (one) => one !== own && hertz(one) !== hertz(own) && (rate !== null || one.labelsPerSecond < 30),
    ).map((one) => ({ rate: one, ratio: hertz(one) / hertz(own) })),
  );
}

function slopesOf(rate: FrameRate | null): number[] {
  return ratesBeside(rate).map(({ ratio }) => ratio - 1);
}

function isUsable({ at, shownSec, sdSec, daySec }: GeneratorPair): boolean {
  const isDay = daySec === null || (Number.isFinite(daySec) && daySec > 0);
  return isDay && isTime(at) && Math.abs(shownSec) < LATEST_SEC && Number.isFinite(sdSec) && sdSec > 0;
}

function isSame(a: GeneratorPair, b: GeneratorPair): boolean {
  return a.at === b.at && a.shownSec === b.shownSec && a.sdSec === b.sdSec;
}
