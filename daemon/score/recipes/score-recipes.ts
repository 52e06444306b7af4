import { type Cue, createListener } from "../../../dsp/index.js";
import { type CueReport, type CueTrial, reportCues } from "../cue-report.js";
import type { Found } from "../match-cues.js";
import { RECIPE_HZ } from "./material.js";
import type { Recipe, Trial } from "./trial.js";

export interface RecipeRow {
  readonly recipe: string;
  readonly group: string;
  readonly trials: number;
  readonly report: CueReport;
}

/** What one trial gave, for who wants to see each. */
export interface RecipeTrial {
  readonly recipe: string;
  readonly group: string;
  readonly name: string;
  readonly found: number;
  readonly missed: number;
  readonly falseAlarms: number;
  /** Told minus true onset; `null` where nothing was found. */
  readonly errorSec: number | null;
}

export interface RecipeScore {
  readonly kind: Recipe["kind"];
  readonly title: string;
  readonly tolerance: Recipe["tolerance"];
  readonly rows: readonly RecipeRow[];
  readonly trials: readonly RecipeTrial[];
}

const BLOCK_SEC = 0.25;

/** Makes and hears every trial of a recipe and compares cues of its kind with what was mixed in. */
export async function scoreRecipe(recipe: Recipe, onTrial: (done: number, name: string) => void): Promise<RecipeScore> {
  const heard: { trial: Pick<Trial, "group" | "name">; score: CueTrial }[] = [];
  for (const trial of recipe.make()) {
    onTrial(heard.length, trial.name);
    const found = (await hearSamples(trial.samples, RECIPE_HZ)).filter((cue) => cue.kind === recipe.kind);
    const { group, name, targets, free, samples } = trial;
    const score = { targets, found, ignored: free ?? [], durationSec: samples.length / RECIPE_HZ };
    heard.push({ trial: { group, name }, score });
  }
  const groups = [...new Set(heard.map(({ trial }) => trial.group))];
  return {
    kind: recipe.kind,
    title: recipe.title,
    tolerance: recipe.tolerance,
    rows: groups.map((group) => {
      const own = heard.filter(({ trial }) => trial.group === group).map(({ score }) => score);
      return { recipe: recipe.kind, group, trials: own.length, report: reportCues(own, recipe.tolerance) };
    }),
    trials: heard.map(({ trial, score }) => reportTrial(recipe, trial, score)),
  };
}

function reportTrial(recipe: Recipe, { group, name }: Pick<Trial, "group" | "name">, score: CueTrial): RecipeTrial {
  const report = reportCues([score], recipe.tolerance);
  const { found, targets, falseAlarms, onsetBiasSec: errorSec } = report;
  return { recipe: recipe.kind, group, name, found, missed: targets - found, falseAlarms, errorSec };
}

/** A cue as heard, each once, as last told; times in seconds. */
export interface HeardCue extends Found {
  readonly kind: string;
  readonly cue: Cue;
}

/** Hears a sound as a whole. Rate in Hz. */
export async function hearSamples(samples: Float32Array, sampleRate: number): Promise<HeardCue[]> {
  const listener = await createListener({ sampleRate });
  const told = new Map<string, { readonly reported: number; last: Cue }>();
  const keep = (cues: readonly Cue[]): void => {
    for (const cue of cues) {
      const before = told.get(cue.key);
      if (before === undefined) told.set(cue.key, { reported: cue.reported, last: cue });
      else before.last = cue;
    }
  };
  const step = Math.round(BLOCK_SEC * sampleRate);
  for (let at = 0; at < samples.length; at += step) {
    keep(listener.push({ firstSample: at, samples: samples.subarray(at, at + step), invalid: [] }).cues);
  }
  keep(listener.flush().cues);
  return [...told.values()].map(({ reported, last }) => ({
    kind: last.kind,
    cue: last,
    onsetSec: last.onset / sampleRate,
    reportedSec: reported / sampleRate,
  }));
}
