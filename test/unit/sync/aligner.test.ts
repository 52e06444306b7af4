import { describe, expect, it } from "vitest";
import { loadSportProfile } from "../../../config/index.js";
import { type Aligner, addSeconds, type EventRevision, type HeardCue, type UnixMicros } from "../../../sync/index.js";
import { drive, inputsOf, lastOf, newAligner } from "./aligner-driver.js";
import { logged, MATCH_START, makeMatch } from "./match-generator.js";

const at = (seconds: number): UnixMicros => addSeconds(MATCH_START, seconds);

function whistle(cueId: string, seconds: number, change: Partial<HeardCue> = {}): HeardCue {
  return {
    cueId,
    kind: "whistle",
    onset: at(seconds),
    end: null,
    onsetSdSec: 0.02,
    score: 0.95,
    count: 1,
    channel: "m",
    reported: at(seconds + 0.5),
    isFinal: true,
    ...change,
  };
}

/** An aligner in the middle of a match, with a locked logger that is `offsetSec` ahead of UTC. */
function lockedAligner(offsetSec = 10): { aligner: Aligner; now: number } {
  const aligner = newAligner();
  for (let i = 0; i < 8; i++) {
    const time = 100 + i * 97;
    aligner.push({ type: "cue", cue: whistle(`early-${i}`, time) }, at(time + 0.5));
    const event = logged(`scout/early-${i}`, "foul", at(time + 1.9 + offsetSec), at(time + 2.2));
    aligner.push({ type: "logged", event }, at(time + 2.2));
    aligner.push({ type: "tick" }, at(time + 3.2));
  }
  return { aligner, now: 900 };
}

function only(revisions: readonly EventRevision[]): EventRevision {
  expect(revisions).toHaveLength(1);
  return revisions[0]!;
}

describe("Aligner, revisions of one event", () => {
  it("tells a record at once with the best estimate of that moment, provisional or confirmed", () => {
    const { aligner } = lockedAligner();
    aligner.push({ type: "cue", cue: whistle("w", 900) }, at(900.5));
    const first = only(
      aligner.push({ type: "logged", event: logged("scout/1", "foul", at(911.9), at(902.2)) }, at(902.2)),
    );
    expect(first.revision).toBe(1);
    expect(first.anchor).toBe("whistle");
    expect(first.cues).toEqual(["w"]);
    expect(Math.abs(first.corrected.time - at(900))).toBeLessThan(50_000);
  });

  it("asks for a tick within a second and links a whistle that is told after the record", () => {
    const { aligner } = lockedAligner();
    const first = only(
      aligner.push({ type: "logged", event: logged("scout/1", "foul", at(911.5), at(901.6)) }, at(901.6)),
    );
    expect(first.anchor).toBe("clock");
    aligner.push({ type: "cue", cue: whistle("w", 900, { reported: at(901.7) }) }, at(901.7));
    const due = aligner.nextDue();
    expect(due).not.toBeNull();
    expect(due! - at(901.6)).toBeLessThanOrEqual(1_000_000);
    const second = only(aligner.push({ type: "tick" }, at(902.6)).filter(({ eventId }) => eventId === "scout/1"));
    expect(second).toMatchObject({ revision: 2, anchor: "whistle", state: "confirmed", cues: ["w"] });
  });

  it("says nothing again while nothing changes", () => {
    const { aligner } = lockedAligner();
    aligner.push({ type: "cue", cue: whistle("w", 900) }, at(900.5));
    aligner.push({ type: "logged", event: logged("scout/1", "foul", at(911.9), at(902.2)) }, at(902.2));
    const later = [...aligner.push({ type: "tick" }, at(903.1)), ...aligner.push({ type: "tick" }, at(905))];
    expect(later.filter(({ eventId }) => eventId === "scout/1")).toEqual([]);
  });

  it("ignores an exact duplicate, also one that arrives later", () => {
    const { aligner } = lockedAligner();
    const event = logged("scout/1", "foul", at(911.9), at(902.2));
    aligner.push({ type: "logged", event }, at(902.2));
    const before = aligner.snapshot();
    expect(aligner.push({ type: "logged", event: { ...event, arrival: at(950) } }, at(902.2))).toEqual([]);
    expect(aligner.status().duplicates).toBe(1);
    expect(JSON.parse(aligner.snapshot().body).events).toEqual(JSON.parse(before.body).events);
  });

  it("tells an edit as the next revision with the new input, and ignores an older version", () => {
    const { aligner } = lockedAligner();
    const event = logged("scout/1", "foul", at(911.9), at(902.2), { version: 2 });
    aligner.push({ type: "logged", event }, at(902.2));
    const newer = { ...event, version: 3, class: "offside", input: { id: "1", note: "edited" } };
    const edited = only(aligner.push({ type: "logged", event: newer }, at(910)));
    expect(edited).toMatchObject({ revision: 2, class: "offside", input: { note: "edited" } });
    expect(aligner.push({ type: "logged", event: { ...event, version: 1, class: "goal" } }, at(911))).toEqual([]);
  });

  it("retracts a deleted event with a reason and counts on when it is created again", () => {
    const { aligner } = lockedAligner();
    const event = logged("scout/1", "foul", at(911.9), at(902.2));
    aligner.push({ type: "logged", event }, at(902.2));
    const gone = only(aligner.push({ type: "logged", event: { ...event, op: "delete", class: "" } }, at(910)));
    expect(gone).toMatchObject({ revision: 2, state: "retracted", class: "foul", reason: { code: "deleted" } });
    expect(aligner.push({ type: "logged", event: { ...event, op: "delete" } }, at(911))).toEqual([]);
    const again = only(aligner.push({ type: "logged", event }, at(912)));
    expect(again).toMatchObject({ revision: 3, state: "provisional" });
  });

  it("keeps silent about an event whose delete came before it, by version", () => {
    const aligner = newAligner();
    const event = logged("scout/1", "foul", at(10), at(10), { version: 1 });
    expect(aligner.push({ type: "logged", event: { ...event, op: "delete", version: 2 } }, at(10))).toEqual([]);
    expect(aligner.push({ type: "logged", event }, at(11))).toEqual([]);
  });

  it("makes each event final by its finalBy; after that only an operator moves it", () => {
    const { aligner } = lockedAligner();
    const event = logged("scout/1", "throw_in", at(911.3), at(901.6));
    const first = only(aligner.push({ type: "logged", event }, at(901.6)));
    const finals = aligner.push({ type: "tick" }, addSeconds(first.finalBy, 0.001));
    const final = finals.find((revision) => revision.eventId === "scout/1")!;
    expect(final.state).toBe("final");
    const later = addSeconds(first.finalBy, 10);
    const edited = only(aligner.push({ type: "logged", event: { ...event, stamp: at(950), version: 9 } }, later));
    expect(edited).toMatchObject({ state: "final", corrected: { time: final.corrected.time } });
    const pin = { type: "control", eventId: "scout/1", op: "pin", time: at(899), by: "desk" } as const;
    const pinned = only(aligner.push(pin, addSeconds(later, 1)));
    expect(pinned).toMatchObject({ state: "final", anchor: "operator", corrected: { time: at(899) } });
    expect(pinned.reason).toEqual({ code: "pinned", params: { by: "desk" } });
    const released = only(aligner.push({ ...pin, op: "release", time: null }, addSeconds(later, 2)));
    expect(released.anchor).toBe("clock");
  });

  it("moves an event off a cue that an operator rejects", () => {
    const { aligner } = lockedAligner();
    aligner.push({ type: "cue", cue: whistle("w", 900) }, at(900.5));
    aligner.push({ type: "logged", event: logged("scout/1", "foul", at(911.9), at(902.2)) }, at(902.2));
    const moved = only(aligner.push({ type: "rejectCue", cueId: "w" }, at(910)));
    expect(moved).toMatchObject({ eventId: "scout/1", anchor: "clock", cues: [], reason: { code: "cueRejected" } });
    aligner.push({ type: "cue", cue: whistle("w", 900) }, at(911));
    expect(aligner.push({ type: "tick" }, at(913)).some((revision) => revision.cues.includes("w"))).toBe(false);
  });
});

describe("Aligner, what it says and when it does not", () => {
  it("leaves the logged time unmoved, with a wide interval and noLock, when there are no cues", () => {
    const match = makeMatch(1, { offsetSec: 12 });
    const { told } = drive(newAligner(), inputsOf({ events: match.events, cues: [] }));
    for (const revision of lastOf(told).values()) {
      expect(revision).toMatchObject({ anchor: "none", shiftSec: 0, state: "final" });
      expect(revision.flags).toContain("noLock");
      expect(revision.corrected.intervals[0]!.hi - revision.corrected.intervals[0]!.lo).toBeGreaterThan(60e6);
    }
  });

  it("corrects events of classes it does not know by the clock alone", () => {
    const { aligner } = lockedAligner();
    aligner.push({ type: "logged", event: logged("scout/1", "streaker", at(912), at(902.2)) }, at(902.2));
    const told = aligner.push({ type: "end" }, at(960)).find((revision) => revision.eventId === "scout/1")!;
    expect(told).toMatchObject({ class: "streaker", anchor: "clock" });
    expect(Math.abs(told.corrected.time - at(900.2))).toBeLessThan(1_500_000);
  });

  it("works from the arrival where a record has no stamp", () => {
    const { aligner } = lockedAligner();
    aligner.push({ type: "cue", cue: whistle("w", 900) }, at(900.5));
    aligner.push({ type: "logged", event: logged("scout/1", "foul", null, at(902.2)) }, at(902.2));
    const told = aligner.push({ type: "end" }, at(960)).find((revision) => revision.eventId === "scout/1")!;
    expect(told).toMatchObject({ anchor: "whistle", cues: ["w"] });
  });

  it("flags a stamp that its arrival contradicts and finds the cue by the arrival", () => {
    const { aligner } = lockedAligner();
    aligner.push({ type: "cue", cue: whistle("w", 900) }, at(900.5));
    aligner.push({ type: "logged", event: logged("scout/1", "foul", at(911.9 + 33), at(902.2)) }, at(902.2));
    const told = aligner.push({ type: "end" }, at(960)).find((revision) => revision.eventId === "scout/1")!;
    expect(told).toMatchObject({ anchor: "whistle", cues: ["w"] });
    expect(told.flags).toContain("conflict");
  });

  it("puts the end of a period on the first blast of its train and lets the others claim nothing", () => {
    const { aligner } = lockedAligner();
    for (const [id, seconds] of [
      ["a", 900],
      ["b", 900.7],
      ["c", 901.3],
    ] as const) {
      aligner.push({ type: "cue", cue: whistle(id, seconds) }, at(seconds + 0.5));
    }
    aligner.push({ type: "logged", event: logged("scout/1", "period_end", at(911.5), at(901.9)) }, at(901.9));
    const told = aligner.push({ type: "end" }, at(960)).find((revision) => revision.eventId === "scout/1")!;
    expect(told.cues).toEqual(["a"]);
  });

  it("puts the start of a race on the last tone of its countdown", () => {
    const aligner = newAligner({ profile: loadSportProfile("motorsport") });
    for (let start = 0; start < 4; start++) {
      for (let tone = 0; tone < 4; tone++) {
        const seconds = 100 + start * 211 + tone;
        const cue = whistle(`b${start}${tone}`, seconds, { kind: "beep" });
        aligner.push({ type: "cue", cue }, at(seconds + 0.5));
      }
      const press = 103 + start * 211 + 1;
      const event = logged(`control/${start}`, "race_start", at(press + 7), at(press + 0.3));
      aligner.push({ type: "logged", event }, at(press + 0.3));
    }
    const told = aligner.push({ type: "end" }, at(1000));
    expect(told.map(({ cues }) => cues[0])).toEqual(["b03", "b13", "b23", "b33"]);
  });

  it("gives one cue to one event: a card after the foul does not claim its whistle", () => {
    const { aligner } = lockedAligner();
    aligner.push({ type: "cue", cue: whistle("w", 900) }, at(900.5));
    aligner.push({ type: "logged", event: logged("scout/1", "foul", at(911.8), at(902.1)) }, at(902.1));
    aligner.push({ type: "logged", event: logged("scout/2", "offside", at(912.6), at(902.9)) }, at(902.9));
    const told = aligner.push({ type: "end" }, at(960)).filter((revision) => /scout\/[12]$/.test(revision.eventId));
    expect(told.filter((revision) => revision.cues.includes("w"))).toHaveLength(1);
  });

  it("leaves a log that is already right where it is: anchor clock, shift near 0", () => {
    const aligner = newAligner({ personas: { tagger: "tagger" } });
    for (let i = 0; i < 10; i++) {
      aligner.push({ type: "cue", cue: whistle(`w${i}`, 100 + i * 61) }, at(1000));
      const wobble = ((i * 37) % 11) / 25 - 0.2;
      aligner.push({ type: "logged", event: logged(`tagger/${i}`, "foul", at(100 + i * 61 + wobble), null) }, at(1000));
      aligner.push({ type: "logged", event: logged(`tagger/t${i}`, "throw_in", at(130 + i * 61), null) }, at(1000));
    }
    for (const revision of aligner.push({ type: "end" }, at(1100))) {
      if (revision.class === "throw_in") expect(revision.anchor).toBe("clock");
      expect(Math.abs(revision.shiftSec)).toBeLessThan(0.5);
    }
  });

  it("joins records of two loggers that tell of one play", () => {
    const one = makeMatch(5, { offsetSec: 3 });
    const two = makeMatch(5, { offsetSec: -8, logger: "second" });
    const { told } = drive(newAligner(), inputsOf({ events: [...one.events, ...two.events], cues: one.cues }));
    const last = [...lastOf(told).values()].filter(({ anchor }) => anchor === "whistle");
    const joined = last.filter(({ sources }) => sources.length === 1);
    expect(joined.length / last.length).toBeGreaterThan(0.9);
    for (const revision of joined) {
      const other = lastOf(told).get(revision.sources[0]!);
      expect(other?.occurrenceId).toBe(revision.occurrenceId);
    }
  });
});
