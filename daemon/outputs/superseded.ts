import type { Delivery, RecordKind } from "../records/index.js";

/**
 * Kinds whose newest record of a subject says what those before it said: a car's totals run through the race, a box's health is its state.
 * Events and moments are told by revisions that are few, and a consumer may want each.
 */
const SUPERSEDED_KINDS: readonly RecordKind[] = ["fuel", "health"];
/** What is told once, in the record of the window in which it happened. */
const TOLD_ONCE = ["laps", "stints", "rebases"];

/** What waits together for an output: sequences that need not travel whole, each with the later one that says it all. */
export function findSuperseded(waiting: readonly Delivery[]): Map<number, number> {
  const newest = new Map<string, number>();
  const superseded = new Map<number, number>();
  for (const delivery of waiting.toReversed()) {
    if (!SUPERSEDED_KINDS.includes(delivery.kind)) continue;
    const { source, subject } = delivery.stored?.head ?? delivery.event;
    const about = `${delivery.kind}\n${source}\n${subject}`;
    const by = newest.get(about);
    if (by === undefined) newest.set(about, delivery.sequence);
    else if (!tellsOnce(delivery)) superseded.set(delivery.sequence, by);
  }
  return superseded;
}

/** May wait a little for what supersedes it. */
export function mayWait({ kind }: Delivery): boolean {
  return kind === "fuel";
}

function tellsOnce({ event }: Delivery): boolean {
  return event.data.rebased === true || TOLD_ONCE.some((name) => name in event.data);
}
