import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { messageOf, TouchlineError } from "../errors.js";
import { readSessionFile } from "../recording/session-file.js";
import { replayRecording } from "../replay.js";
import {
  type AlignScore,
  alignCases,
  correctionTable,
  cueTable,
  degradedCues,
  goalTable,
  linkTable,
  markdownOf,
  methodTable,
  momentTable,
  readCues,
  readTruth,
  recordedCase,
  replaceSection,
  revisionTable,
  type ScoreCase,
  type SessionScore,
  type SimulatedCaseOptions,
  scoreAlign,
  scoreSession,
  simulatedCase,
  type TextTable,
} from "../score/index.js";
import {
  DETECTORS,
  type Detector,
  LOGGER_FAULT_NAMES,
  type LoggerFault,
  oneOf,
  PERSONA_NAMES,
  wholeNumber,
} from "../simulate/index.js";
import { profileOf } from "../sport-profiles.js";
import { fuelScoreCommand } from "./score-fuel.js";
import { listenScoreCommand } from "./score-listen.js";
import { printScore } from "./score-print.js";
import { startProgress } from "./terminal.js";

const DETECTOR_NAMES = Object.keys(DETECTORS) as (keyof typeof DETECTORS)[];
const BEST_DETECTOR = "97/95";
/** Where neither a session file nor an option says: the only sport that is simulated. */
const SPORT = "football";

/** `touchline score`: accuracy against truth. */
export function scoreCommand(): Command {
  return new Command("score")
    .description("Accuracy tables against truth.")
    .addCommand(sessionScoreCommand())
    .addCommand(alignScoreCommand())
    .addCommand(listenScoreCommand())
    .addCommand(fuelScoreCommand())
    .addHelpText(
      "after",
      `
Examples:
  touchline simulate --seed 7 --out out/s && touchline score session out/s
  touchline score align --simulate venue --matches 12 --seed 1
  touchline score listen recordings      (a folder with labels.json)
  touchline score fuel races`,
    );
}

function sessionScoreCommand(): Command {
  return new Command("session")
    .description("Replay a recording that has its truth, and compare.")
    .argument("<dir>", "the recording, as `simulate` writes it")
    .option("--output <file>", "score these records instead of replaying the recording")
    .option("--json", "lines of JSON on stdout", false)
    .addHelpText(
      "after",
      `
Examples:
  touchline simulate --seed 7 --out out/s && touchline score session out/s
  touchline score session out/s --output out/s/output.jsonl --json`,
    )
    .action(async (dir: string, flags: { output?: string; json: boolean }) => {
      const { session } = readSessionFile(dir).session;
      const score = await withOutput(dir, flags.output, (output) => scoreSession(dir, output, session));
      printScore(flags.json, sessionLines(score), [
        correctionTable(score.corrections),
        revisionTable(score.corrections),
        methodTable(score.methods),
        linkTable(score.links),
        cueTable(
          "Cues: whistles +-250 ms, narrow +-100 ms; roars +-1 s, narrow +-250 ms",
          "cue",
          score.cues.map(({ kind, report }) => ({ name: kind, report })),
        ),
        falseWhistleTable(score),
        momentTable(score.moments),
      ]);
    });
}

function alignScoreCommand(): Command {
  return new Command("align")
    .description("Accuracy of the alignment alone: cues as a detector of a given quality would tell them.")
    .argument("[dir]", "a recording with its truth; cues.jsonl in it is used where there is one")
    .option("--simulate <persona>", `simulated matches: ${PERSONA_NAMES.join(", ")}`)
    .option("--matches <n>", "how many", "10")
    .option("--seed <n>", "of the first one", "1")
    .option("--minutes <n>", "playing time of each", "90")
    .option("--detector <name>", `recall/precision of the whistles: ${DETECTOR_NAMES.join(", ")}`, BEST_DETECTOR)
    .option("--fault <name>", `a fault of the logger: ${LOGGER_FAULT_NAMES.join(", ")}`, collect, [] as string[])
    .option("--into <page>", "write the tables into a Markdown page too, between its marks for this case")
    .option("--json", "lines of JSON on stdout", false)
    .addHelpText(
      "after",
      `
Examples:
  touchline score align --simulate venue --matches 42 --seed 1
  touchline score align --simulate venue --matches 42 --seed 4200 --into docs/alignment.md
  touchline score align --simulate dirty --matches 20 --detector 90/85 --fault step5 --json
  touchline score align out/s`,
    )
    .action(async (dir: string | undefined, flags: AlignFlags) => {
      const score = await (dir === undefined ? scoreSimulated(flags) : scoreRecorded(dir, flags));
      const lines = [...alignLines(score), ...score.goals.map((row) => ({ table: "goals", ...row }))];
      const tables = [
        goalTable(score.goals),
        methodTable(score.methods),
        correctionTable(score.corrections),
        revisionTable(score.corrections),
        linkTable(score.links),
      ];
      printScore(flags.json, lines, tables);
      if (flags.into !== undefined) writeInto(flags.into, caseName(dir, flags), markdownOf(tables));
    });
}

/** What the marks of a page call this case. */
function caseName(dir: string | undefined, flags: AlignFlags): string {
  const persona = flags.simulate ?? dir ?? "";
  return [persona, flags.detector, ...flags.fault].join(" ");
}

function writeInto(page: string, name: string, tables: string): void {
  try {
    const before = existsSync(page) ? readFileSync(page, "utf8") : "";
    writeFileSync(page, replaceSection(before, name, tables));
  } catch (thrown) {
    throw new TouchlineError("FILE_UNREADABLE", [page, messageOf(thrown)], thrown);
  }
}

interface AlignFlags {
  readonly simulate?: string;
  readonly matches: string;
  readonly seed: string;
  readonly minutes: string;
  readonly detector: string;
  readonly fault: readonly string[];
  readonly into?: string;
  readonly json: boolean;
}

async function scoreSimulated(flags: AlignFlags): Promise<AlignScore> {
  if (flags.simulate === undefined) {
    throw new TouchlineError("USAGE", ["name a recording, or a persona: --simulate venue"]);
  }
  const matches = wholeNumber("--matches", flags.matches, 1, 10_000);
  const seed = wholeNumber("--seed", flags.seed, 0, 2 ** 50);
  const options: SimulatedCaseOptions = {
    persona: oneOf("--simulate", flags.simulate, PERSONA_NAMES),
    detector: detectorOf(flags),
    faults: flags.fault.map((fault) => oneOf("--fault", fault, LOGGER_FAULT_NAMES)),
    minutes: wholeNumber("--minutes", flags.minutes, 1, 180),
  };
  const bar = startProgress("aligning", matches);
  try {
    const profile = profileOf(SPORT);
    const run = (faults: readonly LoggerFault[]) => simulatedCases(seed, matches, { ...options, faults });
    // What a fault costs is told against the same matches without it.
    const hasFaults = options.faults.length > 0;
    const reference = hasFaults ? alignCases(run([]), profile, () => undefined).scored : null;
    const { persona, faults } = options;
    const condition = { persona, detector: flags.detector, faults, reference };
    return scoreAlign(run(faults), profile, (done) => bar.update(done), condition);
  } finally {
    bar.stop();
  }
}

function* simulatedCases(seed: number, matches: number, options: SimulatedCaseOptions): Generator<ScoreCase> {
  for (let index = 0; index < matches; index++) yield simulatedCase(seed + index, options);
}

async function scoreRecorded(dir: string, flags: AlignFlags): Promise<AlignScore> {
  const truth = await readTruth(dir);
  const cuesPath = join(dir, "cues.jsonl");
  const cues = existsSync(cuesPath)
    ? await readCues(cuesPath)
    : degradedCues(truth, detectorOf(flags), wholeNumber("--seed", flags.seed, 0, 2 ** 50));
  const info = existsSync(join(dir, "session.yaml")) ? readSessionFile(dir).session : null;
  const match = await recordedCase(dir, truth, cues, info?.session ?? "session");
  return scoreAlign([match], profileOf(info?.sport ?? SPORT), () => undefined);
}

function detectorOf(flags: AlignFlags): Detector {
  return DETECTORS[oneOf("--detector", flags.detector, DETECTOR_NAMES)];
}

/** Replays into a temporary file unless the records are there already. */
async function withOutput<T>(dir: string, output: string | undefined, use: (path: string) => Promise<T>): Promise<T> {
  if (output !== undefined) return use(output);
  await readTruth(dir); // Without a truth the replay would be for nothing.
  const work = mkdtempSync(join(tmpdir(), "touchline-score-"));
  const bar = startProgress("replaying", 1000);
  try {
    const path = join(work, "output.jsonl");
    await replayRecording(dir, path, { progress: (share) => bar.update(Math.round(share * 1000)) });
    bar.stop();
    return await use(path);
  } finally {
    bar.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

function alignLines(score: Pick<AlignScore, "corrections" | "methods" | "links">): object[] {
  return [
    ...score.methods.map(({ shares, ...row }) => ({ table: "methods", ...row, ...shares })),
    ...score.corrections.map((row) => ({ table: "corrections", ...row })),
    { table: "links", ...score.links },
  ];
}

function sessionLines(score: SessionScore): object[] {
  return [
    ...alignLines(score),
    ...score.cues.map(({ kind, report }) => ({ table: "cues", kind, ...report })),
    { table: "falseWhistles", ...score.falseWhistles },
    ...score.moments.map((row) => ({ table: "moments", ...row })),
  ];
}

function falseWhistleTable(score: SessionScore): TextTable {
  const rows = Object.entries(score.falseWhistles).sort((a, b) => b[1] - a[1]);
  return { title: "False whistles by what sounded there", head: ["sound", "n"], rows };
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}
