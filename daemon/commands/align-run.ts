import {
  Aligner,
  type AlignerStatus,
  type AlignInput,
  addSeconds,
  type EventRevision,
  type HeardCue,
  type LoggedEvent,
  type SportProfile,
  type UnixMicros,
} from "../../sync/index.js";

/** A file's times say nothing of the box's clock. */
const NO_BOX_CLOCK_SEC = 0;
/** How long after the last input the session is over. */
const AFTERWARDS_SEC = 60;

export interface AlignTask {
  readonly events: readonly LoggedEvent[];
  readonly cues: readonly HeardCue[];
  readonly profile: SportProfile;
  /** Offsets searched to either side, seconds. */
  readonly scanRangeSec: number;
}

export interface Told {
  readonly revision: EventRevision;
  readonly recordedAt: UnixMicros;
}

interface TimedInput {
  readonly at: UnixMicros;
  readonly input: AlignInput;
}

/** Every revision as it would have been told live: decided only on what had been there by then. */
export function alignLive(task: AlignTask, onTold: (told: Told) => void): AlignerStatus[] {
  return perSession(task, (events, session) => {
    const aligner = newAligner(task, session, true);
    const push = (input: AlignInput, at: UnixMicros) => {
      for (const revision of aligner.push(input, at)) onTold({ revision, recordedAt: at });
    };
    const tickUntil = (until: UnixMicros) => {
      for (let due = aligner.nextDue(); due !== null && due <= until; due = aligner.nextDue()) {
        push({ type: "tick" }, due);
      }
    };
    const inputs = inOrderOfTime(events, task.cues);
    for (const { at, input } of inputs) {
      tickUntil(at);
      push(input, at);
    }
    const end = addSeconds(inputs.at(-1)?.at ?? (0 as UnixMicros), AFTERWARDS_SEC);
    tickUntil(end);
    push({ type: "end" }, end);
    return aligner.status();
  });
}

/** The last revision of each event with all evidence at hand, in the order in which the events first appear. */
export function alignBatch(task: AlignTask): { readonly told: readonly Told[]; readonly status: AlignerStatus[] } {
  const told = new Map<string, Told>();
  const status = perSession(task, (events, session) => {
    const aligner = newAligner(task, session, false);
    const inputs = inOrderOfTime(events, task.cues);
    // The first cue is the zero of the aligner's own clock: so a constant added to all stamps changes nothing.
    const start = startOf(task.cues) ?? inputs[0]?.at ?? (0 as UnixMicros);
    for (const cue of task.cues) aligner.push({ type: "cue", cue }, start);
    let last = start;
    for (const { at, input } of inputs) {
      if (input.type === "cue") continue;
      last = Math.max(last, at) as UnixMicros;
      for (const revision of aligner.push(input, last)) told.set(revision.eventId, { revision, recordedAt: last });
    }
    const end = addSeconds(last, AFTERWARDS_SEC);
    for (const revision of aligner.push({ type: "end" }, end))
      told.set(revision.eventId, { revision, recordedAt: end });
    return aligner.status();
  });
  const order = new Set(task.events.map((event) => event.eventId));
  return { told: [...order].flatMap((eventId) => told.get(eventId) ?? []), status };
}

function newAligner(task: AlignTask, session: string, finalise: boolean): Aligner {
  return new Aligner({
    session,
    profile: task.profile,
    utcUncertaintySec: NO_BOX_CLOCK_SEC,
    scanRangeSec: task.scanRangeSec,
    maxEvents: Math.max(5000, task.events.length),
    maxCues: Math.max(2000, task.cues.length),
    finalise,
    // A recorded feed keeps its own dates.
    maxStampDistanceSec: null,
  });
}

/** Events of several sessions in one file are aligned each on their own; the cues are there for all. */
function perSession<T>(task: AlignTask, align: (events: readonly LoggedEvent[], session: string) => T): T[] {
  const sessions = new Map<string, LoggedEvent[]>();
  for (const event of task.events) {
    const events = sessions.get(event.session);
    if (events === undefined) sessions.set(event.session, [event]);
    else events.push(event);
  }
  return [...sessions].map(([session, events]) => align(events, session));
}

/** A record without an arrival came when its stamp says, or with the one before it. */
function inOrderOfTime(events: readonly LoggedEvent[], cues: readonly HeardCue[]): TimedInput[] {
  let last = (events.find(hasTime)?.arrival ?? events.find(hasTime)?.stamp ?? startOf(cues) ?? 0) as UnixMicros;
  const timed: TimedInput[] = cues.map((cue) => ({ at: cue.reported, input: { type: "cue", cue } }));
  for (const event of events) {
    last = event.arrival ?? event.stamp ?? last;
    timed.push({ at: last, input: { type: "logged", event } });
  }
  // Stable: what stands earlier in the file comes first among equals, cues before events.
  return timed.sort((a, b) => a.at - b.at);
}

function hasTime(event: LoggedEvent): boolean {
  return event.arrival !== null || event.stamp !== null;
}

function startOf(cues: readonly HeardCue[]): UnixMicros | null {
  let first: UnixMicros | null = null;
  for (const cue of cues) if (first === null || cue.onset < first) first = cue.onset;
  return first;
}
