import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Command } from "commander";
import { TouchlineError } from "../errors.js";
import { readSessionFile } from "../recording/session-file.js";
import { replayRecording } from "../replay.js";
import {
  type AlignScore,
  correctionTable,
  cueTable,
  degradedCues,
  hearFile,
  type ListenScore,
  linkTable,
  listenTable,
  methodTable,
  readCues,
  readLabels,
  readTruth,
  recordedCase,
  revisionTable,
  type ScoreCase,
  type SessionScore,
  type SimulatedCaseOptions,
  scoreAlign,
  scoreListen,
  scoreSession,
  simulatedCase,
  type TextTable,
  writeMixes,
} from "../score/index.js";
import { DETECTORS, type Detector, LOGGER_FAULT_NAMES, oneOf, PERSONA_NAMES, wholeNumber } from "../simulate/index.js";
import { profileOf } from "../sport-profiles.js";
import { renderTable, startProgress } from "./terminal.js";

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
    .addCommand(listenScoreCommand());
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
      print(flags.json, sessionLines(score), [
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
    .option("--json", "lines of JSON on stdout", false)
    .addHelpText(
      "after",
      `
Examples:
  touchline score align --simulate venue --matches 42 --seed 1
  touchline score align --simulate dirty --matches 20 --detector 90/85 --fault step5 --json
  touchline score align out/s`,
    )
    .action(async (dir: string | undefined, flags: AlignFlags) => {
      const score = await (dir === undefined ? scoreSimulated(flags) : scoreRecorded(dir, flags));
      print(flags.json, alignLines(score), [
        methodTable(score.methods),
        correctionTable(score.corrections),
        revisionTable(score.corrections),
        linkTable(score.links),
      ]);
    });
}

function listenScoreCommand(): Command {
  return new Command("listen")
    .description("Whistles heard in labelled recordings.")
    .argument("<dir>", "folder with labels.json and the WAV files it names")
    .option("--mix <dB,dB,...>", "also mix the single blasts over the crowds at these levels, dB broadband")
    .option("--files", "a line for each file too", false)
    .option("--json", "lines of JSON on stdout", false)
    .addHelpText(
      "after",
      `
Examples:
  touchline score listen recordings/whistle
  touchline score listen recordings/whistle --mix -5,0,5,10
  touchline score listen recordings/whistle --files --json`,
    )
    .action(async (dir: string, flags: { mix?: string; files: boolean; json: boolean }) => {
      const score = await listenTo(dir, parseLevels(flags.mix));
      const files = flags.files ? score.files : [];
      print(
        flags.json,
        [
          ...files.map(({ file, group, report }) => ({ table: "files", file, group, ...report })),
          ...score.groups.map(({ group, files: count, report }) => ({
            table: "groups",
            group,
            files: count,
            ...report,
          })),
        ],
        [
          ...(flags.files
            ? [
                cueTable(
                  "Each file",
                  "file",
                  files.map(({ file, report }) => ({ name: file, report })),
                ),
              ]
            : []),
          listenTable(score),
        ],
      );
    });
}

async function listenTo(dir: string, levelsDb: readonly number[]): Promise<ListenScore> {
  const labels = (await readLabels(dir)).map((label) => ({ ...label, file: join(dir, label.file) }));
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

function parseLevels(text: string | undefined): number[] {
  if (text === undefined) return [];
  return text.split(",").map((level) => wholeNumber("--mix", level, -30, 40));
}

interface AlignFlags {
  readonly simulate?: string;
  readonly matches: string;
  readonly seed: string;
  readonly minutes: string;
  readonly detector: string;
  readonly fault: readonly string[];
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
    return scoreAlign(simulatedCases(seed, matches, options), profileOf(SPORT), (done) => bar.update(done));
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
  ];
}

function falseWhistleTable(score: SessionScore): TextTable {
  const rows = Object.entries(score.falseWhistles).sort((a, b) => b[1] - a[1]);
  return { title: "False whistles by what sounded there", head: ["sound", "n"], rows };
}

function print(isJson: boolean, lines: readonly object[], tables: readonly TextTable[]): void {
  if (isJson) {
    for (const line of lines) process.stdout.write(`${JSON.stringify(line)}\n`);
    return;
  }
  for (const { title, head, rows } of tables) {
    if (rows.length > 0) process.stdout.write(`\n${title}\n${renderTable(head, rows)}\n`);
  }
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}
