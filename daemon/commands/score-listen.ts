import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Command } from "commander";
import { TouchlineError } from "../errors.js";
import {
  CONDITIONS,
  chooseFiles,
  cueTable,
  hearFile,
  type LabelledFile,
  type ListenScore,
  listenTable,
  type RobustScore,
  readLabels,
  robustTable,
  scoreListen,
  scoreRobustness,
  writeMixes,
} from "../score/index.js";
import { wholeNumber } from "../simulate/index.js";
import { printScore } from "./score-print.js";
import { RECIPE_HELP, showRecipes } from "./score-recipes.js";
import { startProgress } from "./terminal.js";

interface ListenScoreFlags {
  readonly mix?: string;
  readonly files: boolean;
  readonly robustness: boolean;
  readonly conditions?: string;
  readonly minutes: string;
  readonly recipes?: string;
  readonly seed: string;
  readonly mixes: string;
  readonly level: string;
  readonly json: boolean;
}

const EXAMPLES = `
Examples:
  touchline score listen recordings/whistle
  touchline score listen recordings/whistle --mix -5,0,5,10
  touchline score listen recordings/whistle --files --json
  touchline score listen recordings/whistle --robustness
  touchline score listen recordings/whistle --robustness --conditions "AGC,wind" --minutes 2
  touchline score listen recordings/whistle --recipes roar,beep,horn
  touchline score listen --recipes beep --level -5 --mixes 200 --seed 7

Conditions of --robustness:
  ${CONDITIONS.join(", ")}
The codecs need ffmpeg and are told as skipped without it. docs/hearing.md says what each one does.
${RECIPE_HELP}`;

/** `touchline score listen`: whistles against labels, and how they bear worse sound. */
export function listenScoreCommand(): Command {
  return new Command("listen")
    .description("Whistles heard in labelled recordings; roars, beeps and horns in mixes that are made.")
    .argument("[dir]", "folder with labels.json and the sound files it names")
    .option("--mix <dB,dB,...>", "also mix the single blasts over the crowds at these levels, dB broadband")
    .option("--files", "a line for each file too", false)
    .option("--robustness", "instead: the recordings of matches as worse chains would have delivered them", false)
    .option("--conditions <list>", "of --robustness, only these")
    .option("--minutes <n>", "of --robustness: at most so many minutes of recordings", "10")
    .option(
      "--recipes <kinds>",
      "instead: mixes that are made of the crowds in <dir>/bed, or of made ones: roar,beep,horn",
    )
    .option("--mixes <n>", "of --recipes: how many of each", "30")
    .option("--seed <n>", "of --recipes", "1")
    .option("--level <dB>", "of one recipe: the roar's rise (6), the beep's or horn's level over the noise (0, 6)", "")
    .option("--json", "lines of JSON on stdout", false)
    .addHelpText("after", EXAMPLES)
    .action(async (dir: string | undefined, flags: ListenScoreFlags) => {
      if (flags.recipes !== undefined) return showRecipes(dir, { ...flags, recipes: flags.recipes });
      if (dir === undefined) throw new TouchlineError("USAGE", ["name a folder with labels.json, or use --recipes"]);
      if (flags.robustness) return showRobustness(await robustnessOf(dir, flags), flags.json);
      if (flags.conditions !== undefined) throw new TouchlineError("USAGE", ["--conditions belongs to --robustness"]);
      return showScore(await listenTo(dir, parseLevels(flags.mix)), flags);
    });
}

function showScore(score: ListenScore, flags: ListenScoreFlags): void {
  const files = flags.files ? score.files : [];
  const fileRows = files.map(({ file, report }) => ({ name: basename(file), report }));
  printScore(
    flags.json,
    [
      ...files.map(({ file, group, report }) => ({ table: "files", file, group, ...report })),
      ...score.groups.map(({ group, files: count, report }) => ({ table: "groups", group, files: count, ...report })),
    ],
    [...(flags.files ? [cueTable("Each file", "file", fileRows)] : []), listenTable(score)],
  );
}

function showRobustness(score: RobustScore, isJson: boolean): void {
  const lines = score.rows.map(({ condition, skipped, f1Change, report }) => {
    const head = { table: "robustness", condition, files: score.files };
    return skipped === null ? { ...head, f1Change, ...report } : { ...head, skipped };
  });
  printScore(isJson, lines, [robustTable(score)]);
}

async function robustnessOf(dir: string, flags: ListenScoreFlags): Promise<RobustScore> {
  if (flags.mix !== undefined || flags.files) {
    throw new TouchlineError("USAGE", ["--robustness goes without --mix and --files"]);
  }
  const conditions = parseConditions(flags.conditions);
  const files = chooseFiles(await labelsIn(dir), wholeNumber("--minutes", flags.minutes, 1, 10_000));
  const work = mkdtempSync(join(tmpdir(), "touchline-robust-"));
  const bar = startProgress("listening", 1000);
  try {
    return await scoreRobustness(files, {
      conditions,
      workDir: work,
      onStep: (done, total, what) => bar.update(Math.round((1000 * done) / total), what),
    });
  } finally {
    bar.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

async function listenTo(dir: string, levelsDb: readonly number[]): Promise<ListenScore> {
  const labels = await labelsIn(dir);
  const work = mkdtempSync(join(tmpdir(), "touchline-mix-"));
  const bar = startProgress("listening", labels.length);
  try {
    const mixes = levelsDb.length === 0 ? [] : await writeMixes(labels, levelsDb, work);
    return await scoreListen([...labels, ...mixes], hearFile, (done, file) => bar.update(done, basename(file)));
  } finally {
    bar.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

async function labelsIn(dir: string): Promise<LabelledFile[]> {
  return (await readLabels(dir)).map((label) => ({ ...label, file: join(dir, label.file) }));
}

function parseLevels(text: string | undefined): number[] {
  if (text === undefined) return [];
  return text.split(",").map((level) => wholeNumber("--mix", level, -30, 40));
}

function parseConditions(text: string | undefined): readonly string[] {
  if (text === undefined) return CONDITIONS;
  return text.split(",").map((part) => {
    const known = CONDITIONS.find((one) => one.toLowerCase() === part.trim().toLowerCase());
    if (known !== undefined) return known;
    throw new TouchlineError("USAGE", [`--conditions: "${part.trim()}" is none of ${CONDITIONS.join(", ")}`]);
  });
}
