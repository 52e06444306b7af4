import { describe, expect, it } from "vitest";
import { addSeconds, type EventRevision, type LoggedEvent, type UnixMicros } from "../../../sync/index.js";
import { drive, inputsOf, lastOf, newAligner } from "./aligner-driver.js";
import { logged, MATCH_START, type MadeMatch, makeMatch } from "./match-generator.js";

const MATCH = makeMatch(61, { offsetSec: 6 });

/** A whistled record of the middle of the match that went to its own cue. */
function whistledRecord(match: MadeMatch): LoggedEvent {
  const told = lastOf(drive(newAligner(), inputsOf(match)).told);
  const found = match.events.find(
    ({ eventId, class: name }, index) =>
      index > 40 && name === "foul" && told.get(eventId)?.cues[0] === match.truth.get(eventId)?.cueId,
  );
  if (found === undefined) throw new Error("the made match has no such record");
  return found;
}

const ORIGINAL = whistledRecord(MATCH);
const ARRIVAL = ORIGINAL.arrival ?? MATCH_START;
const REPEAT: LoggedEvent = { ...ORIGINAL, eventId: `${ORIGINAL.eventId}-again`, arrival: addSeconds(ARRIVAL, 0.3) };

function toldLive(extra: readonly LoggedEvent[]) {
  return drive(newAligner(), inputsOf({ events: [...MATCH.events, ...extra], cues: MATCH.cues })).told;
}

function batch(events: readonly LoggedEvent[]): Map<string, EventRevision> {
  const aligner = newAligner({ finalise: false });
  for (const cue of MATCH.cues) aligner.push({ type: "cue", cue }, MATCH_START);
  for (const event of events) aligner.push({ type: "logged", event }, MATCH_START);
  return new Map(aligner.push({ type: "end" }, MATCH_START).map((revision) => [revision.eventId, revision]));
}

describe("Aligner, a play told again under another id", () => {
  it("puts both records on their whistle at once and keeps them there", () => {
    const own = toldLive([REPEAT]).filter(({ revision }) => revision.eventId === REPEAT.eventId);
    expect(own.length).toBeGreaterThan(0);
    for (const { revision } of own) {
      expect(revision.cues).toEqual([MATCH.truth.get(ORIGINAL.eventId)?.cueId]);
      expect(revision.flags).toEqual([]);
    }
  });

  it("keeps the second one there when the first is withdrawn", () => {
    const goneAt = addSeconds(ARRIVAL, 25);
    const gone: LoggedEvent = { ...ORIGINAL, op: "delete", version: (ORIGINAL.version ?? 0) + 1, arrival: goneAt };
    const told = toldLive([REPEAT, gone]);
    expect(lastOf(told).get(ORIGINAL.eventId)?.state).toBe("retracted");
    const own = told.filter(({ revision }) => revision.eventId === REPEAT.eventId);
    expect(new Set(own.map(({ revision }) => revision.cues[0]))).toEqual(
      new Set([MATCH.truth.get(ORIGINAL.eventId)?.cueId]),
    );
  });

  it("counts as no evidence of its own: a log told twice gives the times of a log told once", () => {
    const again = MATCH.events.map((event) => ({
      ...event,
      eventId: `${event.eventId}-again`,
      arrival: event.arrival === null ? null : addSeconds(event.arrival, 4),
    }));
    const plain = batch(MATCH.events);
    const doubled = batch([...MATCH.events, ...again]);
    for (const [eventId, { corrected }] of plain) {
      for (const id of [eventId, `${eventId}-again`]) {
        expect(Math.abs((doubled.get(id)?.corrected.time ?? 0) - corrected.time)).toBeLessThanOrEqual(1000);
      }
    }
  });

  it("is another play when its stamp or its class is another one: one cue stays with one event", () => {
    const later = addSeconds(ORIGINAL.stamp ?? MATCH_START, 0.4);
    const others: LoggedEvent[] = [
      { ...REPEAT, stamp: later as UnixMicros },
      { ...REPEAT, class: "offside" },
    ];
    for (const other of others) {
      const told = lastOf(toldLive([other]));
      const cues = [ORIGINAL, other].map(({ eventId }) => told.get(eventId)?.cues[0]);
      expect(cues.filter((cueId) => cueId === MATCH.truth.get(ORIGINAL.eventId)?.cueId)).toHaveLength(1);
    }
  });

  it("is told by itself where an operator has pinned the other", () => {
    const aligner = newAligner();
    const [one, two] = ["a/1", "a/2"].map((eventId) => logged(eventId, "foul", MATCH_START, MATCH_START));
    for (const event of [one, two]) {
      if (event !== undefined) aligner.push({ type: "logged", event }, MATCH_START);
    }
    const time = addSeconds(MATCH_START, -7);
    aligner.push({ type: "control", eventId: "a/1", op: "pin", time, by: "desk" }, MATCH_START);
    const last = new Map(aligner.push({ type: "end" }, addSeconds(MATCH_START, 60)).map((one) => [one.eventId, one]));
    expect(last.get("a/1")?.corrected.time).toBe(time);
    expect(last.get("a/2")?.anchor).not.toBe("operator");
  });
});
