import { Command } from "commander";
import { formatRfc3339 } from "../../sync/index.js";
import {
  DEFAULT_OPTIONS,
  DEFAULT_RACE,
  LOGGER_FAULTS,
  PERSONA_NAMES,
  parseSimulateOptions,
  SAMPLE_RATES,
  type SimulatedSession,
  type SimulateText,
  simulateSession,
} from "../simulate/index.js";
import { simulateRace } from "./simulate-race.js";
import { renderTable, startProgress } from "./terminal.js";

const EXAMPLES = `
Examples:
  touchline simulate --seed 7 --out out/s                            a 90-minute match, about 200 MB
  touchline simulate --seed 7 --out out/s --minutes 10 --persona tv  ten minutes, logged from a television picture
  touchline simulate --seed 7 --out out/s --force --loggers 2        again, with two loggers
  touchline simulate --seed 7 --out out/r --sport motorsport         a race of twenty cars with the fuel they burned
  touchline score session out/s                                      how well it is corrected

Faults of loggers (--fault, may be repeated):
${Object.entries(LOGGER_FAULTS)
  .map(([name, text]) => `  ${name.padEnd(10)} ${text}`)
  .join("\n")}`;

interface SimulateFlags extends SimulateText {
  readonly out: string;
  readonly force: boolean;
  readonly cars: string;
  readonly hz: string;
  readonly json: boolean;
}

/** `touchline simulate`: a session with its truth. */
export function simulateCommand(): Command {
  return new Command("simulate")
    .description("Write a simulated session with its truth: sound, logged events, what really happened.")
    .requiredOption("--seed <n>", "whole number; the same seed gives the same bytes")
    .requiredOption("--out <dir>", "folder for the recording; must be empty")
    .option("--minutes <n>", "playing time without added time", DEFAULT_OPTIONS.minutes)
    .option("--break <minutes>", "half-time break", DEFAULT_OPTIONS.break)
    .option(
      "--sport <sport>",
      "football, or motorsport: telemetry, race control and the fuel that was burned",
      DEFAULT_OPTIONS.sport,
    )
    .option("--cars <n>", "cars of a race", String(DEFAULT_RACE.cars))
    .option("--hz <n>", "samples a second of each car", String(DEFAULT_RACE.hz))
    .option("--rate <hz>", `sample rate: ${SAMPLE_RATES.join(", ")}`, DEFAULT_OPTIONS.rate)
    .option("--persona <name>", `how the human errs: ${PERSONA_NAMES.join(", ")}`, DEFAULT_OPTIONS.persona)
    .option("--snr <db>", "mean level of the whistles over the crowd, dB broadband", DEFAULT_OPTIONS.snr)
    .option("--loggers <n>", "humans who log the same match", DEFAULT_OPTIONS.loggers)
    .option("--start <time>", "time of the first sample, RFC 3339", DEFAULT_OPTIONS.start)
    .option("--fault <name>", "a fault on top of the persona's (see below)", collect, [] as string[])
    .option("--force", "replace an earlier simulation in the folder", false)
    .option("--json", "one line of JSON on stdout", false)
    .addHelpText("after", EXAMPLES)
    .action(async (flags: SimulateFlags) => {
      if (flags.sport === "motorsport") return await simulateRace(flags);
      const options = parseSimulateOptions(flags);
      const progress = startProgress("simulate", 100);
      try {
        const target = { dir: flags.out, replace: flags.force };
        const session = await simulateSession(options, target, (done) => progress.update(Math.floor(done * 100)));
        progress.stop();
        process.stdout.write(flags.json ? `${JSON.stringify(summarise(session))}\n` : describe(session));
      } finally {
        progress.stop();
      }
    });
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

function summarise(session: SimulatedSession) {
  const { match } = session;
  const messages = session.logged.flatMap((one) => one.messages);
  return {
    dir: session.dir,
    session: session.session,
    start: formatRfc3339(match.start),
    durationSec: match.durationSec,
    plays: match.plays.length,
    messages: messages.length,
    deletes: messages.filter((message) => message.op === "delete").length,
    records: session.logged.reduce((sum, one) => sum + one.records.length, 0),
    whistles: match.cues.filter((cue) => cue.kind === "whistle").length,
    unloggedWhistles: match.cues.filter((cue) => cue.kind === "whistle" && cue.play === null && cue.count === 1).length,
    roars: match.cues.filter((cue) => cue.kind === "roar").length,
    distractors: session.distractors.length,
    audio: session.audio,
  };
}

function describe(session: SimulatedSession): string {
  const summary = summarise(session);
  const rows: [string, string | number][] = [
    ["session", summary.session],
    ["start", summary.start],
    ["length", `${Math.floor(summary.durationSec / 60)} min ${Math.round(summary.durationSec % 60)} s`],
    ["plays", summary.plays],
    ["log messages", `${summary.messages} (${summary.deletes} deletes)`],
    ["referee's blasts", `${summary.whistles} (${summary.unloggedWhistles} belong to no record)`],
    ["roars", summary.roars],
    ["confusing sounds", summary.distractors],
    ...summary.audio.map(({ channel, path }): [string, string] => [`sound, ${channel}`, path]),
  ];
  return `${renderTable(["simulated", ""], rows)}\nNext: touchline score session ${session.dir}\n`;
}
