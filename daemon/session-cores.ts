import {
  Aligner,
  type AlignerStatus,
  type AlignInput,
  type ChannelWay,
  type EventRevision,
  formatRfc3339,
  GeneratorDesk,
  type GeneratorReport,
  type HeardCue,
  type HeardPeriod,
  type LevelSecond,
  type LoggedEvent,
  MatchPeriods,
  MomentFinder,
  type MomentInput,
  type RaceMomentMark,
  type SportProfile,
  type UnixMicros,
} from "../sync/index.js";
import { HeardSounds, type ToldSound } from "./heard-sounds.js";
import type { RecordDraft } from "./records/index.js";
import { eventDraft, momentDraft, timecodeDraft } from "./records/index.js";

/** One match or race, as it is scheduled. */
export interface SessionSpec {
  readonly session: string;
  readonly sport: string;
  readonly name: string | null;
  readonly scheduledStart: UnixMicros | null;
  readonly scheduledEnd: UnixMicros | null;
  /** Channels of audio that belong to it; `null`: all of the venue. */
  readonly channels: readonly string[] | null;
  /** What is known of the cars of a race. */
  readonly fuel?: RaceFuelSpec;
}

/** What the configuration says of a race's cars; `null`: what their profile says, or what is found from the samples. */
export interface RaceFuelSpec {
  /** A profile under `config/cars/`, or a file. */
  readonly car: string | null;
  readonly lapLengthM: number | null;
  readonly capacityKg: number | null;
  readonly capacitySdKg: number;
  readonly startsFull: boolean;
  /** The learned residual takes part. */
  readonly residual: boolean;
}

export type SessionState = "scheduled" | "running" | "ended";

interface SavedState {
  readonly spec: SessionSpec;
  readonly state: SessionState;
  readonly revision: number;
  readonly aligner: { readonly version: number; readonly body: string };
  readonly sounds: ReturnType<HeardSounds["snapshot"]>;
  readonly periods: readonly HeardPeriod[];
  /** Missing in those of an older version. */
  readonly generators?: ReturnType<GeneratorDesk["snapshot"]>;
}

export const SESSION_SNAPSHOT_VERSION = 1;

/** The cores of one session and the records they make. Pure: time comes in with each call. */
export class SessionCores {
  readonly spec: SessionSpec;
  #state: SessionState = "scheduled";
  #revision = 0;
  readonly #aligner: Aligner;
  /** What its channels heard, as one. */
  readonly sounds: HeardSounds;
  readonly #periods = new MatchPeriods();
  readonly #moments: MomentFinder;
  readonly #generators = new GeneratorDesk();

  constructor(spec: SessionSpec, profile: SportProfile, utcUncertaintySec: number) {
    this.spec = spec;
    this.sounds = new HeardSounds(spec.session, profile);
    this.#aligner = new Aligner({ session: spec.session, profile, utcUncertaintySec });
    this.#moments = new MomentFinder(spec.session);
  }

  get state(): SessionState {
    return this.#state;
  }

  get alignment(): AlignerStatus {
    return this.#aligner.status();
  }

  /** How the clocks of its video feeds stand to UTC, as told last. */
  get generators(): GeneratorReport[] {
    return this.#generators.reports();
  }

  hasChannel(channel: string): boolean {
    if (this.spec.channels === null) return true;
    return this.spec.channels.some((name) => channel === name || channel.startsWith(`${name}.`));
  }

  /** The session's first record, when it becomes known; running from its first input on. */
  open(now: UnixMicros): RecordDraft[] {
    return this.#revision === 0 ? [this.#sessionDraft(now)] : [];
  }

  logged(event: LoggedEvent, now: UnixMicros): RecordDraft[] {
    return [...this.#run(now), ...this.#align({ type: "logged", event }, now)];
  }

  heard(cue: HeardCue, way: ChannelWay, now: UnixMicros): RecordDraft[] {
    return [...this.#run(now), ...this.#takeSounds(this.sounds.heard(cue, way, now), now)];
  }

  /** Too faint to be told, unless an event was due there. */
  faint(cue: HeardCue, way: ChannelWay, now: UnixMicros): RecordDraft[] {
    return this.#takeSounds(this.sounds.faint(cue, way, now), now);
  }

  /** What was heard shortly before the session was named: its events may claim it, its records are told already. */
  recall(cue: HeardCue, way: ChannelWay, now: UnixMicros): void {
    for (const told of this.sounds.heard(cue, way, now)) this.#aligner.push({ type: "cue", cue: told.cue }, now);
  }

  /** Levels alone do not make a session run: the stands are loud before the first whistle. */
  level(level: LevelSecond, now: UnixMicros): RecordDraft[] {
    this.sounds.listening(level.channel, level.at);
    return this.#findMoments({ type: "level", level }, now);
  }

  /** A car was heard: the race runs. */
  raced(now: UnixMicros): RecordDraft[] {
    return this.#run(now);
  }

  /** What may make a moment of a race. */
  raceMark(mark: RaceMomentMark, now: UnixMicros): RecordDraft[] {
    return this.#state === "ended" ? [] : this.#findMoments({ type: "race", mark }, now);
  }

  tick(now: UnixMicros): RecordDraft[] {
    const sounds = this.#takeSounds(this.sounds.tick(now), now);
    const due = this.#aligner.nextDue();
    const aligned = due !== null && due <= now ? this.#align({ type: "tick" }, now) : [];
    return [...sounds, ...aligned, ...this.#findMoments({ type: "tick" }, now)];
  }

  align(input: AlignInput, now: UnixMicros): RecordDraft[] {
    return this.#align(input, now);
  }

  nextDue(): UnixMicros | null {
    const dues = [this.#aligner.nextDue(), this.#moments.nextDue(), this.sounds.nextDue()];
    const next = Math.min(...dues.map((due) => due ?? Number.POSITIVE_INFINITY));
    return Number.isFinite(next) ? (next as UnixMicros) : null;
  }

  end(now: UnixMicros): RecordDraft[] {
    if (this.#state === "ended") return [];
    const sounds = this.#takeSounds(this.sounds.end(now), now);
    const drafts = [...sounds, ...this.#align({ type: "end" }, now), ...this.#findMoments({ type: "end" }, now)];
    this.#state = "ended";
    return [...drafts, this.#sessionDraft(now)];
  }

  snapshot(): string {
    const saved: SavedState = {
      spec: this.spec,
      state: this.#state,
      revision: this.#revision,
      aligner: this.#aligner.snapshot(),
      sounds: this.sounds.snapshot(),
      periods: this.#periods.list(),
      generators: this.#generators.snapshot(),
    };
    return JSON.stringify(saved);
  }

  /** False when the aligner cannot read its own snapshot: it then starts fresh. */
  restore(body: string): boolean {
    const saved = JSON.parse(body) as SavedState;
    this.#state = saved.state;
    this.#revision = saved.revision;
    this.sounds.restore(saved.sounds);
    this.#periods.restore(saved.periods);
    if (saved.generators !== undefined) this.#generators.restore(saved.generators);
    return this.#aligner.restore(saved.aligner);
  }

  get haveMomentsChanged(): boolean {
    return this.#moments.hasChanged;
  }

  snapshotMoments(): string {
    return this.#moments.snapshot();
  }

  /** False when it cannot be read: moments are then looked for afresh. */
  restoreMoments(version: number, body: string): boolean {
    return this.#moments.restore(version, body);
  }

  #run(now: UnixMicros): RecordDraft[] {
    if (this.#state !== "scheduled") return [];
    this.#state = "running";
    return [this.#sessionDraft(now)];
  }

  #align(input: AlignInput, now: UnixMicros): RecordDraft[] {
    const revisions = this.#aligner.push(input, now);
    const drafts = revisions.map((revision) => eventDraft(revision, teamOf(revision), now));
    for (const revision of revisions) {
      drafts.push(...this.#findMoments({ type: "event", revision }, now));
      const generators = this.#generators.push(revision, now);
      drafts.push(...generators.map((report) => timecodeDraft(report, this.spec.session, now)));
      drafts.push(...this.#takeSounds(this.sounds.expect(revision, now), now));
    }
    const isChanged = revisions.map((revision) => this.#periods.push(revision)).includes(true);
    return isChanged ? [...drafts, this.#sessionDraft(now)] : drafts;
  }

  /** A replay is no moment of its own. */
  #takeSounds(told: readonly ToldSound[], now: UnixMicros): RecordDraft[] {
    return told.flatMap(({ draft, cue }) => {
      const moments = cue.flags?.includes("replay") === true ? [] : this.#findMoments({ type: "cue", cue }, now);
      return [draft, ...this.#align({ type: "cue", cue }, now), ...moments];
    });
  }

  #findMoments(input: MomentInput, now: UnixMicros): RecordDraft[] {
    return this.#moments.push(input, now).map((moment) => momentDraft(moment, this.spec.session, now));
  }

  #sessionDraft(now: UnixMicros): RecordDraft {
    this.#revision += 1;
    const { session, sport, name, scheduledStart, scheduledEnd, channels } = this.spec;
    return {
      kind: "session",
      session,
      subject: session,
      class: sport,
      key: "_",
      time: this.#periods.list()[0]?.start ?? scheduledStart ?? now,
      recordedAt: now,
      data: {
        session,
        revision: this.#revision,
        sport,
        state: this.#state,
        ...(name === null ? {} : { name }),
        ...(scheduledStart === null ? {} : { scheduledStart: formatRfc3339(scheduledStart) }),
        ...(scheduledEnd === null ? {} : { scheduledEnd: formatRfc3339(scheduledEnd) }),
        ...(channels === null ? {} : { channels }),
        periods: this.#periods.list().map(periodData),
        loggers: this.#aligner.status().loggers,
      },
    };
  }
}

function teamOf(revision: EventRevision): string | null {
  const team = revision.input.team;
  return typeof team === "string" ? team : null;
}

function periodData(period: HeardPeriod): Record<string, unknown> {
  return {
    period: period.period,
    ...(period.start === null ? {} : { start: formatRfc3339(period.start), startAnchor: period.startAnchor }),
    ...(period.end === null ? {} : { end: formatRfc3339(period.end), endAnchor: period.endAnchor }),
  };
}
