import { Command } from "commander";
import { listSports, loadSportProfile } from "../../config/index.js";
import { type AlignerStatus, addSeconds, formatRfc3339, type SportProfile, type UnixMicros } from "../../sync/index.js";
import { TouchlineError } from "../errors.js";
import { PROVIDER_FORMATS } from "../inputs/providers/index.js";
import { eventData } from "../records/event-record.js";
import {
  type EventFile,
  kickOffFrom,
  OWN_FORMAT,
  readCues,
  readEvents,
  tellComplaints,
  timeText,
} from "./align-files.js";
import { type AlignTask, alignBatch, alignLive, type Told } from "./align-run.js";
import { renderTable } from "./terminal.js";

const EXAMPLES = `
Examples:
  touchline align --events log.jsonl --cues cues.jsonl               a table of logged and corrected times
  touchline align --events log.jsonl --cues cues.jsonl --json        one line of JSON per event, all evidence used
  touchline align --events log.jsonl --cues cues.jsonl --live --json one line per revision, as it would have been told live
  touchline align --events events_15986.json --cues cues.jsonl --kick-off 2026-05-16T18:31:04Z

Formats: ${[OWN_FORMAT, ...PROVIDER_FORMATS.map(({ name }) => name)].join(", ")}.
Formats that count from each period's start have no date: they are put on --kick-off, else on the first cue.`;

interface AlignFlags {
  readonly events: string;
  readonly cues?: string;
  readonly sport: string;
  readonly format: string;
  readonly kickOff?: string;
  readonly scan: string;
  readonly live: boolean;
  readonly json: boolean;
}

/** `touchline align`: logged events and heard cues in, corrected events out. */
export function alignCommand(): Command {
  return new Command("align")
    .description("Put the true time on logged events with the cues that were heard.")
    .requiredOption("--events <file>", "logged events, one JSON object a line, or a provider's file; - for stdin")
    .option("--cues <file>", "cues heard, one JSON object a line; without them nothing can be corrected")
    .option("--sport <sport>", "the sport's profile", "football")
    .option("--format <format>", "form of the events file; auto guesses it", "auto")
    .option("--kick-off <time>", "where clocks without a date are put, RFC 3339")
    .option("--scan <seconds>", "how far the logger's clock may be off", "300")
    .option("--live", "every revision, decided only on what was there by then", false)
    .option("--json", "one line of JSON per event or revision on stdout", false)
    .addHelpText("after", EXAMPLES)
    .action((flags: AlignFlags) => align(flags));
}

function align(flags: AlignFlags): void {
  const cueFile = flags.cues === undefined ? { cues: [], broken: [] } : readCues(flags.cues);
  const kickOff = kickOffFrom(flags.kickOff, cueFile.cues);
  const eventFile = readEvents(flags.events, flags.format, kickOff);
  tellComplaints([...cueFile.broken, ...eventFile.broken]);
  if (eventFile.events.length === 0 && eventFile.broken.length > 0) {
    throw new TouchlineError("LOG_NO_EVENTS", [flags.events]);
  }
  const task: AlignTask = {
    events: eventFile.events,
    cues: cueFile.cues,
    profile: profileOf(flags.sport),
    scanRangeSec: scanRangeOf(flags.scan),
  };
  if (flags.live) tellLive(task, flags.json);
  else tellBatch(task, flags.json, eventFile);
}

function profileOf(sport: string): SportProfile {
  const known = listSports();
  if (!known.includes(sport)) throw new TouchlineError("USAGE", [`--sport ${sport}: known are ${known.join(", ")}`]);
  return loadSportProfile(sport);
}

function scanRangeOf(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= 43_200) return seconds;
  throw new TouchlineError("USAGE", [`--scan ${text}: must be more than 0 and at most 43200 seconds`]);
}

function tellLive(task: AlignTask, isJson: boolean): void {
  const rows: string[][] = [];
  const status = alignLive(task, ({ revision, recordedAt }) => {
    if (isJson) {
      const line = { ...eventData(revision), recordedtime: formatRfc3339(recordedAt) };
      process.stdout.write(`${JSON.stringify(line)}\n`);
    } else rows.push([timeText(recordedAt), String(revision.revision), ...rowOf({ revision, recordedAt })]);
  });
  if (isJson) return;
  process.stdout.write(`${renderTable(["told at", "rev", ...HEAD], rows, ["left", "right", ...ALIGN])}\n`);
  process.stdout.write(`${rows.length} revisions of ${task.events.length} records\n${describeLoggers(status)}`);
}

function tellBatch(task: AlignTask, isJson: boolean, file: EventFile): void {
  const { told, status } = alignBatch(task);
  if (isJson) {
    for (const { revision } of told) process.stdout.write(`${JSON.stringify(eventData(revision))}\n`);
    return;
  }
  process.stdout.write(
    `${renderTable(HEAD, told.map(rowOf), ALIGN)}\n${summarise(told, file)}${describeLoggers(status)}`,
  );
}

const HEAD = ["event", "class", "logged", "corrected", "shift s", "95 % interval s", "from", "P(±1 s)", "notes"];
const ALIGN = ["left", "left", "left", "left", "right", "right", "left", "right", "left"] as const;

function rowOf({ revision }: Told): string[] {
  const { time, intervals } = revision.corrected;
  const interval = intervals[0];
  const bound = (at: UnixMicros | undefined) => (at === undefined ? "" : signed((at - time) / 1e6));
  return [
    shorten(revision.eventId),
    revision.class,
    timeText(addSeconds(time, -revision.shiftSec)),
    revision.state === "retracted" ? "retracted" : timeText(time),
    signed(revision.shiftSec),
    `${bound(interval?.lo)} … ${bound(interval?.hi)}`,
    revision.anchor,
    revision.confidence.toFixed(2),
    revision.flags.join(" "),
  ];
}

function signed(seconds: number): string {
  return `${seconds >= 0 ? "+" : ""}${seconds.toFixed(2)}`;
}

const LONGEST_ID = 28;

function shorten(id: string): string {
  return id.length <= LONGEST_ID ? id : `${id.slice(0, LONGEST_ID - 1)}…`;
}

function summarise(told: readonly Told[], file: EventFile): string {
  const anchors = new Map<string, number>();
  for (const { revision } of told) {
    const key = revision.state === "retracted" ? "retracted" : revision.anchor;
    anchors.set(key, (anchors.get(key) ?? 0) + 1);
  }
  const parts = [...anchors].map(([anchor, count]) => `${count} ${anchor}`).join(", ");
  const base = file.isNominal ? " Its clock has no date: logged times stand on a nominal kick-off." : "";
  return `${told.length} events (${file.format}): ${parts || "none"}.${base}\n`;
}

function describeLoggers(status: readonly AlignerStatus[]): string {
  return status
    .flatMap(({ loggers }) => loggers)
    .map((one) =>
      one.locked
        ? `logger ${one.logger}: ${signed(one.offsetSec)} s against UTC, drift ${one.driftPpm.toFixed(0)} ppm, ${one.persona}, ${one.anchors} anchors\n`
        : `logger ${one.logger}: no lock, its times go out as logged\n`,
    )
    .join("");
}
