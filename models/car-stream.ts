import { type CarState, copyOf, type Lap, NEVER, type Stop, startOfCar } from "./car-state.js";
import { checkSample, type Intake, startOfIntake } from "./checks.js";
import type { FuelCounters } from "./fuel-counters.js";
import type { Packer, Unpacker } from "./pack.js";
import { packSamples, unpackSamples } from "./stored-samples.js";
import { packStates, unpackStates } from "./stored-states.js";
import type { TelemetrySample } from "./telemetry.js";

/** What happens to one car at a known time. */
export interface CarMark {
  readonly at: number;
  readonly kind: "pitIn" | "pitOut" | "stage";
}

export interface StreamSettings {
  readonly windowSec: number;
  readonly fireDelaySec: number;
  readonly latenessSec: number;
  readonly lapLengthM: number | null;
}

/** What went on in one window: the car's state at its end, and what ended in it. */
export interface WindowRun {
  readonly from: number;
  readonly to: number;
  /** The car as the window found it, and as it left it. */
  readonly before: CarState;
  readonly state: CarState;
  readonly laps: readonly Lap[];
  readonly stints: readonly Stop[];
  readonly revision: number;
  readonly filledSec: number;
}

/** Runs the physics over a window's samples and marks, and changes the state. */
export type RunWindow = (
  state: CarState,
  to: number,
  samples: readonly TelemetrySample[],
  marks: readonly CarMark[],
  isAgain: boolean,
) => { readonly laps: readonly Lap[]; readonly stints: readonly Stop[]; readonly filledSec: number };

interface FiredWindow {
  readonly index: number;
  /** The car as the window found it. */
  readonly before: CarState;
  revision: number;
}

/** In the order they are stored in. */
const INTAKE = [
  "strangers",
  "strangerT",
  "restarted",
  "misplaced",
  "place",
  "placeT",
  "lap",
  "places",
  "percent",
] as const satisfies readonly (keyof Intake)[];
const MARKS: readonly CarMark["kind"][] = ["pitIn", "pitOut", "stage"];

/** A car that is silent has windows for so long, s; then it waits for its next sample. */
const SILENT_SEC = 60;

/**
 * One car's samples in the order of their time, cut into tumbling windows [k·w, (k+1)·w). A window fires when the car's newest sample is
 * `fireDelaySec` past its end. Windows that a late sample can still reach keep the state they began with: they are run again from there.
 *
 *     fired, kept ─────────────┐            ┌─ next
 *     | before₀ | before₁ | before₂ | state | pending samples …
 */
export class CarStream {
  state: CarState = startOfCar();
  newest = NEVER;
  readonly intake: Intake = startOfIntake();
  private next: number | null = null;
  private kept: FiredWindow[] = [];
  private samples: TelemetrySample[] = [];
  private marks: CarMark[] = [];

  constructor(
    private readonly settings: StreamSettings,
    private readonly run: RunWindow,
    private readonly counters: FuelCounters,
  ) {}

  /** Takes a sample in its place. Windows that became due or have to be run again are given. */
  push(sample: TelemetrySample): WindowRun[] {
    const { counters } = this;
    if (!checkSample(this.intake, sample, this.newest, this.settings, counters)) return [];
    if (this.intake.restarted) this.restart();
    const { t } = sample;
    const index = this.indexOf(t);
    if (this.next === null || (this.kept.length === 0 && index < this.next)) this.next = index;
    if (t < this.newest - this.settings.latenessSec || index < this.oldestIndex()) {
      counters.late += 1;
      return [];
    }
    if (!insert(this.samples, sample)) {
      counters.duplicates += 1;
      return [];
    }
    counters.samples += 1;
    if (t <= this.newest) return index < this.next ? this.runAgain(index) : [];
    // After a long silence the windows in between are not made up.
    if (t > this.newest + SILENT_SEC && index > this.next && this.state.last !== null) {
      const runs = this.fireUntil(this.newest + SILENT_SEC);
      this.next = Math.max(this.next, index);
      this.newest = t;
      return runs;
    }
    this.newest = t;
    return (this.next + 1) * this.settings.windowSec + this.settings.fireDelaySec <= t ? this.fireUntil(t) : [];
  }

  /** Takes what happened to the car. False when that is longer ago than can be worked in. */
  mark(mark: CarMark): { readonly isUsed: boolean; readonly runs: WindowRun[] } {
    const index = this.indexOf(mark.at);
    if (this.kept.length > 0 && index < this.oldestIndex()) return { isUsed: false, runs: [] };
    let place = this.marks.length;
    while (place > 0 && (this.marks[place - 1]?.at ?? 0) > mark.at) place -= 1;
    this.marks.splice(place, 0, mark);
    return { isUsed: true, runs: this.next !== null && index < this.next ? this.runAgain(index) : [] };
  }

  /** What is known of everybody changed from `t` on (a flag, the weather). */
  changedFrom(t: number): WindowRun[] {
    const index = Math.max(this.indexOf(t), this.oldestIndex());
    return this.next !== null && index < this.next ? this.runAgain(index) : [];
  }

  /** The clock has come to `t`. */
  advance(t: number): WindowRun[] {
    if (this.next === null) return [];
    const end = t === Number.POSITIVE_INFINITY ? (this.indexOf(this.newest) + 1) * this.settings.windowSec : null;
    return this.fireUntil(end === null ? Math.min(t, this.newest + SILENT_SEC) : end + this.settings.fireDelaySec);
  }

  store(packer: Packer): void {
    const { intake, newest, next, samples, marks, kept, state } = this;
    packer.row(...INTAKE.map((field) => Number(intake[field])), newest, next ?? Number.NaN);
    packSamples(packer, samples);
    packer.column(marks.map(({ at }) => at));
    packer.column(marks.map(({ kind }) => MARKS.indexOf(kind)));
    packer.column(kept.map(({ index }) => index));
    packer.column(kept.map(({ revision }) => revision));
    packStates(packer, [...kept.map(({ before }) => before), state]);
  }

  /** @throws RangeError on a text of another form: the caller refuses the snapshot */
  restore(unpacker: Unpacker, car: string): void {
    const numbers = unpacker.columnOf(INTAKE.length + 2);
    const intake = Object.fromEntries(INTAKE.map((field, i) => [field, numbers[i] ?? 0]));
    Object.assign(this.intake, intake, { restarted: intake.restarted === 1 });
    const [newest = NEVER, next = Number.NaN] = numbers.slice(INTAKE.length);
    this.newest = newest;
    this.next = Number.isNaN(next) ? null : next;
    this.samples = unpackSamples(unpacker, car);
    const times = unpacker.column();
    const kinds = unpacker.columnOf(times.length);
    this.marks = Array.from(times, (at, i) => ({ at, kind: MARKS[kinds[i] ?? 0] ?? "stage" }));
    const indices = unpacker.column();
    const revisions = unpacker.columnOf(indices.length);
    const states = unpackStates(unpacker);
    const state = states.pop();
    if (state === undefined || states.length !== indices.length) throw new RangeError("a stream of another form");
    this.state = state;
    this.kept = states.map((before, i) => ({ index: indices[i] ?? 0, revision: revisions[i] ?? 0, before }));
  }

  private indexOf(t: number): number {
    return Math.floor(t / this.settings.windowSec);
  }

  private oldestIndex(): number {
    return this.kept[0]?.index ?? this.next ?? Number.NEGATIVE_INFINITY;
  }

  private fireUntil(watermark: number): WindowRun[] {
    const runs: WindowRun[] = [];
    const { windowSec, fireDelaySec } = this.settings;
    while (this.next !== null && (this.next + 1) * windowSec + fireDelaySec <= watermark) {
      const fired: FiredWindow = { index: this.next, before: this.state, revision: 0 };
      this.kept.push(fired);
      this.next += 1;
      runs.push(this.runOne(fired, false));
    }
    if (runs.length > 0) this.seal();
    return runs;
  }

  private runAgain(index: number): WindowRun[] {
    const first = this.kept.findIndex((window) => window.index >= index);
    const from = this.kept[first];
    if (from === undefined) return [];
    this.state = from.before;
    const again: FiredWindow[] = this.kept.splice(first);
    return again.map(({ index: at, revision }) => {
      const fired: FiredWindow = { index: at, before: this.state, revision: revision + 1 };
      this.kept.push(fired);
      this.counters.revised += 1;
      return this.runOne(fired, true);
    });
  }

  private runOne({ index, revision, before }: FiredWindow, isAgain: boolean): WindowRun {
    const { windowSec } = this.settings;
    const [from, to] = [index * windowSec, (index + 1) * windowSec];
    const samples = this.samples.slice(firstAfter(this.samples, from), firstAfter(this.samples, to));
    // What lies before the window but after the last fired one belongs to it: a car that was away comes back with it.
    const since = this.kept.at(-2)?.index;
    const marksFrom = since === undefined ? Number.NEGATIVE_INFINITY : (since + 1) * windowSec;
    const marks = this.marks.filter(({ at }) => at >= marksFrom && at < to);
    // A state is never changed once its window has run: the next window and who was told of it hold it.
    this.state = copyOf(before);
    const ended = this.run(this.state, to, samples, marks, isAgain);
    return { from, to, before, state: this.state, revision, ...ended };
  }

  /** Lets go of what no late sample can reach any more. */
  private seal(): void {
    const horizon = this.newest - this.settings.latenessSec;
    const { windowSec } = this.settings;
    while (this.kept.length > 1 && ((this.kept[0]?.index ?? 0) + 1) * windowSec <= horizon) this.kept.shift();
    const from = this.oldestIndex() * windowSec;
    this.samples.splice(0, firstAfter(this.samples, from));
    const done = this.marks.findIndex(({ at }) => at >= from);
    this.marks.splice(0, done < 0 ? this.marks.length : done);
  }

  /** The car's clock began anew: what it burned stays, the time in between is unknown and counts for nothing. */
  private restart(): void {
    this.state = { ...copyOf(this.state), last: null, lapFrom: null };
    this.state.held = startOfCar().held;
    this.kept = [];
    this.samples = [];
    this.marks = [];
    this.next = null;
    this.newest = NEVER;
    this.intake.restarted = false;
  }
}

/** In the order of time; false when there is one of that time already. */
function insert(samples: TelemetrySample[], sample: TelemetrySample): boolean {
  let place = samples.length;
  while (place > 0 && (samples[place - 1]?.t ?? 0) > sample.t) place -= 1;
  if (samples[place - 1]?.t === sample.t) return false;
  if (place === samples.length) samples.push(sample);
  else samples.splice(place, 0, sample);
  return true;
}

/** Index of the first sample at or after `t`. */
function firstAfter(samples: readonly TelemetrySample[], t: number): number {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((samples[middle]?.t ?? 0) < t) low = middle + 1;
    else high = middle;
  }
  return low;
}
