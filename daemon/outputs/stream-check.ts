import type { StreamFacts, StreamSpec } from "../link.js";
import { type BoxIdentity, type Lane, natsFiltersOfLane } from "../records/index.js";

/** Consumers have this long to read. Without a bound the hub's disk would be the bound. */
const STREAM_MAX_AGE_MS = 30 * 24 * 3_600_000;

/** `TOUCHLINE_<venue>_<box>_<lane>`; what a stream's name must not hold becomes `-`. */
export function streamName(box: BoxIdentity, lane: Lane): string {
  return `TOUCHLINE_${sanitise(box.venue)}_${sanitise(box.box)}_${lane}`;
}

function sanitise(name: string): string {
  return name.replace(/[^A-Za-z0-9-]/g, "-");
}

export function streamSpec(box: BoxIdentity, lane: Lane, replicas: number): StreamSpec {
  return {
    name: streamName(box, lane),
    subjects: natsFiltersOfLane(lane, box),
    replicas,
    maxAgeMs: STREAM_MAX_AGE_MS,
    description: `Touchline records, lane ${lane}, of box ${box.box} at ${box.venue}. One writer: the box.`,
  };
}

/** Why a stream cannot serve at all, or `null`. */
export function whyUnusable(spec: StreamSpec, facts: StreamFacts): string | null {
  if (facts.unusable !== null) return `the stream ${facts.name} cannot be used: ${facts.unusable}`;
  const missing = spec.subjects.filter((needed) => !facts.subjects.some((subject) => covers(subject, needed)));
  if (missing.length === 0) return null;
  return `the stream ${facts.name} does not take ${missing.join(", ")} (its subjects: ${facts.subjects.join(", ")})`;
}

/** In which ways an existing stream is weaker than the one we would have made. */
export function differences(facts: StreamFacts): string[] {
  const found: string[] = [];
  if (!facts.isFileStorage) found.push("it is kept in memory: a restart of the server loses it");
  if (!facts.isLimitsRetention) found.push("its retention is not 'limits': messages vanish when they are read");
  if (!facts.isDiscardNew) found.push("it discards old messages when full: unread ones are lost without a sign");
  return found;
}

/** Whether every subject that matches `narrow` matches `wide`. */
export function covers(wide: string, narrow: string): boolean {
  const wideTokens = wide.split(".");
  const narrowTokens = narrow.split(".");
  for (const [i, token] of wideTokens.entries()) {
    const other = narrowTokens[i];
    if (token === ">") return other !== undefined;
    if (other === undefined || other === ">") return false;
    if (token !== "*" && token !== other) return false;
  }
  return wideTokens.length === narrowTokens.length;
}
