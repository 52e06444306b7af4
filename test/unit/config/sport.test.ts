import { describe, expect, it } from "vitest";
import { ConfigError, formatProblem, listSports, loadSportProfile, parseSportProfile } from "../../../config/index.js";

const FOOTBALL_CLASSES = [
  ..."period_start period_end kick_off foul foul_advantage offside penalty_kick drop_ball goal shot_on shot_off card".split(
    " ",
  ),
  ..."substitution corner throw_in goal_kick free_kick injury".split(" "),
];

function said(text: string, path = "/sports/chess.yaml"): string[] {
  const result = parseSportProfile(new TextEncoder().encode(text), path);
  return result.ok ? [] : result.problems.map(formatProblem);
}

describe("the profiles that are shipped", () => {
  it("are football and motorsport, and all are valid", () => {
    expect(listSports()).toEqual(["football", "motorsport"]);
    for (const sport of listSports()) expect(loadSportProfile(sport).sport).toBe(sport);
  });

  it("know every class of football, with the whistle's onset as truth where the whistle is the event", () => {
    const { classes } = loadSportProfile("football");
    expect(Object.keys(classes).sort()).toEqual([...FOOTBALL_CLASSES].sort());
    const withTruth = (truth: string) => Object.keys(classes).filter((name) => classes[name]?.truth === truth);
    expect(withTruth("cue").sort()).toEqual([
      "drop_ball",
      "foul",
      "kick_off",
      "offside",
      "penalty_kick",
      "period_start",
    ]);
    expect(withTruth("firstBlast")).toEqual(["period_end"]);
    expect(classes.goal).toMatchObject({ cue: "roar", truth: "act", cueDelay: { medianSec: 0.55, sdSec: 0.35 } });
    expect(classes.corner).toMatchObject({ cue: null, detection: 0, truth: "act", blasts: [1] });
  });

  it("take the last tone of the countdown as the start of a race", () => {
    expect(loadSportProfile("motorsport").classes.race_start).toMatchObject({ cue: "beep", truth: "lastBlast" });
  });

  it("are asked for by name only: no path leads out of their folder", () => {
    for (const sport of ["../sports/football", "chess", ""]) expect(() => loadSportProfile(sport)).toThrow(ConfigError);
  });
});

describe("a profile", () => {
  const good =
    "sport: chess\ncues: [beep]\nclasses:\n  flag: { cue: beep, detection: 1, truth: cue, lag: { medianSec: 1, sigma: 0.4 } }\n";

  it("may be short", () => {
    expect(said(good)).toEqual([]);
  });

  it.each([
    [
      "another name than its file",
      good.replace("sport: chess", "sport: go"),
      '1:8 sport: must be chess, as the file is called (got "go")',
    ],
    [
      "a cue nobody knows",
      good.replace("[beep]", "[bleep]"),
      '2:8 cues[0]: must be one of whistle, roar, beep or horn (got "bleep"). Did you mean beep?',
    ],
    [
      "a cue that is not listed",
      good.replace("cue: beep", "cue: horn"),
      '4:16 classes.flag.cue: must be listed in cues too (got "horn")',
    ],
    [
      "a misspelt key",
      good.replace("detection", "detecton"),
      "4:22 classes.flag.detecton: unknown key. Did you mean detection?",
    ],
    [
      "a probability above 1",
      good.replace("detection: 1", "detection: 1.5"),
      "4:33 classes.flag.detection: must be at most 1 (got 1.5)",
    ],
    ["no lag", good.replace(", lag: { medianSec: 1, sigma: 0.4 }", ""), "4:9 classes.flag.lag: is missing"],
    [
      "a truth without a cue",
      good.replace("cue: beep, detection: 1, ", ""),
      "4:18 classes.flag.truth: must be act where there is no cue",
    ],
  ])("is refused with %s, with the place", (_name, text, expected) => {
    expect(said(text)).toEqual([`/sports/chess.yaml:${expected}`]);
  });
});
