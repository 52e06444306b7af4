/** What a session's channels heard, made into cues: each sound once, at its source, with what the log hints at. Pure. */
import {
  addSeconds,
  type ChannelWay,
  CueFusion,
  type EventRevision,
  type FusedCue,
  type FusionCounts,
  type HeardCue,
  type PathDelay,
  PrimedCues,
  type SportProfile,
  type UnixMicros,
} from "../sync/index.js";
import { cueDraft, type RecordDraft } from "./records/index.js";

/** One telling of a cue: its record, and what the other cores of the session are given. */
export interface ToldSound {
  readonly draft: RecordDraft;
  readonly cue: HeardCue;
}

export interface SoundCounts extends FusionCounts {
  readonly faint: number;
  readonly primed: number;
  readonly replays: number;
}

interface SavedSounds {
  readonly fusion: ReturnType<CueFusion["snapshot"]>;
  readonly primed: ReturnType<PrimedCues["snapshot"]>;
  readonly counts: Omit<SoundCounts, keyof FusionCounts>;
}

/** An expected cue lies this many standard deviations of its delay around the act. */
const DELAY_SD = 2;

export class HeardSounds {
  readonly #session: string;
  readonly #profile: SportProfile;
  readonly #fusion: CueFusion;
  readonly #primed = new PrimedCues();
  #counts = { faint: 0, primed: 0, replays: 0 };

  constructor(session: string, profile: SportProfile) {
    this.#session = session;
    this.#profile = profile;
    this.#fusion = new CueFusion(profile.fieldOfPlay ?? null);
  }

  get counts(): SoundCounts {
    return { ...this.#fusion.counts, ...this.#counts };
  }

  /** Delays that were measured, by channel. */
  get pathDelays(): ReadonlyMap<string, PathDelay> {
    return this.#fusion.pathDelays;
  }

  /** The channel listens. */
  listening(channel: string, at: UnixMicros): void {
    this.#primed.meet(channel, at);
  }

  heard(cue: HeardCue, way: ChannelWay, now: UnixMicros): ToldSound[] {
    return this.#tellAll(this.#fusion.push(cue, way, now), now);
  }

  /** What a channel heard too faintly: told where the log expects it. */
  faint(cue: HeardCue, way: ChannelWay, now: UnixMicros): ToldSound[] {
    this.#counts = { ...this.#counts, faint: this.#counts.faint + 1 };
    const released = this.#primed.faint(cue, way, this.#fusion.sourceTime(cue), now);
    return released.flatMap((one) => this.heard(one.cue, one.way, now));
  }

  /** An event that should have a whistle, whose time is known well enough to say when, and that has found none. */
  expect(revision: EventRevision, now: UnixMicros): ToldSound[] {
    const { classes } = this.#profile;
    const profile = Object.hasOwn(classes, revision.class) ? classes[revision.class] : undefined;
    const interval = revision.corrected.intervals[0];
    const isOpen = revision.state === "provisional" && revision.anchor === "clock";
    if (!isOpen || profile?.cue !== "whistle" || interval === undefined) return [];
    const { medianSec, sdSec } = profile.cueDelay;
    const from = addSeconds(interval.lo, medianSec - DELAY_SD * sdSec);
    const to = addSeconds(interval.hi, medianSec + DELAY_SD * sdSec);
    return this.#primed.expect(from, to, now).flatMap((one) => this.heard(one.cue, one.way, now));
  }

  tick(now: UnixMicros): ToldSound[] {
    return this.#tellAll(this.#fusion.tick(now), now);
  }

  end(now: UnixMicros): ToldSound[] {
    return this.#tellAll(this.#fusion.end(), now);
  }

  nextDue(): UnixMicros | null {
    return this.#fusion.nextDue();
  }

  snapshot(): SavedSounds {
    return { fusion: this.#fusion.snapshot(), primed: this.#primed.snapshot(), counts: this.#counts };
  }

  /** Passes over what is not of this version: then it begins anew. */
  restore(saved: unknown): void {
    const state = saved as Partial<SavedSounds> | null | undefined;
    this.#fusion.restore(state?.fusion ?? null);
    this.#primed.restore(state?.primed ?? null);
    if (state?.counts !== undefined) this.#counts = { ...this.#counts, ...state.counts };
  }

  #tellAll(fused: readonly FusedCue[], now: UnixMicros): ToldSound[] {
    return fused.map((one) => this.#tell(one, now));
  }

  #tell({ cue, reference, channels }: FusedCue, now: UnixMicros): ToldSound {
    const flags = cue.flags ?? [];
    const { faint, primed: counted, replays } = this.#counts;
    if (cue.isFinal) {
      this.#counts = {
        faint,
        primed: counted + (cue.primed === true ? 1 : 0),
        replays: replays + (flags.includes("replay") ? 1 : 0),
      };
    }
    if (cue.kind === "whistle" && cue.primed !== true) this.#primed.told(cue.onset);
    const sound = cue.sound ?? { levelDb: 0, tonesHz: [] };
    return { draft: cueDraft({ ...cue, ...sound, reference, flags, channels }, this.#session, now), cue };
  }
}
