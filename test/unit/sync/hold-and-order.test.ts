import { describe, expect, it } from "vitest";
import { holdConfirmed } from "../../../sync/hold-link.js";
import { addSeconds, type UnixMicros } from "../../../sync/index.js";
import { inOrder } from "../../../sync/play-order.js";
import type { Told, TrackedEvent } from "../../../sync/tracked-event.js";
import { logged, MATCH_START } from "./match-generator.js";

const at = (seconds: number) => addSeconds(MATCH_START, seconds);

function told(seconds: number, sd: number, change: Partial<Told> = {}): Told {
  return {
    state: "provisional",
    anchor: "clock",
    flags: [],
    time: at(seconds),
    lo: at(seconds - 1.96 * sd),
    hi: at(seconds + 1.96 * sd),
    notBefore: at(seconds + 2.6 * sd),
    confidence: 0.7,
    cues: [],
    linkP: 0,
    heldP: 0,
    alternatives: [],
    clock: null,
    reason: null,
    ...change,
  };
}

function tracked(id: string, name: string, stampSec: number, change: Partial<TrackedEvent> = {}): TrackedEvent {
  const stamp = at(stampSec);
  return {
    logged: logged(`a/${id}`, name, stamp, stamp),
    stamp,
    order: 0,
    arrivedAt: stamp,
    revision: 1,
    status: "open",
    isWaiting: false,
    isConfirmed: false,
    frozenCue: null,
    pin: null,
    finalBy: addSeconds(stamp, 1800),
    occurrenceId: `a/${id}`,
    sources: [],
    told: null,
    toldTime: null,
    own: null,
    ...change,
  };
}

const LINKED = { state: "confirmed", anchor: "whistle", cues: ["w1"], linkP: 0.97 } as const;

describe("a confirmed event", () => {
  const event = tracked("1", "foul", 12, { told: told(10, 0.04, LINKED), frozenCue: "w1", isConfirmed: true });

  it("stays confirmed while its link is still the best, however unsure it became", () => {
    const next = holdConfirmed(event, told(10, 0.5, { anchor: "whistle", cues: ["w1"], linkP: 0.6, heldP: 0.6 }));
    expect(next.state).toBe("confirmed");
    expect(next.linkP).toBe(0.6);
  });

  it("keeps its link against evidence that is less than 3 nats better", () => {
    expect(holdConfirmed(event, told(13, 0.7, { heldP: 0.2 }))).toBe(event.told);
  });

  it("gives way to evidence that is more than 3 nats better, and is confirmed all the same", () => {
    const next = holdConfirmed(event, told(13, 0.7, { heldP: 0.01 }));
    expect([next.state, next.time]).toEqual(["confirmed", at(13)]);
  });

  it("stays confirmed after that, and while its logger's clock is lost", () => {
    const moved = { ...event, frozenCue: null, told: told(13, 0.7, { state: "confirmed" }) };
    expect(holdConfirmed(moved, told(13.1, 0.7)).state).toBe("confirmed");
    expect(holdConfirmed(event, told(40, 300, { anchor: "none", flags: ["noLock"] }))).toBe(event.told);
  });

  it("begins anew when its record says something else or its cue was taken back", () => {
    const next = holdConfirmed({ ...event, frozenCue: null, isConfirmed: false }, told(13, 0.7));
    expect([next.state, next.time]).toEqual(["provisional", at(13)]);
  });
});

describe("the records of one play", () => {
  const timesOf = (records: readonly (readonly [TrackedEvent, Told])[]) => {
    const ordered = inOrder(
      records.map(([event]) => event),
      new Map(records),
    );
    return records.map(([event]) => ((ordered.get(event)?.time ?? 0) - MATCH_START) / 1e6);
  };

  it("keep their order where the estimates contradict it: the less sure one gives way", () => {
    const kick = tracked("1", "penalty_kick", 100);
    const goal = tracked("2", "goal", 101);
    const [whistle, ball] = timesOf([
      [kick, told(98.5, 0.04, LINKED)],
      [goal, told(98.1, 0.8)],
    ]);
    expect(whistle).toBe(98.5);
    expect(ball).toBeGreaterThanOrEqual(98.49);
    expect(ball).toBeLessThan(98.6);
  });

  it("are those the feed names, in causal order whatever their stamps say", () => {
    const named = (event: TrackedEvent) => ({ ...event, logged: { ...event.logged, occurrence: "p1" } });
    const [kick, foul] = timesOf([
      [named(tracked("1", "free_kick", 99)), told(98, 0.5)],
      [named(tracked("2", "foul", 100)), told(99, 0.5)],
    ]);
    expect(foul).toBeLessThanOrEqual(kick as number);
  });

  it("are left alone where they are in order, of two plays, in conflict or final", () => {
    const apart: [TrackedEvent, Told][] = [
      [tracked("1", "foul", 100), told(98, 0.5)],
      [tracked("2", "free_kick", 120), told(119, 0.5)],
      [tracked("3", "foul", 130), told(118.5, 0.5)],
      [tracked("4", "goal", 140), told(100, 0.5, { flags: ["conflict"] })],
      [tracked("5", "corner", 400, { status: "final" }), told(398, 0.5, { state: "final" })],
    ];
    expect(timesOf(apart)).toEqual([98, 119, 118.5, 100, 398]);
  });

  it("keep times that are whole microseconds and intervals that hold them", () => {
    const shot = tracked("1", "shot_on", 100);
    const goal = tracked("2", "goal", 100.5);
    const found = inOrder(
      [shot, goal],
      new Map([
        [shot, told(99, 0.2)],
        [goal, told(98, 0.3)],
      ]),
    );
    for (const one of found.values()) {
      expect(Number.isInteger(one.time)).toBe(true);
      expect(one.lo <= one.time && one.time <= one.hi && one.time <= one.notBefore).toBe(true);
    }
    const times = [...found.values()].map(({ time }): UnixMicros => time);
    expect(times[0]).toBe(times[1]);
  });
});
