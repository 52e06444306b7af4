import { basename, extname } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { createListener } from "../../dsp/index.js";
import { TouchlineError } from "../errors.js";
import {
  createClipWriter,
  hearSource,
  isStreamUrl,
  openAudioFile,
  openPcm,
  openStdinSource,
  PCM_FORMATS,
  type PcmFormat,
  type PcmLayout,
  type SampleSource,
} from "../inputs/index.js";
import { type CueLine, CueLines } from "./cue-lines.js";
import { isTerminalPlot, SoundPlot } from "./plot/sound-plot.js";
import { cutSource, type Part, parseTime, partOf } from "./source-part.js";
import { renderTable, startProgress } from "./terminal.js";

interface ListenOptions {
  readonly channel?: number;
  readonly json?: boolean;
  readonly clips?: string;
  readonly format?: PcmFormat;
  readonly rate: number;
  readonly channels: number;
  readonly kinds?: readonly string[];
  readonly plot?: string;
  readonly from?: number;
  readonly to?: number;
}

const KINDS = ["whistle", "roar", "beep", "horn"];

const EXAMPLES = `
Examples:
  touchline listen match.wav
  touchline listen match.wav --channel 0 --json | head
  touchline listen match.mp3 --kinds whistle --clips clips/
  touchline listen match.wav --plot cues.png
  touchline listen match.wav --from 12:30 --to 13:10 --plot terminal
  touchline listen rtsp://10.0.0.5/ambience --json
  arecord -f S16_LE -r 48000 -t raw | touchline listen - --format s16le --rate 48000

Lines of --json, in the order in which the cues were first told, seconds from the start of the file:
  {"kind","onsetSec","endSec","sdSec","score","channel","count","reportedSec"}   and "file" where several are heard`;

export function listenCommand(): Command {
  return new Command("listen")
    .description("Tells the cues (whistles, roars, beeps, horns) in a file, a stream or standard input.")
    .argument("<files...>", "WAV files; anything else and URLs need ffmpeg; - is standard input")
    .option("--channel <n>", "hear only this channel, from 0", wholeNumber(0))
    .option("--kinds <list>", `only these kinds: ${KINDS.join(",")}`, kindList)
    .option("--clips <folder>", "write each cue to a WAV file, from 1 s before it to 1 s after it")
    .option("--plot <file>", "draw spectrogram, cues and level: a PNG, or - for the terminal")
    .option("--from <time>", "only from here, seconds or m:ss", parseTime)
    .option("--to <time>", "only up to here", parseTime)
    .addOption(new Option("--format <format>", "of raw PCM without a header").choices(PCM_FORMATS))
    .option("--rate <hz>", "of raw PCM", wholeNumber(8000), 48_000)
    .option("--channels <n>", "of raw PCM", wholeNumber(1), 1)
    .option("--json", "one line of JSON per cue")
    .addHelpText("after", EXAMPLES)
    .action((files: string[], options: ListenOptions) => listenToAll(files, options));
}

/** A file that fails does not keep the others from being heard; its error decides how the command ends. */
async function listenToAll(files: readonly string[], options: ListenOptions): Promise<void> {
  checkOptions(files, options);
  const failures: TouchlineError[] = [];
  for (const file of files) {
    try {
      await listenTo(file, options, files.length > 1);
    } catch (error) {
      if (!(error instanceof TouchlineError)) throw error;
      failures.push(error);
    }
  }
  const last = failures.pop();
  for (const failure of failures) process.stderr.write(`Error: ${failure.message}\n`);
  if (last !== undefined) throw last;
}

/** @throws TouchlineError USAGE */
function checkOptions(files: readonly string[], { plot, json, from, to }: ListenOptions): void {
  partOf(from, to);
  if (plot === undefined) return;
  if (files.length > 1 && !isTerminalPlot(plot)) {
    throw new TouchlineError("USAGE", ["a PNG shows one file: name one, or use --plot terminal"]);
  }
  if (json === true && isTerminalPlot(plot)) {
    throw new TouchlineError("USAGE", ["--json and --plot terminal both want standard output: draw into a file"]);
  }
}

async function listenTo(file: string, options: ListenOptions, isOneOfMany: boolean): Promise<void> {
  const stop = new AbortController();
  const part = partOf(options.from, options.to);
  const whole = await open(file, options, stop.signal);
  // Ctrl-C ends the hearing, not the telling; the second one ends the process.
  const onInterrupt = (): void => stop.abort();
  process.once("SIGINT", onInterrupt);
  let plot: SoundPlot | null = null;
  try {
    const source = await cutSource(whole, part);
    plot = await openPlot(source, file, options, part);
    await listenToSource(source, file, options, part, plot, isOneOfMany, stop.signal);
  } finally {
    process.off("SIGINT", onInterrupt);
    for (const { code, message } of whole.warnings) process.stderr.write(`Warning: ${file}: ${message} (${code})\n`);
    await plot?.close();
    await whole.close();
  }
}

async function listenToSource(
  source: SampleSource,
  file: string,
  options: ListenOptions,
  part: Part,
  plot: SoundPlot | null,
  isOneOfMany: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { sampleRate, channels } = source.format;
  const lines = new CueLines(sampleRate, options.kinds ?? null);
  const clips =
    options.clips === undefined
      ? null
      : createClipWriter({ folder: options.clips, stem: stemOf(file), sampleRate, channels });
  const progress = startSpeedometer(source);
  const shown: CueLine[] = [];
  // A table has to wait for its last line; who listens to what has no end does not want to.
  const isTable = options.json !== true && source.expectedFrames !== null;
  const show = async (told: readonly CueLine[]): Promise<void> => {
    const ready = told.filter(({ onsetSec }) => isWithin(onsetSec, part));
    plot?.told(ready);
    if (isTable) shown.push(...ready);
    else if (options.json === true) {
      for (const line of ready) await writeOut(JSON.stringify(isOneOfMany ? { file, ...line } : line));
    } else for (const line of ready) await writeOut(sentenceOf(line));
  };
  try {
    await hearSource(source, {
      channel: options.channel ?? null,
      createListener,
      onCue: (cue, channel) => {
        lines.add(cue, channel);
        if (lines.wants(cue) && isWithin(cue.onset / sampleRate, part)) clips?.told(cue, channel);
      },
      onHeard: (_heardUpTo, block, channel) => {
        clips?.heard(block, channel);
        if (block !== null) plot?.heard(block, channel);
      },
      afterBlock: async (heardUpTo) => {
        progress.update(heardUpTo);
        await show(lines.takeReady());
      },
      signal,
    });
    await show(lines.takeAll());
  } finally {
    progress.stop();
  }
  const drawing = (await plot?.draw()) ?? null;
  if (drawing !== null) await writeOut(drawing);
  if (isTable) await writeOut(renderCues(shown, isOneOfMany ? file : null));
}

function isWithin(onsetSec: number, { fromSec, toSec }: Part): boolean {
  return onsetSec >= fromSec && onsetSec < toSec;
}

async function openPlot(
  source: SampleSource,
  file: string,
  options: ListenOptions,
  part: Part,
): Promise<SoundPlot | null> {
  const { plot: target } = options;
  if (target === undefined) return null;
  const { sampleRate, channels } = source.format;
  const channel = options.channel ?? 0;
  const which = channels > 1 ? `, channel ${channel} of ${channels}` : "";
  const title = `${file === "-" ? "standard input" : basename(source.label)}  ${sampleRate / 1000} kHz${which}`;
  return SoundPlot.open({ target, title, sampleRate, channel, ...part });
}

function open(file: string, { format, rate, channels }: ListenOptions, signal: AbortSignal): Promise<SampleSource> {
  const layout: PcmLayout | null = format === undefined ? null : { format, sampleRate: rate, channels };
  if (file === "-") return openStdinSource(layout);
  if (layout !== null && !isStreamUrl(file)) return openPcm({ fifo: file }, layout);
  return openAudioFile(file, signal);
}

/** A bar with the speed, where the length is known. */
function startSpeedometer(source: SampleSource): { update(heardUpTo: number): void; stop(): void } {
  const { sampleRate } = source.format;
  const total = source.expectedFrames;
  if (total === null || total === 0) return { update: () => undefined, stop: () => undefined };
  const progress = startProgress(basename(source.label), total);
  const began = performance.now();
  return {
    update: (heardUpTo) => {
      const speed = heardUpTo / sampleRate / ((performance.now() - began) / 1000);
      progress.update(heardUpTo, `${Math.round(speed)} x real time`);
    },
    stop: () => progress.stop(),
  };
}

function renderCues(lines: readonly CueLine[], title: string | null): string {
  const rows = lines.map((line) => [
    clockOf(line.onsetSec),
    line.kind,
    line.endSec === null ? "" : (line.endSec - line.onsetSec).toFixed(2),
    `${Math.round(line.sdSec * 1000)}`,
    line.score.toFixed(2),
    line.count,
    line.channel,
  ]);
  const head = ["onset", "kind", "length s", "± ms", "score", "count", "channel"];
  const align = ["right", "left", "right", "right", "right", "right", "right"] as const;
  const table = lines.length === 0 ? "no cues heard" : renderTable(head, rows, align);
  return title === null ? table : `${title}\n${table}`;
}

function sentenceOf({ onsetSec, endSec, kind, sdSec, score, channel, count }: CueLine): string {
  const length = endSec === null ? "" : `${(endSec - onsetSec).toFixed(2)} s`;
  const sd = `± ${Math.round(sdSec * 1000)} ms`;
  const fields = [clockOf(onsetSec).padStart(11), kind.padEnd(8), length.padStart(8), sd.padStart(9)];
  return `${fields.join("  ")}  score ${score.toFixed(2)}  channel ${channel}  count ${count}`;
}

function clockOf(sec: number): string {
  const minutes = Math.floor(sec / 60);
  return `${minutes}:${(sec - minutes * 60).toFixed(3).padStart(6, "0")}`;
}

/** Waits for a slow reader, so that lines are never gathered in memory. */
async function writeOut(text: string): Promise<void> {
  if (process.stdout.write(`${text}\n`)) return;
  await new Promise<void>((resolve) => {
    process.stdout.once("drain", resolve);
    process.stdout.once("close", resolve);
  });
}

function stemOf(file: string): string {
  if (file === "-") return "stdin";
  return basename(file, extname(file)).replace(/[^\p{L}\p{N}._-]/gu, "_") || "stream";
}

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least}.`);
  };
}

function kindList(text: string): string[] {
  const kinds = text.split(",").map((kind) => kind.trim());
  const unknown = kinds.find((kind) => !KINDS.includes(kind));
  if (unknown === undefined) return kinds;
  throw new InvalidArgumentError(`"${unknown}" is none of ${KINDS.join(", ")}.`);
}
