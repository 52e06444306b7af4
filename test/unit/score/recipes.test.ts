import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { PACKAGE_ROOT } from "../../../daemon/package-files.js";
import {
  beepMix,
  beepRecipe,
  hearSamples,
  hornMix,
  hornRecipe,
  type Material,
  madeNegatives,
  makeCrowds,
  RECIPE_HZ,
  readMaterial,
  renderEngine,
  roarMix,
  roarRecipe,
  scoreRecipe,
} from "../../../daemon/score/recipes/index.js";
import { recipeTables } from "../../../daemon/score/recipes/recipe-tables.js";
import type { Recipe, Trial } from "../../../daemon/score/recipes/trial.js";
import { Random, rmsOf } from "../../../daemon/simulate/index.js";

const SEED = 3;
let made: Material;

beforeAll(() => {
  made = { ...makeCrowds(SEED), negatives: [], isRecorded: false };
});

/** Only the mixes of a recipe, or only what is not a mix. */
function part(recipe: Recipe, isMix: boolean, most = Number.POSITIVE_INFINITY): Recipe {
  return {
    ...recipe,
    *make() {
      let count = 0;
      for (const trial of recipe.make()) {
        if ((trial.group === "mixes") !== isMix) {
          if (isMix) return;
          continue;
        }
        if (count++ >= most) return;
        yield trial;
      }
    },
  };
}

async function score(recipe: Recipe) {
  const { rows } = await scoreRecipe(recipe, () => undefined);
  return rows[0]!.report;
}

/** To the last bit; comparing arrays of a million numbers one by one would take the test runner seconds. */
function same(a: Trial, b: Trial): boolean {
  return a.name === b.name && Buffer.from(a.samples.buffer).equals(Buffer.from(b.samples.buffer));
}

function engine(): Float32Array {
  return renderEngine(60, RECIPE_HZ, new Random("engine alone")).map((x) => 0.05 * x);
}

describe("recipes", () => {
  it("raise the crowd by what was asked for, at the time that is told, and nowhere else", () => {
    const { samples, targets } = roarMix(made, 0, { seed: SEED, mixes: 1, riseDb: 6 });
    const at = Math.round(targets[0]!.onsetSec * RECIPE_HZ);
    const level = (fromSec: number, toSec: number) =>
      20 * Math.log10(rmsOf(samples, at + fromSec * RECIPE_HZ, at + toSec * RECIPE_HZ));
    expect(level(1.5, 3.5) - level(-10, 0)).toBeGreaterThan(4.5);
    expect(level(1.5, 3.5) - level(-10, 0)).toBeLessThan(7.5);
    expect(Math.abs(level(-2, 0) - level(-10, -2))).toBeLessThan(1.5);
  });

  it("raise every bed with every shape", () => {
    const names = Array.from({ length: 6 }, (_, i) => roarMix(made, i, { seed: SEED, mixes: 6, riseDb: 6 }).name);
    const pairs = names.map((name) => /over (.+?), (.+?),/.exec(name)?.slice(1).join(" / "));
    expect(new Set(pairs).size).toBe(6);
  });

  it("are the same for the same seed and others for another one", () => {
    const options = { seed: SEED, mixes: 1, snrDb: 0 };
    expect(same(beepMix(0, options), beepMix(0, options))).toBe(true);
    expect(same(beepMix(0, options), beepMix(0, { ...options, seed: 4 }))).toBe(false);
    const horn = { seed: SEED, mixes: 1, snrDb: 6 };
    expect(same(hornMix(made, 1, horn), hornMix(made, 1, horn))).toBe(true);
  });

  it("set beeps as loud as the engine", () => {
    const { samples, targets } = beepMix(1, { seed: SEED, mixes: 1, snrDb: 0 });
    const from = Math.round(targets[0]!.onsetSec * RECIPE_HZ);
    const during = rmsOf(samples, from + 0.05 * RECIPE_HZ, from + 0.75 * RECIPE_HZ);
    const before = rmsOf(samples, 0, RECIPE_HZ);
    expect(20 * Math.log10(during / before)).toBeCloseTo(3, -0.3);
  });

  it("make their own crowds where a folder has none", async () => {
    const material = await readMaterial(join(PACKAGE_ROOT, "no-such-folder"), SEED);
    expect(material.isRecorded).toBe(false);
    expect(material.beds.length).toBeGreaterThan(1);
    expect(material.cheers.map(({ name }) => name)).not.toContain(material.beds[0]!.name);
  });

  it("end as tables with a row for each group, and one for each mix when asked", async () => {
    const scored = await scoreRecipe(part(beepRecipe(made, { seed: SEED, mixes: 2, snrDb: 0 }), true), () => undefined);
    const [each, groups] = recipeTables([scored], "made", true);
    expect(groups!.rows.map(([name]) => name)).toEqual(["mixes (2)"]);
    expect(each!.rows).toHaveLength(2);
    expect(groups!.title).toContain("made crowds");
  });
});

describe("goals on made sound", () => {
  it("finds 95 % of rises of 6 dB, timed to 250 ms, with a bias below 100 ms", async () => {
    const report = await score(part(roarRecipe(made, { seed: SEED, mixes: 6, riseDb: 6 }), true));
    expect(report.recall).toBeGreaterThanOrEqual(0.95);
    expect(report.falseAlarms).toBe(0);
    expect(Math.abs(report.onsetBiasSec!)).toBeLessThan(0.1);
    expect(report.onsetP95Sec).toBeLessThan(0.25);
  });

  it("hears no roar in crowds that do not rise", async () => {
    const { falseAlarms, minutes } = await score(part(roarRecipe(made, { seed: SEED, mixes: 1, riseDb: 6 }), false, 1));
    expect(minutes).toBe(4);
    expect(falseAlarms).toBe(0);
  });

  it("finds every last tone of start lights in engine noise as loud as they are, timed to 10 ms", async () => {
    const report = await score(part(beepRecipe(made, { seed: SEED, mixes: 16, snrDb: 0 }), true));
    expect(report.found).toBe(16);
    expect(report.falseAlarms).toBe(0);
    expect(report.onsetP95Sec).toBeLessThan(0.01);
  });

  it("hears no beep train and hardly a horn in engines, voices, music, sirens and vuvuzelas", async () => {
    const told: Record<string, number> = { beep: 0, horn: 0 };
    let minutes = 0;
    for (const { name, make } of [...madeNegatives(SEED), { name: "engine", make: engine }]) {
      if (["applause", "finger whistles"].includes(name)) continue;
      const samples = make();
      minutes += samples.length / RECIPE_HZ / 60;
      for (const { kind } of await hearSamples(samples, RECIPE_HZ)) told[kind] = (told[kind] ?? 0) + 1;
    }
    expect(minutes).toBeGreaterThan(6);
    expect(told.beep).toBe(0);
    expect(told.horn! / minutes).toBeLessThan(0.5);
  });

  it("finds horns 10 dB over a crowd, timed to 35 ms", async () => {
    const report = await score(part(hornRecipe(made, { seed: SEED, mixes: 12, snrDb: 10 }), true));
    expect(report.recall).toBeGreaterThanOrEqual(0.95);
    expect(report.falseAlarms).toBe(0);
    expect(report.onsetP95Sec).toBeLessThan(0.035);
  });
});

/** Recordings of others; they are not part of the project. */
const DATA = join(PACKAGE_ROOT, "..", "shared", "data", "whistle");
const onData = existsSync(join(DATA, "bed")) ? it : it.skip;
const suffix = existsSync(join(DATA, "bed")) ? "" : " (skipped: the recordings are not there)";

describe("goals on recorded crowds", () => {
  onData(`finds 95 % of 12 rises of 6 dB, timed to 350 ms, with a bias below 80 ms${suffix}`, async () => {
    const material = await readMaterial(DATA, SEED);
    const report = await score(part(roarRecipe(material, { seed: SEED, mixes: 12, riseDb: 6 }), true));
    expect(report.recall).toBeGreaterThanOrEqual(0.95);
    expect(Math.abs(report.onsetBiasSec!)).toBeLessThan(0.08);
    expect(report.onsetP95Sec).toBeLessThan(0.35);
  });

  onData(`hears no roar and no horn in crowds alone, though they go round for minutes${suffix}`, async () => {
    const material = { ...(await readMaterial(DATA, SEED)), negatives: [] };
    const recipe = roarRecipe(material, { seed: SEED, mixes: 1, riseDb: 6 });
    expect((await score(part(recipe, false, 3))).falseAlarms).toBe(0);
    const horns = await scoreRecipe(
      part(hornRecipe(material, { seed: SEED, mixes: 1, snrDb: 10 }), false, 4),
      () => undefined,
    );
    expect(horns.rows[0]!.report.falseAlarms).toBe(0);
  });
});
