import { TouchlineError } from "../errors.js";
import {
  beepRecipe,
  type CharacterOptions,
  characterTable,
  hornRecipe,
  type Material,
  type Recipe,
  type RecipeScore,
  readMaterial,
  recipeTables,
  roarRecipe,
  scoreCharacters,
  scoreRecipe,
} from "../score/index.js";
import { oneOf, wholeNumber } from "../simulate/index.js";
import { printScore } from "./score-print.js";
import { startProgress } from "./terminal.js";

export interface RecipeFlags {
  readonly recipes: string;
  readonly seed: string;
  readonly mixes: string;
  readonly level: string;
  readonly files: boolean;
  readonly json: boolean;
}

const KINDS = ["roar", "beep", "horn", "character"] as const;
const DEFAULT_LEVEL_DB = { roar: 6, beep: 0, horn: 6, character: 8 } as const;

export const RECIPE_HELP = `
Recipes (--recipes ${KINDS.join(",")}) make their own mixes, for kinds of which nobody has labels:
  roar   a crowd of bed/ raised over another one by 6 dB within 0.5-1.5 s, and every crowd alone
  beep   start lights in engine noise, as loud as it; what is timed is the last tone
  horn   3-6 harmonics over crowds, 6 dB above them
  character   cheers, applause, chants and jeers over crowds, 8 dB up: what they are taken for (alone)
Without bed/ the crowds are made ones. Sounds of hard-negative/ and made ones count false alarms.`;

/** `score listen --recipes`: made mixes of known truth. */
export async function showRecipes(dir: string | undefined, flags: RecipeFlags): Promise<void> {
  const kinds = flags.recipes.split(",").map((kind) => oneOf("--recipes", kind.trim(), KINDS));
  const seed = wholeNumber("--seed", flags.seed, 0, 2 ** 50);
  const mixes = wholeNumber("--mixes", flags.mixes, 1, 10_000);
  const level = flags.level === "" ? null : wholeNumber("--level", flags.level, -30, 40);
  if (level !== null && kinds.length > 1) throw new TouchlineError("USAGE", ["--level belongs to one recipe"]);
  const material = await readMaterial(dir ?? null, seed);
  if (kinds.includes("character")) {
    if (kinds.length > 1)
      throw new TouchlineError("USAGE", ["the recipe character has a table of its own: ask for it alone"]);
    return showCharacters(material, { seed, mixes, riseDb: level ?? DEFAULT_LEVEL_DB.character }, flags.json);
  }
  const scores: RecipeScore[] = [];
  for (const kind of kinds.filter(isTimed)) {
    scores.push(await run(recipeOf(kind, material, { seed, mixes, levelDb: level ?? DEFAULT_LEVEL_DB[kind] })));
  }
  const lines = scores.flatMap(({ rows, trials }) => [
    ...(flags.files ? trials.map((trial) => ({ table: "trials", ...trial })) : []),
    ...rows.map(({ report, ...row }) => ({ table: "recipes", crowds: crowdsOf(material), ...row, ...report })),
  ]);
  printScore(flags.json, lines, recipeTables(scores, crowdsOf(material), flags.files));
}

type TimedKind = Exclude<(typeof KINDS)[number], "character">;

function isTimed(kind: (typeof KINDS)[number]): kind is TimedKind {
  return kind !== "character";
}

async function showCharacters(material: Material, options: CharacterOptions, isJson: boolean): Promise<void> {
  const bar = startProgress("character", options.mixes * (material.isRecorded ? 5 : 4));
  try {
    const rows = await scoreCharacters(material, options, (done, name) => bar.update(done, name));
    const lines = rows.map((row) => ({ table: "characters", crowds: crowdsOf(material), ...row }));
    printScore(isJson, lines, [characterTable(rows, options)]);
  } finally {
    bar.stop();
  }
}

async function run(recipe: Recipe): Promise<RecipeScore> {
  const bar = startProgress(recipe.kind, recipe.trials);
  try {
    return await scoreRecipe(recipe, (done, name) => bar.update(done, name));
  } finally {
    bar.stop();
  }
}

function recipeOf(
  kind: TimedKind,
  material: Material,
  { seed, mixes, levelDb }: { readonly seed: number; readonly mixes: number; readonly levelDb: number },
): Recipe {
  if (kind === "roar") return roarRecipe(material, { seed, mixes, riseDb: levelDb });
  if (kind === "beep") return beepRecipe(material, { seed, mixes, snrDb: levelDb });
  return hornRecipe(material, { seed, mixes, snrDb: levelDb });
}

function crowdsOf({ isRecorded }: Material): string {
  return isRecorded ? "recorded" : "made";
}
