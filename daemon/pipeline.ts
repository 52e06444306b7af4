/**
 * audio ──► dsp ──► cues, levels ─┐
 * logged events ─────────────────►│ sync ──► corrected events, moments ──► records ──► outbox
 *
 * `run`, `replay` and `demo` push the same inputs into this, each with its own clock. The listeners (dsp) run on the audio
 * thread; what they heard comes in here. Pure: no clock, no disk, no socket.
 */
import type { Cue } from "../dsp/index.js";
import {
  type AlignInput,
  type HeardCue,
  type LevelSecond,
  type LoggedEvent,
  MOMENTS_SNAPSHOT_VERSION,
  type SportProfile,
  type UnixMicros,
} from "../sync/index.js";
import { type ChannelTiming, placeCue } from "./cue-timing.js";
import type { Snapshot } from "./outbox/index.js";
import { cueDraft, type RecordDraft } from "./records/index.js";
import { SESSION_SNAPSHOT_VERSION, SessionCores, type SessionSpec } from "./session-cores.js";

export type PipelineInput =
  | { readonly type: "logged"; readonly event: LoggedEvent }
  | { readonly type: "cue"; readonly cue: Cue; readonly timing: ChannelTiming }
  | { readonly type: "level"; readonly level: LevelSecond }
  | { readonly type: "session"; readonly spec: SessionSpec; readonly isEnded: boolean }
  | { readonly type: "control"; readonly session: string | null; readonly input: AlignInput }
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
}

const SESSION_CORE = "session:";
const MOMENTS_CORE = "moments:";
/** Tellings of one cue that lie open at once; more means a flood that the listeners' rate limit should have stopped. */
const MAX_OPEN_CUES = 512;
/** Cues a session that is first named by a log may still claim: about ten minutes of a lively match. */
const RECENT_CUES = 128;

export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #sessions = new Map<string, SessionCores>();
  readonly #dirty = new Set<string>();
  /** Ids of cues told provisionally, by channel and key: the final telling keeps the id. */
  readonly #openCues = new Map<string, string>();
  readonly #recentCues: HeardCue[] = [];

  constructor(options: PipelineOptions) {
    this.#options = options;
    for (const spec of options.sessions) this.#add(spec);
  }

  /** Records made by one input at `now`, in the order they must be stored. */
  push(input: PipelineInput, now: UnixMicros): RecordDraft[] {
    switch (input.type) {
      case "logged":
        return this.#step(this.#sessionOf(input.event.session, now), (cores) => cores.logged(input.event, now), now);
      case "cue":
        return this.#heard(input.cue, input.timing, now);
      case "level":
        return this.#levelHeard(input.level, now);
      case "session":
        return this.#scheduled(input.spec, input.isEnded, now);
      case "control":
        return this.#step(this.#sessionOf(input.session, now), (cores) => cores.align(input.input, now), now);
      case "tick":
        return this.#tick(now);
      case "endAll":
        return [...this.#sessions.values()].flatMap((cores) => this.#step(cores, () => cores.end(now), now));
    }
  }

  /** The first record of each session that has none yet: at the start of the process. */
  open(now: UnixMicros): RecordDraft[] {
    return [...this.#sessions.values()].flatMap((cores) => this.#step(cores, () => [], now));
  }

  /** When the next `tick` is needed; `null`: not before another input. */
  nextDue(): UnixMicros | null {
    let next: UnixMicros | null = null;
    for (const cores of this.#sessions.values()) {
      const due = cores.nextDue();
      if (due !== null && (next === null || due < next)) next = due;
    }
    return next;
  }

  sessions(): readonly SessionCores[] {
    return [...this.#sessions.values()];
  }

  /** Snapshots of the sessions that changed since the last call. */
  takeSnapshots(): Snapshot[] {
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
    return unreadable;
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
    const heard = placeCue(cue, timing, this.#openCues.get(key) ?? null);
    if (cue.isFinal) this.#openCues.delete(key);
    else this.#remember(key, heard.cueId);
    this.#recentCues.push(heard);
    if (this.#recentCues.length > RECENT_CUES) this.#recentCues.shift();
    return [...this.#sessions.values()]
      .filter((cores) => cores.state !== "ended" && cores.hasChannel(timing.channel))
      .flatMap((cores) => this.#step(cores, () => this.#cueRecords(cores, cue, heard, now), now));
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

  #cueRecords(cores: SessionCores, cue: Cue, heard: HeardCue, now: UnixMicros): RecordDraft[] {
    const draft = cueDraft(
      { ...heard, levelDb: cue.levelDb, tonesHz: cue.tonesHz, reference: "microphone", flags: cue.flags },
      cores.spec.session,
      now,
    );
    return [draft, ...cores.heard(heard, now)];
  }

  #remember(key: string, cueId: string): void {
    if (this.#openCues.size >= MAX_OPEN_CUES) {
      const oldest = this.#openCues.keys().next();
      if (!oldest.done) this.#openCues.delete(oldest.value);
    }
    this.#openCues.set(key, cueId);
  }

  #scheduled(spec: SessionSpec, isEnded: boolean, now: UnixMicros): RecordDraft[] {
    const cores = this.#sessions.get(spec.session) ?? this.#addBounded(spec, now);
    return this.#step(cores, () => (isEnded ? cores.end(now) : []), now);
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
    }
    const cores = this.#add(spec);
    for (const cue of this.#recentCues) if (cores.hasChannel(cue.channel)) cores.align({ type: "cue", cue }, now);
    return cores;
  }

  #add(spec: SessionSpec): SessionCores {
    const cores = new SessionCores(spec, this.#options.profileOf(spec.sport), this.#options.utcUncertaintySec);
    this.#sessions.set(spec.session, cores);
    return cores;
  }
}
