import type { UnixMicros } from "../sync/index.js";
import { FUEL_SNAPSHOT_VERSION, type FuelLane } from "./fuel-lane.js";
import type { TelemetrySample } from "./inputs/index.js";
import type { Snapshot } from "./outbox/index.js";
import type { SessionMark } from "./race-moment-marks.js";
import type { RecordDraft } from "./records/index.js";
import type { SessionSpec } from "./session-cores.js";

/** Makes the fuel lane of a session; `null`: it is no race, or no profile of its cars is known. */
export type CreateFuelLane = (spec: SessionSpec) => FuelLane | null;

const CORE = "fuel:";

/** The fuel of all races of a box: which telemetry goes where, and what of it is written down when. */
export class FuelLanes {
  readonly #create: CreateFuelLane;
  readonly #lanes = new Map<string, FuelLane>();
  readonly #over = new Set<string>();
  /** Samples and messages that belong to no race. */
  unplaced = 0;

  constructor(create: CreateFuelLane) {
    this.#create = create;
  }

  add(spec: SessionSpec): void {
    const lane = this.#create(spec);
    if (lane === null) this.#lanes.delete(spec.session);
    else this.#lanes.set(spec.session, lane);
  }

  remove(session: string): void {
    this.#lanes.delete(session);
    this.#over.delete(session);
  }

  /** Races that have been heard and are not over. */
  get running(): number {
    return this.lanes().filter((lane) => lane.cars > 0 && !this.#over.has(lane.session)).length;
  }

  lanes(): readonly FuelLane[] {
    return [...this.#lanes.values()];
  }

  /** The race that telemetry belongs to: the named one, else the first that is not over. */
  find(session: string | null): FuelLane | null {
    if (session !== null && session !== "") return this.#lanes.get(session) ?? null;
    return this.lanes().find((lane) => !this.#over.has(lane.session)) ?? this.lanes().at(-1) ?? null;
  }

  samples(
    session: string | null,
    samples: readonly TelemetrySample[],
    arrival: UnixMicros,
    now: UnixMicros,
  ): RecordDraft[] {
    const lane = this.find(session);
    if (lane !== null) return lane.samples(samples, arrival, now);
    this.unplaced += samples.length;
    return [];
  }

  race(message: Readonly<Record<string, unknown>>, arrival: UnixMicros, now: UnixMicros): RecordDraft[] {
    const lane = this.find(typeof message.session === "string" ? message.session : null);
    if (lane !== null) return lane.race(message, arrival, now);
    this.unplaced += 1;
    return [];
  }

  tick(now: UnixMicros): RecordDraft[] {
    return this.lanes().flatMap((lane) => lane.tick(now));
  }

  nextDue(): UnixMicros | null {
    const dues = this.lanes()
      .map((lane) => lane.nextDue())
      .filter((due) => due !== null);
    return dues.length === 0 ? null : (Math.min(...dues) as UnixMicros);
  }

  /** The race was over before the last stop. */
  close(session: string): void {
    this.#over.add(session);
  }

  end(session: string, now: UnixMicros): RecordDraft[] {
    const lane = this.#lanes.get(session);
    if (lane === undefined || this.#over.has(session)) return [];
    this.#over.add(session);
    return lane.end(now);
  }

  /** What came since the last call that may make moments, of all races. */
  takeMomentMarks(): SessionMark[] {
    return this.lanes().flatMap((lane) => lane.takeMomentMarks());
  }

  /** Some lane has taken in what no snapshot holds. */
  get hasUnsaved(): boolean {
    return this.lanes().some((lane) => lane.hasUnsaved);
  }

  /** All lanes are written down together, so that one inbox position is true for all. */
  takeSnapshots(now: UnixMicros): Snapshot[] {
    if (!this.lanes().some((lane) => lane.mustSave(now))) return [];
    return this.lanes()
      .filter((lane) => lane.hasUnsaved)
      .map((lane) => ({ core: CORE + lane.session, version: FUEL_SNAPSHOT_VERSION, body: lane.snapshot() }));
  }

  /** Names of the snapshots that could not be read. */
  restore(snapshots: readonly Snapshot[]): string[] {
    return snapshots
      .filter(({ core }) => core.startsWith(CORE))
      .filter(({ core, version, body }) => this.#lanes.get(core.slice(CORE.length))?.restore(version, body) === false)
      .map(({ core }) => core);
  }
}
