import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  MOMENTS_SNAPSHOT_VERSION,
  MomentFinder,
  type MomentRevision,
  type RaceMomentMark,
} from "../../../sync/index.js";
import type { UnixMicros } from "../../../sync/time.js";

const START = 1_780_000_000_000_000;
const at = (sec: number) => (START + sec * 1e6) as UnixMicros;
const flag = (sec: number, name: string): RaceMomentMark => ({ kind: "flag", at: at(sec), flag: name });
const pit = (sec: number, car: string): RaceMomentMark => ({ kind: "pitIn", at: at(sec), car });
const leader = (sec: number, car: string): RaceMomentMark => ({ kind: "leader", at: at(sec), car });
const fuel = (sec: number, lapsLeft: number, lapsToGo: number): RaceMomentMark => ({
  kind: "fuel",
  at: at(sec),
  car: "07",
  lapsLeft,
  lapsLeftSd: 0.5,
  lapsToGo,
  pReach: 0.02,
});

/** Codes of the reasons in the order of their moments, once all is judged. */
function codesOf(marks: readonly RaceMomentMark[], finder = new MomentFinder("race")): string[] {
  return momentsOf(marks, finder).flatMap(({ reasons }) => reasons.map(({ code }) => code));
}

function momentsOf(marks: readonly RaceMomentMark[], finder = new MomentFinder("race")): MomentRevision[] {
  for (const mark of marks) finder.push({ type: "race", mark }, mark.at);
  finder.push({ type: "end" }, at(1e5));
  return finder.moments().sort((a, b) => a.in - b.in);
}

describe("moments of race marks", () => {
  it.each([
    ["the first flag is no news", [flag(0, "caution")], []],
    [
      "a caution and its restart",
      [flag(0, "green"), flag(100, "caution"), flag(400, "green")],
      ["cautionBegan", "restarted"],
    ],
    ["the same flag again", [flag(0, "green"), flag(100, "caution"), flag(250, "caution")], ["cautionBegan"]],
    ["a flag older than the newest", [flag(0, "green"), flag(300, "caution"), flag(200, "red")], ["cautionBegan"]],
    ["green after the last lap's white is no restart", [flag(0, "green"), flag(90, "white"), flag(300, "green")], []],
    [
      "a red flag that begins as a caution",
      [flag(0, "green"), flag(50, "caution"), flag(300, "red")],
      ["cautionBegan", "redFlagShown"],
    ],
    [
      "a red flag that goes over into a caution",
      [flag(0, "green"), flag(50, "red"), flag(300, "caution")],
      ["redFlagShown"],
    ],
    ["the end", [flag(0, "green"), flag(50, "checkered")], ["checkeredShown"]],
    ["a stop under green", [flag(0, "green"), pit(60, "07")], ["greenStop"]],
    ["a stop under a caution", [flag(0, "green"), flag(50, "caution"), pit(60, "07")], ["cautionBegan"]],
    ["a stop before any flag", [pit(60, "07")], []],
    ["a stop told twice", [flag(0, "green"), pit(60, "07"), pit(60.4, "07")], ["greenStop"]],
    ["a stop of the leader", [flag(0, "green"), leader(5, "07"), pit(60, "07")], ["leaderStopped"]],
    ["another leader", [leader(5, "07"), leader(90, "07"), leader(120, "24")], ["leadChanged"]],
    ["fuel for less than what is left", [fuel(10, 3, 9), fuel(13, 2.9, 9), fuel(16, 2.8, 8)], ["fuelCritical"]],
    ["fuel that just reaches", [fuel(10, 8.8, 9)], []],
    ["fuel in the middle of the race", [fuel(10, 3, 90)], []],
    ["fuel again after a stop", [fuel(10, 3, 9), pit(100, "07"), fuel(400, 1, 4)], ["fuelCritical", "fuelCritical"]],
    ["a tank that ran dry", [{ kind: "runOut", at: at(10), car: "07" } as const], ["ranOut"]],
  ] as const)("%s", (_, marks, expected) => {
    expect(codesOf(marks)).toEqual(expected);
  });

  it("weigh a field that stops together as one stop, with a reason for each car", () => {
    const stops = ["01", "02", "03", "04"].map((car, index) => pit(60 + index, car));
    const [moment, ...others] = momentsOf([flag(0, "green"), ...stops]);
    const [single] = momentsOf([flag(0, "green"), pit(60, "01")]);
    expect(others).toEqual([]);
    expect(moment?.reasons.map(({ params }) => params.car)).toEqual(["01", "02", "03", "04"]);
    expect(moment?.interest).toBe(single?.interest);
    expect([moment?.in, moment?.out]).toEqual([at(54), at(77)]);
  });

  it("are none twice when the marks come again after a restart", () => {
    const marks = [
      flag(0, "green"),
      leader(1, "07"),
      flag(100, "caution"),
      flag(400, "green"),
      pit(600, "24"),
      fuel(700, 2, 8),
    ];
    const finder = new MomentFinder("race");
    const before = codesOf(marks, finder);
    const next = new MomentFinder("race");
    expect(next.restore(MOMENTS_SNAPSHOT_VERSION, finder.snapshot())).toBe(true);
    expect(codesOf(marks, next)).toEqual(before);
    expect(before).toEqual(["cautionBegan", "restarted", "greenStop", "fuelCritical"]);
  });

  it("never throw, whatever a mark says", () => {
    const time = fc.oneof(fc.double(), fc.integer({ min: START, max: START + 1e9 }));
    const mark = fc.record({
      kind: fc.constantFrom("flag", "pitIn", "runOut", "leader", "fuel"),
      at: time,
      flag: fc.string(),
      car: fc.string(),
      lapsLeft: fc.double(),
      lapsLeftSd: fc.double(),
      lapsToGo: fc.double(),
      pReach: fc.double(),
    });
    fc.assert(
      fc.property(fc.array(mark, { maxLength: 30 }), (marks) => {
        const finder = new MomentFinder("race");
        for (const one of marks) finder.push({ type: "race", mark: one as unknown as RaceMomentMark }, at(1));
        for (const { interest } of finder.moments()) expect(interest > 0 && interest <= 1).toBe(true);
      }),
    );
  });
});
