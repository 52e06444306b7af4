import type { CarProfile } from "../models/index.js";
import {
  type FuelCounters,
  type FuelOutput,
  FuelRace,
  type FuelRaceOptions,
  type FuelSnapshot,
  type LapOutput,
  type RaceMark,
  type TelemetrySample as RaceSample,
  type RankedCar,
  type RebasedOutput,
  type StintOutput,
  type WindowOutput,
} from "../models/index.js";
import type { UnixMicros } from "../sync/index.js";
import { FuelClock, type FuelClockState } from "./fuel-clock.js";
import { timeOfMark, toRaceMark } from "./fuel-marks.js";
import { WindowFeatures } from "./fuel-residual/index.js";
import type { TelemetrySample } from "./inputs/index.js";
import { momentMarkOf, type SessionMark } from "./race-moment-marks.js";
import { fuelDraft, type RecordDraft } from "./records/index.js";

export const FUEL_SNAPSHOT_VERSION = 1;

export interface FuelLaneOptions {
  readonly session: string;
  readonly profile: CarProfile;
  readonly race: Partial<FuelRaceOptions>;
  /** Told before the first sample: the tank, where the configuration knows it. */
  readonly marks: readonly RaceMark[];
  /** Each window's features are kept for the learned residual. */
  readonly wantsFeatures: boolean;
}

interface CarNotes {
  lap: number | null;
  laps: LapOutput[];
  stints: StintOutput[];
  rebases: RebasedOutput[];
}

/** Race messages that came before the telemetry clock was known. */
interface WaitingMark {
  readonly message: Readonly<Record<string, unknown>>;
  readonly arrivalSec: number;
}

interface SavedLane {
  readonly clock: FuelClockState;
  readonly race: FuelSnapshot;
  readonly notes: readonly (readonly [string, CarNotes])[];
  readonly waiting: readonly WaitingMark[];
  readonly advancedTo: number;
}

/** A window fires this long after its end, and is this long. Seconds. */
const WINDOW_SEC = 3;
const FIRE_DELAY_SEC = 0.5;
const MAX_WAITING_MARKS = 2000;
/** Laps and stints told between two windows of a car: more than one of each is rare. */
const MAX_NOTES = 50;
/** Cars whose notes are kept: more than the models take. */
const MAX_CARS = 256;
/** The state is written down at least this often while samples come without insights. Seconds. */
const CHECKPOINT_SEC = 10;

/**
 * The fuel of one race on event time: samples and race messages in, records out. The daemon's clock only says when a window is due for
 * cars that have gone quiet. Pure: time comes in with each call.
 */
export class FuelLane {
  readonly session: string;
  /** Cannot be placed on the telemetry clock, or says nothing that the models know. */
  readonly refused = { clockMixed: 0, markUnreadable: 0, markOverflow: 0 };
  readonly #race: FuelRace;
  readonly #windowSec: number;
  readonly #fireDelaySec: number;
  readonly #clock = new FuelClock();
  readonly #notes = new Map<string, CarNotes>();
  readonly #features: WindowFeatures | null;
  readonly #featuresOf = new WeakMap<RecordDraft, Float32Array>();
  #waiting: WaitingMark[] = [];
  #momentMarks: SessionMark[] = [];
  #advancedTo = Number.NEGATIVE_INFINITY;
  /** After a restart what was sent meanwhile is still to come: no window is closed over it before it does. */
  #isHeard = false;
  #hasUnsaved = false;
  #unsavedSince: UnixMicros | null = null;
  #madeRecords = false;

  constructor(options: FuelLaneOptions) {
    this.session = options.session;
    this.#windowSec = options.race.windowSec ?? WINDOW_SEC;
    this.#fireDelaySec = options.race.fireDelaySec ?? FIRE_DELAY_SEC;
    this.#race = new FuelRace(options.profile, {
      ...options.race,
      windowSec: this.#windowSec,
      fireDelaySec: this.#fireDelaySec,
    });
    this.#features = options.wantsFeatures ? new WindowFeatures(this.#windowSec) : null;
    for (const mark of options.marks) this.#race.mark(mark);
  }

  get counters(): Readonly<FuelCounters> {
    return this.#race.counters;
  }

  /** Of a record of this lane: what the residual may look at; `null`: nothing is known; `undefined`: this race wants none. */
  featuresOf(draft: RecordDraft): Float32Array | null | undefined {
    return this.#features === null ? undefined : (this.#featuresOf.get(draft) ?? null);
  }

  get cars(): number {
    return this.#notes.size;
  }

  /** Samples in any order of cars. */
  samples(samples: readonly TelemetrySample[], arrival: UnixMicros, now: UnixMicros): RecordDraft[] {
    const arrivalSec = arrival / 1e6;
    this.#isHeard = true;
    const outputs: FuelOutput[] = [];
    this.#touch(now);
    for (const sample of samples) {
      if (!Number.isFinite(sample.t) || !this.#clock.observe(sample.t, arrivalSec)) {
        this.refused.clockMixed += 1;
        continue;
      }
      if (this.#waiting.length > 0) outputs.push(...this.#takeWaiting());
      if (Number.isFinite(sample.lap)) this.#notesOf(sample.car).lap = sample.lap;
      this.#features?.add(sample);
      outputs.push(...this.#race.push(toRaceSample(sample)));
    }
    return this.#drafts(outputs, now);
  }

  /** What race control, timing, the pits and the weather station tell. */
  race(message: Readonly<Record<string, unknown>>, arrival: UnixMicros, now: UnixMicros): RecordDraft[] {
    this.#touch(now);
    const arrivalSec = arrival / 1e6;
    const time = timeOfMark(message, arrivalSec);
    if (time !== null && !this.#clock.isKnown && !("t" in time)) {
      if (this.#waiting.length >= MAX_WAITING_MARKS) this.refused.markOverflow += 1;
      else this.#waiting.push({ message, arrivalSec });
      return [];
    }
    return this.#drafts(this.#mark(message, arrivalSec), now);
  }

  /** Fires the windows that are due also for cars that say nothing. */
  tick(now: UnixMicros): RecordDraft[] {
    const t = this.#clock.now(now / 1e6);
    if (!this.#isHeard || t === null || t < this.#nextBoundary()) return [];
    this.#advancedTo = t;
    this.#touch(now);
    return this.#drafts(this.#race.advance(t), now);
  }

  /** When the next `tick` is needed; `null`: not before another sample. */
  nextDue(): UnixMicros | null {
    if (!this.#isHeard) return null;
    const due = this.#clock.whenIs(this.#nextBoundary());
    return due === null ? null : (Math.ceil(due * 1e6) as UnixMicros);
  }

  /** The race is over: everything that is open is told. */
  end(now: UnixMicros): RecordDraft[] {
    this.#touch(now);
    return this.#drafts(this.#race.advance(Number.POSITIVE_INFINITY), now);
  }

  /** What came since the last call that may make moments. */
  takeMomentMarks(): SessionMark[] {
    const marks = this.#momentMarks;
    if (marks.length > 0) this.#momentMarks = [];
    return marks;
  }

  /** It has taken in what no snapshot holds yet. */
  get hasUnsaved(): boolean {
    return this.#hasUnsaved;
  }

  /** It must be written down now: it made records, whose state must be in their transaction, or it has waited for long. */
  mustSave(now: UnixMicros): boolean {
    if (!this.#hasUnsaved) return false;
    return this.#madeRecords || (this.#unsavedSince !== null && now - this.#unsavedSince >= CHECKPOINT_SEC * 1e6);
  }

  snapshot(): string {
    const saved: SavedLane = {
      clock: this.#clock.snapshot(),
      race: this.#race.snapshot(),
      notes: [...this.#notes],
      waiting: this.#waiting,
      advancedTo: Math.max(this.#advancedTo, -1e300),
    };
    this.#hasUnsaved = false;
    this.#unsavedSince = null;
    this.#madeRecords = false;
    return JSON.stringify(saved);
  }

  /** False when it cannot be read: the race then starts fresh. */
  restore(version: number, body: string): boolean {
    if (version !== FUEL_SNAPSHOT_VERSION) return false;
    const saved = JSON.parse(body) as SavedLane;
    if (!this.#race.restore(saved.race)) return false;
    this.#clock.restore(saved.clock);
    this.#advancedTo = saved.advancedTo;
    this.#waiting = [...saved.waiting];
    for (const [car, notes] of saved.notes) this.#notes.set(car, notes);
    return true;
  }

  #touch(now: UnixMicros): void {
    this.#hasUnsaved = true;
    this.#unsavedSince ??= now;
  }

  #nextBoundary(): number {
    const from = Math.max(this.#advancedTo, this.#clock.newest - 2 * this.#windowSec) - this.#fireDelaySec;
    return (Math.floor(from / this.#windowSec) + 1) * this.#windowSec + this.#fireDelaySec;
  }

  #takeWaiting(): FuelOutput[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting.flatMap(({ message, arrivalSec }) => this.#mark(message, arrivalSec));
  }

  #mark(message: Readonly<Record<string, unknown>>, arrivalSec: number): FuelOutput[] {
    const time = timeOfMark(message, arrivalSec);
    const at = time === null ? null : "t" in time ? time.t : this.#clock.fromUnix(time.unixSec);
    const mark = at === null ? null : toRaceMark(message, at);
    // Before the first sample nobody knows what the telemetry clock says.
    const arrival = Math.round(arrivalSec * 1e6) as UnixMicros;
    const momentMark =
      at === null ? null : momentMarkOf(message, this.#clock.isKnown ? this.#clock.toUnix(at) : arrival);
    if (momentMark !== null) this.#momentMarks.push({ session: this.session, mark: momentMark });
    if (mark !== null) return this.#race.mark(mark);
    if (momentMark !== null) return [];
    this.refused.markUnreadable += 1;
    return [];
  }

  #drafts(outputs: readonly FuelOutput[], now: UnixMicros): RecordDraft[] {
    if (outputs.length === 0) return [];
    const ranks = outputs.some((output) => output.kind === "window") ? ranksOf(this.#race.ranking().cars) : null;
    const drafts: RecordDraft[] = [];
    for (const output of outputs) {
      if (output.kind === "window") drafts.push(this.#windowDraft(output, ranks?.get(output.car) ?? null, now));
      else this.#note(output);
    }
    if (drafts.length > 0) this.#madeRecords = true;
    return drafts;
  }

  #windowDraft(window: WindowOutput, rank: Rank | null, now: UnixMicros): RecordDraft {
    const notes = this.#notesOf(window.car);
    const draft = fuelDraft(
      window,
      { ...notes, rank, residual: null },
      { session: this.session, toUnix: (t) => this.#clock.toUnix(t), recordedAt: now },
    );
    const features = this.#features?.of(window.car, window.windowEnd) ?? null;
    if (features !== null) this.#featuresOf.set(draft, features);
    notes.laps = [];
    notes.stints = [];
    notes.rebases = [];
    return draft;
  }

  #note(output: Exclude<FuelOutput, WindowOutput>): void {
    const notes = this.#notesOf(output.car);
    if (output.kind === "lap") notes.laps = [...notes.laps, output].slice(-MAX_NOTES);
    else if (output.kind === "stint") notes.stints = [...notes.stints, output].slice(-MAX_NOTES);
    else notes.rebases = [...notes.rebases, output].slice(-MAX_NOTES);
  }

  #notesOf(car: string): CarNotes {
    const known = this.#notes.get(car);
    if (known !== undefined) return known;
    if (this.#notes.size >= MAX_CARS) {
      const oldest = this.#notes.keys().next();
      if (!oldest.done) this.#notes.delete(oldest.value);
    }
    const notes: CarNotes = { lap: null, laps: [], stints: [], rebases: [] };
    this.#notes.set(car, notes);
    return notes;
  }
}

type Rank = Pick<RankedCar, "pBeforeNext" | "lapsPerTankToNext"> & { position: number; of: number };

function ranksOf(cars: readonly RankedCar[]): Map<string, Rank> {
  return new Map(
    cars.map(({ car, pBeforeNext, lapsPerTankToNext }, index) => [
      car,
      { position: index + 1, of: cars.length, pBeforeNext, lapsPerTankToNext },
    ]),
  );
}

/** Finer than any sensor, per unit: what was converted from other units is told in few digits again, which makes it short to store. */
const STEPS = { t: 1e6, speedMps: 1e4, rpm: 1e3, throttle: 1e6, lapPct: 1e7, airC: 1e3 } as const;

/** What was not sent is left out. */
function toRaceSample(sample: TelemetrySample): RaceSample {
  const given: { -readonly [K in keyof RaceSample]: RaceSample[K] } = {
    car: sample.car,
    t: Math.round(sample.t * STEPS.t) / STEPS.t,
  };
  if (!Number.isNaN(sample.speedMps)) given.speedMps = Math.round(sample.speedMps * STEPS.speedMps) / STEPS.speedMps;
  if (!Number.isNaN(sample.rpm)) given.rpm = Math.round(sample.rpm * STEPS.rpm) / STEPS.rpm;
  if (!Number.isNaN(sample.throttle)) given.throttle = Math.round(sample.throttle * STEPS.throttle) / STEPS.throttle;
  if (!Number.isNaN(sample.brake)) given.brake = sample.brake;
  if (!Number.isNaN(sample.gear)) given.gear = sample.gear;
  if (!Number.isNaN(sample.lap)) given.lap = sample.lap;
  if (!Number.isNaN(sample.lapPct)) given.lapPct = Math.round(sample.lapPct * STEPS.lapPct) / STEPS.lapPct;
  if (!Number.isNaN(sample.airC)) given.airC = Math.round(sample.airC * STEPS.airC) / STEPS.airC;
  if (!Number.isNaN(sample.flag)) given.flag = sample.flag;
  if (!Number.isNaN(sample.pit)) given.pit = sample.pit;
  return given;
}
