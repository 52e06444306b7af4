import type { EventRevision, Reason } from "../event-revision.js";
import type { HeardCue } from "../heard-cue.js";
import { addSeconds, isTime, secondsBetween, type UnixMicros } from "../time.js";
import { type Cluster, clusterEvidence, idsOf, reasonsOf } from "./cluster.js";
import { CrowdTrack, type CrowdTrackState } from "./crowd-track.js";
import { cueEvidence, eventEvidence, swellEvidence } from "./evidence.js";
import type { Evidence, LevelSecond, MomentRevision } from "./moment.js";
import type { RaceMark } from "./race-mark.js";
import { RaceWatch, type RaceWatchState } from "./race-watch.js";

export type MomentInput =
  | { readonly type: "level"; readonly level: LevelSecond }
  | { readonly type: "cue"; readonly cue: HeardCue }
  | { readonly type: "event"; readonly revision: EventRevision }
  | { readonly type: "race"; readonly mark: RaceMark }
  | { readonly type: "tick" }
  | { readonly type: "end" };

interface Told {
  readonly revision: MomentRevision;
  /** All evidence that was in it: by it a moment is known again. */
  readonly evidence: readonly string[];
  /** An open one closes then, at the latest. */
  readonly closesAt: UnixMicros;
}

interface SavedState {
  readonly evidence: readonly Evidence[];
  readonly told: readonly Told[];
  readonly channels: readonly (readonly [string, CrowdTrackState])[];
  readonly nextNumber: number;
  readonly pendingAt: UnixMicros | null;
  /** Missing in those of an older version. */
  readonly race?: RaceWatchState;
}

export const MOMENTS_SNAPSHOT_VERSION = 1;

/** What comes within a second is judged at once: a log's first revision is corrected within that time. */
const JUDGE_AFTER_SEC = 1;
/** Below it a moment is not told; one that was told is taken back below the second: between them nothing flickers. */
const TOLD_INTEREST = 0.25;
const KEPT_INTEREST = 0.15;
/** What consumers notice: a tenth of the way to certain, half a second of picture. */
const MOVED_INTEREST = 0.05;
const MOVED_SEC = 0.5;
/** A sound whose end is never told (the channel went down) is over after this. */
const LONGEST_SOUND_SEC = 90;
/** A match has about 60 pieces of evidence. Beyond the bound the oldest moments are left as they are. */
const MAX_EVIDENCE = 400;
const MAX_CHANNELS = 32;

/**
 * Finds what is worth looking at, and keeps it true while events and sounds come in, are corrected and are taken back.
 *
 * 1. Levels become swells of the crowd over its own baseline; swells, cues and corrected events become evidence with a weight.
 * 2. A second after evidence changed, all of it is joined anew to clusters that overlap in time.
 * 3. Each cluster is known again by its evidence; what changed in a way that matters is told as a revision.
 * 4. A moment whose evidence went into another one is retracted with `mergedInto`.
 *
 * Pure and deterministic; the state is all in `snapshot()`. Never throws on bad input.
 */
export class MomentFinder {
  readonly #session: string;
  #evidence = new Map<string, Evidence>();
  #told = new Map<string, Told>();
  #channels = new Map<string, CrowdTrack>();
  #race = new RaceWatch();
  #nextNumber = 1;
  #pendingAt: UnixMicros | null = null;
  #hasChanged = false;

  constructor(session: string) {
    this.#session = session;
  }

  push(input: MomentInput, now: UnixMicros): MomentRevision[] {
    if (!isTime(now)) return [];
    switch (input.type) {
      case "level":
        this.#hear(input.level, now);
        break;
      case "cue":
        this.#note(input.cue.cueId, cueEvidence(input.cue), now);
        break;
      case "event":
        this.#note(input.revision.eventId, eventEvidence(input.revision), now);
        break;
      case "race":
        this.#watch(input.mark, now);
        break;
      case "end":
        return this.#judge(now, true);
      case "tick":
        break;
    }
    const due = this.nextDue();
    return due !== null && due <= now ? this.#judge(now, false) : [];
  }

  /** When the next `tick` is needed; `null`: not before the next input. */
  nextDue(): UnixMicros | null {
    let due = this.#pendingAt;
    for (const { revision, closesAt } of this.#told.values()) {
      if (revision.state === "open" && (due === null || closesAt < due)) due = closesAt;
    }
    return due;
  }

  /** Whether what must survive a restart has changed since the last snapshot; levels alone change little and do not count. */
  get hasChanged(): boolean {
    return this.#hasChanged;
  }

  /** The moments that stand, most interesting first. */
  moments(): MomentRevision[] {
    return [...this.#told.values()]
      .map(({ revision }) => revision)
      .sort((a, b) => b.interest - a.interest || a.in - b.in);
  }

  snapshot(): string {
    this.#hasChanged = false;
    const saved: SavedState = {
      evidence: [...this.#evidence.values()],
      told: [...this.#told.values()],
      channels: [...this.#channels].map(([name, track]) => [name, track.state]),
      nextNumber: this.#nextNumber,
      pendingAt: this.#pendingAt,
      race: this.#race.state,
    };
    return JSON.stringify(saved);
  }

  /** False when it is of another version or damaged: then nothing has changed. */
  restore(version: number, body: string): boolean {
    const saved = version === MOMENTS_SNAPSHOT_VERSION ? parseState(body) : null;
    if (saved === null) return false;
    this.#evidence = new Map(saved.evidence.map((one) => [one.id, one]));
    this.#told = new Map(saved.told.map((told) => [told.revision.momentId, told]));
    this.#channels = new Map(saved.channels.map(([name, state]) => [name, new CrowdTrack(state)]));
    this.#nextNumber = saved.nextNumber;
    this.#pendingAt = saved.pendingAt;
    this.#race = new RaceWatch(saved.race ?? null);
    return true;
  }

  #hear(level: LevelSecond, now: UnixMicros): void {
    let track = this.#channels.get(level.channel);
    if (track === undefined) {
      if (this.#channels.size >= MAX_CHANNELS) return;
      track = new CrowdTrack();
      this.#channels.set(level.channel, track);
    }
    const swell = track.push(level);
    if (swell === null) return;
    const evidence = swellEvidence(swell);
    this.#note(evidence.id, evidence, now);
  }

  /** Fuel comes every few seconds and car, and says mostly nothing: only what is new is worth a snapshot. */
  #watch(mark: RaceMark, now: UnixMicros): void {
    const evidence = this.#race.push(mark);
    if (evidence !== null) this.#note(evidence.id, evidence, now);
    if (mark.kind !== "fuel") this.#hasChanged = true;
  }

  /** `null`: it speaks for nothing, or no more. */
  #note(id: string, evidence: Evidence | null, now: UnixMicros): void {
    const known = this.#evidence.get(id);
    if (evidence === null ? known === undefined : isSame(known, evidence)) return;
    if (evidence === null) this.#evidence.delete(id);
    else if (isTime(evidence.from) && isTime(evidence.to)) this.#evidence.set(id, evidence);
    this.#hasChanged = true;
    this.#pendingAt ??= addSeconds(now, JUDGE_AFTER_SEC);
    if (this.#evidence.size > MAX_EVIDENCE) this.#forgetOldest();
  }

  /** What was told of the oldest stands; it is no longer followed. */
  #forgetOldest(): void {
    let oldest: Evidence | null = null;
    for (const one of this.#evidence.values()) if (oldest === null || one.from < oldest.from) oldest = one;
    if (oldest === null) return;
    const { id } = oldest;
    this.#evidence.delete(id);
    for (const [momentId, told] of this.#told) {
      if (!told.evidence.includes(id)) continue;
      for (const other of told.evidence) this.#evidence.delete(other);
      this.#told.delete(momentId);
    }
  }

  #judge(now: UnixMicros, isEnd: boolean): MomentRevision[] {
    this.#pendingAt = null;
    this.#hasChanged = true;
    const revisions: MomentRevision[] = [];
    const clusterOf = new Map<string, string>();
    const standing = new Set<string>();
    for (const [cluster, known] of this.#recognise(clusterEvidence(this.#evidence.values()))) {
      if (cluster.interest < (known === null ? TOLD_INTEREST : KEPT_INTEREST)) continue;
      const momentId = known?.revision.momentId ?? `${this.#session}-m${this.#nextNumber++}`;
      standing.add(momentId);
      for (const { id } of cluster.evidence) clusterOf.set(id, momentId);
      const told = tell(momentId, known, cluster, now, isEnd);
      this.#told.set(momentId, told);
      if (told.revision !== known?.revision) revisions.push(told.revision);
    }
    for (const [momentId, told] of this.#told) {
      if (standing.has(momentId)) continue;
      this.#told.delete(momentId);
      revisions.push(retract(told, clusterOf));
    }
    return revisions;
  }

  /** Each cluster with the moment it was: the one it shares most evidence with, the older one of two; each moment once. */
  #recognise(clusters: readonly Cluster[]): [Cluster, Told | null][] {
    const momentOf = new Map<string, string>();
    for (const [momentId, { evidence }] of this.#told) for (const id of evidence) momentOf.set(id, momentId);
    const pairs = clusters.flatMap((cluster, index) => {
      const shared = new Map<string, number>();
      for (const { id } of cluster.evidence) {
        const momentId = momentOf.get(id);
        if (momentId !== undefined) shared.set(momentId, (shared.get(momentId) ?? 0) + 1);
      }
      return [...shared].map(([momentId, count]) => ({ index, momentId, count }));
    });
    const ages = new Map([...this.#told.keys()].map((momentId, age) => [momentId, age]));
    const ageOf = (momentId: string) => ages.get(momentId) ?? 0;
    pairs.sort((a, b) => b.count - a.count || ageOf(a.momentId) - ageOf(b.momentId));
    const momentAt = new Map<number, string>();
    const taken = new Set<string>();
    for (const { index, momentId } of pairs) {
      if (momentAt.has(index) || taken.has(momentId)) continue;
      momentAt.set(index, momentId);
      taken.add(momentId);
    }
    return clusters.map((cluster, index) => [cluster, this.#told.get(momentAt.get(index) ?? "") ?? null]);
  }
}

/** The moment as it is now; the same revision when nothing changed that matters. */
function tell(momentId: string, known: Told | null, cluster: Cluster, now: UnixMicros, isEnd: boolean): Told {
  const lastOpen = Math.max(
    cluster.out,
    ...cluster.evidence.filter((one) => one.isOpen).map((one) => addSeconds(one.from, LONGEST_SOUND_SEC)),
  ) as UnixMicros;
  const isOpen = !isEnd && lastOpen > now;
  const next: MomentRevision = {
    momentId,
    revision: (known?.revision.revision ?? 0) + 1,
    state: isOpen ? "open" : "closed",
    in: cluster.in,
    out: cluster.out,
    interest: cluster.interest,
    parts: cluster.parts,
    reasons: reasonsOf(cluster),
    events: idsOf(cluster, "event"),
    cues: idsOf(cluster, "cue"),
    mergedInto: null,
  };
  const revision = known !== null && !isNews(known.revision, next) ? known.revision : next;
  return { revision, evidence: cluster.evidence.map(({ id }) => id), closesAt: lastOpen };
}

function isNews(before: MomentRevision, next: MomentRevision): boolean {
  const isMoved = (a: UnixMicros, b: UnixMicros) => Math.abs(secondsBetween(a, b)) >= MOVED_SEC;
  return (
    before.state !== next.state ||
    Math.abs(next.interest - before.interest) >= MOVED_INTEREST ||
    before.events.join("\n") !== next.events.join("\n") ||
    before.cues.join("\n") !== next.cues.join("\n") ||
    isMoved(before.in, next.in) ||
    // The out point of what still lasts moves on with it, which is no news.
    (next.state === "closed" && isMoved(before.out, next.out))
  );
}

function retract({ revision, evidence }: Told, clusterOf: ReadonlyMap<string, string>): MomentRevision {
  const mergedInto = evidence.map((id) => clusterOf.get(id)).find((momentId) => momentId !== undefined) ?? null;
  const reason: Reason =
    mergedInto === null
      ? { code: "evidenceGone", params: {} }
      : { code: "mergedInto", params: { momentId: mergedInto } };
  return { ...revision, revision: revision.revision + 1, state: "retracted", reasons: [reason], mergedInto };
}

function isSame(a: Evidence | undefined, b: Evidence): boolean {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}

function parseState(body: string): SavedState | null {
  try {
    const saved = JSON.parse(body) as Partial<SavedState> | null;
    const isWhole =
      Array.isArray(saved?.evidence) &&
      Array.isArray(saved.told) &&
      Array.isArray(saved.channels) &&
      Number.isInteger(saved.nextNumber);
    return isWhole ? ({ ...saved, pendingAt: saved.pendingAt ?? null } as SavedState) : null;
  } catch {
    return null; // Damaged: the caller starts fresh and says so.
  }
}
