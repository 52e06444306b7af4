/**
 * audio ──► dsp ──► cues, levels ─┐
 * logged events ─────────────────►│ sync ──► corrected events, moments ─┐
 * telemetry, race control ──► models ──► fuel insights ────────────────►│ records ──► outbox
 *
 * `run`, `replay` and `demo` push the same inputs into this, each with its own clock. The listeners (dsp) run on the audio
 * thread; what they heard comes in here. Pure: no clock, no disk, no socket.
 */
import type { Cue } from "../dsp/index.js";
import {
  type AlignInput,
  type ChannelWay,
  type HeardCue,
  type LevelSecond,
  type LoggedEvent,
  MOMENTS_SNAPSHOT_VERSION,
  type SportProfile,
  type UnixMicros,
} from "../sync/index.js";
import { type ChannelTiming, placeCue, wayOf } from "./cue-timing.js";
import { type CreateFuelLane, FuelLanes } from "./fuel-lanes.js";
import type { TelemetrySample } from "./inputs/index.js";
import type { Snapshot } from "./outbox/index.js";
import { fuelMarkOf } from "./race-moment-marks.js";
import type { RecordDraft } from "./records/index.js";
import { SESSION_SNAPSHOT_VERSION, SessionCores, type SessionSpec } from "./session-cores.js";

export type PipelineInput =
  | { readonly type: "logged"; readonly event: LoggedEvent }
  /** `isFaint`: too unsure to be told by itself. */
  | { readonly type: "cue"; readonly cue: Cue; readonly timing: ChannelTiming; readonly isFaint?: boolean }
  | { readonly type: "level"; readonly level: LevelSecond }
  | { readonly type: "session"; readonly spec: SessionSpec; readonly isEnded: boolean }
  | { readonly type: "control"; readonly session: string | null; readonly input: AlignInput }
  | {
      readonly type: "telemetry";
      readonly session: string | null;
      readonly samples: readonly TelemetrySample[];
      readonly arrival: UnixMicros;
    }
  | { readonly type: "race"; readonly message: Readonly<Record<string, unknown>>; readonly arrival: UnixMicros }
  | { readonly type: "tick" }
  | { readonly type: "endAll" };

export interface PipelineOptions {
  readonly sessions: readonly SessionSpec[];
  /** Session of a message that names none: the first scheduled one. */
  readonly defaultSession: SessionSpec;
  readonly profileOf: (sport: string) => SportProfile;
  readonly utcUncertaintySec: number;
  /** Sessions kept at once; a message for one more goes to the default session. */
  readonly maxSessions: number;
  /** Without it no telemetry is worked in. */
  readonly createFuelLane?: CreateFuelLane;
}

const SESSION_CORE = "session:";
const MOMENTS_CORE = "moments:";
/** The latest cues of all channels: minutes, however lively. */
const MAX_CUE_IDS = 512;
/** Cues a session that is first named by a log may still claim: about ten minutes of a lively match. */
const RECENT_CUES = 128;

export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #sessions = new Map<string, SessionCores>();
  readonly #dirty = new Set<string>();
  /** Ids of cues by channel and key: the final telling keeps the id, a replay names its original. */
  readonly #cueIds = new Map<string, string>();
  readonly #recentCues: { readonly heard: HeardCue; readonly way: ChannelWay }[] = [];
  readonly fuel: FuelLanes;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.fuel = new FuelLanes(options.createFuelLane ?? (() => null));
    for (const spec of options.sessions) this.#add(spec);
  }

  /** Records made by one input at `now`, in the order they must be stored. */
  push(input: PipelineInput, now: UnixMicros): RecordDraft[] {
    switch (input.type) {
      case "logged":
        return this.#step(this.#sessionOf(input.event.session, now), (cores) => cores.logged(input.event, now), now);
      case "cue":
        if (input.isFaint === true) return this.#heardFaintly(input.cue, input.timing, now);
        return this.#heard(input.cue, input.timing, now);
      case "level":
        return this.#levelHeard(input.level, now);
      case "session":
        return this.#scheduled(input.spec, input.isEnded, now);
      case "control":
        return this.#step(this.#sessionOf(input.session, now), (cores) => cores.align(input.input, now), now);
      case "telemetry":
        return this.#raced(input.session, now, () =>
          this.#withMoments(this.fuel.samples(input.session, input.samples, input.arrival, now), now),
        );
      case "race":
        return this.#withMoments(this.fuel.race(input.message, input.arrival, now), now);
      case "tick":
        return [...this.#tick(now), ...this.#withMoments(this.fuel.tick(now), now)];
      case "endAll":
        return [...this.#sessions.values()].flatMap((cores) => this.#end(cores, now));
    }
  }

  /** The first record of each session that has none yet: at the start of the process. */
  open(now: UnixMicros): RecordDraft[] {
    return [...this.#sessions.values()].flatMap((cores) => this.#step(cores, () => [], now));
  }

  /** When the next `tick` is needed; `null`: not before another input. */
  nextDue(): UnixMicros | null {
    let next: UnixMicros | null = this.fuel.nextDue();
    for (const cores of this.#sessions.values()) {
      const due = cores.nextDue();
      if (due !== null && (next === null || due < next)) next = due;
    }
    return next;
  }

  sessions(): readonly SessionCores[] {
    return [...this.#sessions.values()];
  }

  /**
   * Snapshots of the sessions that changed since the last call. Fuel is written down with its insights only: what it took in between is
   * in the inbox still (`fuel.hasUnsaved`).
   */
  takeSnapshots(now: UnixMicros): Snapshot[] {
    const snapshots = [...this.#dirty].map((name) => ({
      core: SESSION_CORE + name,
      version: SESSION_SNAPSHOT_VERSION,
      body: this.#sessions.get(name)?.snapshot() ?? "",
    }));
    this.#dirty.clear();
    for (const cores of this.#sessions.values()) {
      if (!cores.haveMomentsChanged) continue;
      const core = MOMENTS_CORE + cores.spec.session;
      snapshots.push({ core, version: MOMENTS_SNAPSHOT_VERSION, body: cores.snapshotMoments() });
    }
    snapshots.push(...this.fuel.takeSnapshots(now));
    return snapshots;
  }

  /** Names of the snapshots that could not be read: those sessions start fresh. */
  restore(snapshots: readonly Snapshot[]): string[] {
    const unreadable: string[] = [];
    for (const snapshot of snapshots.filter(({ core }) => core.startsWith(SESSION_CORE))) {
      if (!this.#restoreSession(snapshot)) unreadable.push(snapshot.core);
    }
    for (const { core, version, body } of snapshots.filter(({ core }) => core.startsWith(MOMENTS_CORE))) {
      const cores = this.#sessions.get(core.slice(MOMENTS_CORE.length));
      if (cores !== undefined && !cores.restoreMoments(version, body)) unreadable.push(core);
    }
    for (const { spec, state } of this.#sessions.values()) if (state === "ended") this.fuel.close(spec.session);
    return [...unreadable, ...this.fuel.restore(snapshots)];
  }

  #restoreSession(snapshot: Snapshot): boolean {
    if (snapshot.version !== SESSION_SNAPSHOT_VERSION) return false;
    const name = snapshot.core.slice(SESSION_CORE.length);
    const saved = (JSON.parse(snapshot.body) as { spec: SessionSpec }).spec;
    // The configuration wins over what was known of the schedule when the snapshot was made.
    const configured = this.#options.sessions.find((spec) => spec.session === name);
    return this.#add(configured ?? saved).restore(snapshot.body);
  }

  #heard(cue: Cue, timing: ChannelTiming, now: UnixMicros): RecordDraft[] {
    const key = `${timing.channel}\n${cue.key}`;
    const heard = this.#withOriginal(placeCue(cue, timing, this.#cueIds.get(key) ?? null), cue);
    this.#remember(key, heard.cueId);
    const way = wayOf(timing);
    this.#recentCues.push({ heard, way });
    if (this.#recentCues.length > RECENT_CUES) this.#recentCues.shift();
    return this.#hearers(timing.channel).flatMap((cores) => this.#step(cores, () => cores.heard(heard, way, now), now));
  }

  #heardFaintly(cue: Cue, timing: ChannelTiming, now: UnixMicros): RecordDraft[] {
    const heard = placeCue(cue, timing, null);
    return this.#hearers(timing.channel).flatMap((cores) =>
      this.#step(cores, () => cores.faint(heard, wayOf(timing), now), now),
    );
  }

  #withOriginal(heard: HeardCue, { replayOf }: Cue): HeardCue {
    const original = replayOf === undefined ? undefined : this.#cueIds.get(`${heard.channel}\n${replayOf}`);
    return original === undefined ? heard : { ...heard, replayOf: original };
  }

  #hearers(channel: string): SessionCores[] {
    return [...this.#sessions.values()].filter((cores) => cores.state !== "ended" && cores.hasChannel(channel));
  }

  /** Once a second and channel: a session is written down for it only when it told something. */
  #levelHeard(level: LevelSecond, now: UnixMicros): RecordDraft[] {
    return [...this.#sessions.values()]
      .filter((cores) => cores.state !== "ended" && cores.hasChannel(level.channel))
      .flatMap((cores) => {
        const drafts = cores.level(level, now);
        return drafts.length === 0 ? [] : this.#step(cores, () => drafts, now);
      });
  }

  #remember(key: string, cueId: string): void {
    if (this.#cueIds.size >= MAX_CUE_IDS) {
      const oldest = this.#cueIds.keys().next();
      if (!oldest.done) this.#cueIds.delete(oldest.value);
    }
    this.#cueIds.set(key, cueId);
  }

  #scheduled(spec: SessionSpec, isEnded: boolean, now: UnixMicros): RecordDraft[] {
    const cores = this.#sessions.get(spec.session) ?? this.#addBounded(spec, now);
    return isEnded ? this.#end(cores, now) : this.#step(cores, () => [], now);
  }

  /** What is open of the fuel is told before the session's last record. */
  #end(cores: SessionCores, now: UnixMicros): RecordDraft[] {
    return this.#step(cores, () => [...this.fuel.end(cores.spec.session, now), ...cores.end(now)], now);
  }

  /** The first sample makes a race run; after that its session is written down for its own records only. */
  #raced(session: string | null, now: UnixMicros, act: () => RecordDraft[]): RecordDraft[] {
    const cores = this.#sessions.get(this.fuel.find(session)?.session ?? "");
    const isFirst = cores !== undefined && cores.state === "scheduled";
    return isFirst ? [...this.#step(cores, () => cores.raced(now), now), ...act()] : act();
  }

  /** The moments that the race's messages and insights make, after them. */
  #withMoments(drafts: RecordDraft[], now: UnixMicros): RecordDraft[] {
    const marks = this.fuel.takeMomentMarks();
    for (const draft of drafts) {
      const mark = fuelMarkOf(draft);
      if (mark !== null) marks.push({ session: draft.session, mark });
    }
    const told = marks.flatMap(({ session, mark }) => {
      const cores = this.#sessions.get(session);
      const made = cores?.raceMark(mark, now) ?? [];
      return cores === undefined || made.length === 0 ? made : this.#step(cores, () => made, now);
    });
    return told.length === 0 ? drafts : [...drafts, ...told];
  }

  #tick(now: UnixMicros): RecordDraft[] {
    return [...this.#sessions.values()].flatMap((cores) => {
      const due = cores.nextDue();
      return due === null || due > now ? [] : this.#step(cores, () => cores.tick(now), now);
    });
  }

  #step(cores: SessionCores, act: (cores: SessionCores) => RecordDraft[], now: UnixMicros): RecordDraft[] {
    this.#dirty.add(cores.spec.session);
    return [...cores.open(now), ...act(cores)];
  }

  #sessionOf(name: string | null, now: UnixMicros): SessionCores {
    const { defaultSession, sessions } = this.#options;
    const wanted = name === null || name === "" ? defaultSession.session : name;
    // Where sessions are configured, one that is not has no microphones; where none is, the whole venue is the session.
    const channels = wanted === defaultSession.session || sessions.length === 0 ? defaultSession.channels : [];
    return (
      this.#sessions.get(wanted) ?? this.#addBounded({ ...defaultSession, session: wanted, name: null, channels }, now)
    );
  }

  /** A session that was not there at the start: it may still claim what was heard shortly before it was named. */
  #addBounded(spec: SessionSpec, now: UnixMicros): SessionCores {
    if (this.#sessions.size >= this.#options.maxSessions) {
      const ended = [...this.#sessions.values()].find((cores) => cores.state === "ended");
      const { defaultSession } = this.#options;
      if (ended === undefined) return this.#sessions.get(defaultSession.session) ?? this.#add(defaultSession);
      this.#sessions.delete(ended.spec.session);
      this.fuel.remove(ended.spec.session);
    }
    const cores = this.#add(spec);
    for (const { heard, way } of this.#recentCues) if (cores.hasChannel(heard.channel)) cores.recall(heard, way, now);
    return cores;
  }

  #add(spec: SessionSpec): SessionCores {
    const cores = new SessionCores(spec, this.#options.profileOf(spec.sport), this.#options.utcUncertaintySec);
    this.#sessions.set(spec.session, cores);
    this.fuel.add(spec);
    return cores;
  }
}
