import {
  Aligner,
  addSeconds,
  type EventRevision,
  type HeardCue,
  type LoggedEvent,
  type SportProfile,
  type UnixMicros,
} from "../../sync/index.js";
import { TraceBook } from "./event-trace.js";
import type { ScoreCase, Verdict } from "./score-case.js";

/** When the corrected revision must be out: this long after the record's first message. */
export const EARLY_SEC = 1;

type Item = { readonly at: UnixMicros } & (
  | { readonly type: "logged"; readonly event: LoggedEvent }
  | { readonly type: "cue"; readonly cue: HeardCue }
);

/** Runs the aligner over one match as it would run live: events by arrival, cues by when they could be told, ticks when it asks for them. */
export function alignCase(match: ScoreCase, profile: SportProfile): Verdict[] {
  const aligner = new Aligner({ session: match.session, profile, utcUncertaintySec: 0.002 });
  const told = new VerdictBook();
  let now = match.start;
  for (const item of inOrder(match)) {
    tickUntil(aligner, now, item.at, told);
    now = item.at;
    if (item.type === "logged") told.arrived(item.event.eventId, now);
    told.add(
      aligner.push(item.type === "cue" ? { type: "cue", cue: item.cue } : { type: "logged", event: item.event }, now),
      now,
    );
  }
  // Two hours cover every wait of the aligner after the last input.
  const end = addSeconds(now, 7200);
  tickUntil(aligner, now, end, told);
  told.add(aligner.push({ type: "end" }, end), end);
  return told.verdicts();
}

/** Ticks when they are due; a due time that does not advance is stepped over, so that this always ends. */
function tickUntil(aligner: Aligner, from: UnixMicros, until: UnixMicros, told: VerdictBook): void {
  let now = from;
  for (let due = aligner.nextDue(); due !== null && due < until; due = aligner.nextDue()) {
    now = Math.max(due, now + 1000) as UnixMicros;
    if (now >= until) return;
    told.add(aligner.push({ type: "tick" }, now), now);
  }
}

function inOrder(match: ScoreCase): Item[] {
  const events = match.log.map((event): Item => ({ type: "logged", at: event.arrival ?? match.start, event }));
  const cues = match.cues.map((cue): Item => ({ type: "cue", at: cue.reported, cue }));
  return [...events, ...cues].sort((a, b) => a.at - b.at);
}

interface Told {
  readonly firstAt: UnixMicros;
  early: EventRevision;
  last: EventRevision;
}

/** Keeps of each event what was believed a second after it arrived, and what was believed last. */
export class VerdictBook {
  readonly #told = new Map<string, Told>();
  readonly #traces = new TraceBook();

  arrived(eventId: string, at: UnixMicros): void {
    this.#traces.arrived(eventId, at);
  }

  add(revisions: readonly EventRevision[], recordedAt: UnixMicros): void {
    for (const revision of revisions) {
      this.#traces.add(revision, recordedAt);
      const told = this.#told.get(revision.eventId);
      if (told === undefined) {
        this.#told.set(revision.eventId, { firstAt: recordedAt, early: revision, last: revision });
        continue;
      }
      if (recordedAt <= addSeconds(told.firstAt, EARLY_SEC)) told.early = revision;
      told.last = revision;
    }
  }

  /** Of all events that were not withdrawn. */
  verdicts(): Verdict[] {
    return [...this.#told.values()]
      .filter(({ last }) => last.state !== "retracted")
      .map((told) => ({ ...verdictOf(told), trace: this.#traces.traceOf(told.last.eventId) }));
  }
}

function verdictOf({ early, last }: Told): Omit<Verdict, "trace"> {
  return {
    eventId: last.eventId,
    early: early.corrected.time,
    time: last.corrected.time,
    interval: last.corrected.intervals.find((interval) => interval.p === 0.95) ?? null,
    notBefore: last.corrected.notBefore,
    confidence: last.confidence,
    anchor: last.anchor,
    cues: last.cues,
    flags: last.flags,
    revisions: last.revision,
  };
}
