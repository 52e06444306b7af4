import { loadSportProfile } from "../../../config/index.js";
import {
  Aligner,
  type AlignerOptions,
  type AlignInput,
  addSeconds,
  type EventRevision,
  type UnixMicros,
} from "../../../sync/index.js";
import type { MadeMatch } from "./match-generator.js";

export const FOOTBALL = loadSportProfile("football");

export function newAligner(change: Partial<AlignerOptions> = {}): Aligner {
  return new Aligner({ session: "s", profile: FOOTBALL, utcUncertaintySec: 0.005, ...change });
}

export interface TimedInput {
  readonly at: UnixMicros;
  readonly input: AlignInput;
}

/** What a daemon would push, in order of time: records by arrival (else stamp), cues when they could be told. */
export function inputsOf(match: Pick<MadeMatch, "events" | "cues">): TimedInput[] {
  const inputs: TimedInput[] = [
    ...match.cues.map((cue) => ({ at: cue.reported, input: { type: "cue", cue } as const })),
    ...match.events.map((event) => ({
      at: (event.arrival ?? event.stamp ?? 0) as UnixMicros,
      input: { type: "logged", event } as const,
    })),
  ];
  return inputs.sort((a, b) => a.at - b.at);
}

export interface ToldRevision {
  readonly at: UnixMicros;
  readonly revision: EventRevision;
}

/** Pushes the inputs with all ticks that fall due between them, then ends the session; `between` may swap the aligner (a restart). */
export function drive(
  start: Aligner,
  inputs: readonly TimedInput[],
  between: (aligner: Aligner, index: number) => Aligner = (aligner) => aligner,
): { readonly told: ToldRevision[]; readonly aligner: Aligner } {
  let aligner = start;
  const told: ToldRevision[] = [];
  const push = (input: AlignInput, at: UnixMicros) => {
    for (const revision of aligner.push(input, at)) told.push({ at, revision });
  };
  const tickUntil = (until: UnixMicros) => {
    for (let due = aligner.nextDue(); due !== null && due <= until; due = aligner.nextDue())
      push({ type: "tick" }, due);
  };
  inputs.forEach(({ at, input }, index) => {
    tickUntil(at);
    push(input, at);
    aligner = between(aligner, index);
  });
  const end = addSeconds(inputs.at(-1)?.at ?? (0 as UnixMicros), 60);
  tickUntil(end);
  push({ type: "end" }, end);
  return { told, aligner };
}

export function lastOf(told: readonly ToldRevision[]): Map<string, EventRevision> {
  return new Map(told.map(({ revision }) => [revision.eventId, revision]));
}
