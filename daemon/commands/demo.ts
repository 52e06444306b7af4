import { Command, InvalidArgumentError } from "commander";
import type { DemoOptions, DemoResult } from "../demo/run-demo.js";
import { renderTable, startProgress } from "./terminal.js";

interface Options {
  readonly seed: number;
  readonly minutes: number;
  readonly port: number;
  readonly exit?: boolean;
  readonly json?: boolean;
  readonly all?: boolean;
}

const STEPS = 1000;
/** A screenful: the rest is on the page, and with --all. */
const ROWS_SHOWN = 30;

export function demoCommand(): Command {
  return new Command("demo")
    .description("A whole simulated match, heard and corrected faster than real time, with the page open meanwhile.")
    .option("--seed <n>", "another match for another number", wholeNumber, 7)
    .option("--minutes <n>", "playing time of the match", wholeNumber, 90)
    .option("--port <n>", "port of the page; any free one when it is taken", wholeNumber, 8470)
    .option("--exit", "end when the tables are shown (also without a terminal)")
    .option("--all", "show every event, not the first and the important ones")
    .option("--json", "one line of JSON an event, then the summary")
    .addHelpText(
      "after",
      `
Examples:
  touchline demo
  touchline demo --exit --seed 3 --all`,
    )
    .action(async (options: Options) => {
      const stays = options.exit !== true && options.json !== true && process.stdout.isTTY === true;
      const { runDemo } = await import("../demo/run-demo.js");
      const demo = await runDemo(toDemoOptions(options));
      process.stdout.write(options.json ? jsonLines(demo) : describe(demo, options.all === true));
      if (stays) await untilInterrupted(demo.url);
      await demo.stop();
    });
}

function toDemoOptions(options: Options): DemoOptions {
  let bar = startProgress("", STEPS);
  let stage = "";
  return {
    seed: options.seed,
    minutes: options.minutes,
    port: options.port,
    onPage: (url) => process.stderr.write(`The page is open at ${url}\n`),
    onProgress: (name, share, note) => {
      if (name !== stage) {
        bar.stop();
        bar = startProgress(name, STEPS);
        stage = name;
      }
      bar.update(Math.round(share * STEPS), note);
      if (share >= 1) bar.stop();
    },
  };
}

function describe(demo: DemoResult, isAll: boolean): string {
  const { events, summary } = demo.tables;
  const rows = isAll ? events.rows : events.rows.slice(0, ROWS_SHOWN);
  const left = events.rows.length - rows.length;
  const speed = `${(demo.audioSec / 60).toFixed(0)} minutes of sound heard in ${demo.heardInSec.toFixed(1)} s`;
  return [
    `${renderTable(events.head, rows, events.align)}\n`,
    left > 0 ? `... and ${left} more (--all shows them).\n` : "",
    `\n${renderTable(summary.head, summary.rows, summary.align)}\n`,
    `\n${speed} (${(demo.audioSec / demo.heardInSec).toFixed(0)} x real time). Simulated match, seed ${demo.seed}.\n`,
  ].join("");
}

function jsonLines(demo: DemoResult): string {
  const lines = demo.events.map((event) => JSON.stringify({ kind: "event", ...event }));
  const { head, rows } = demo.tables.summary;
  const { audioSec, heardInSec, seed } = demo;
  return `${[...lines, JSON.stringify({ kind: "summary", seed, audioSec, heardInSec, head, rows })].join("\n")}\n`;
}

function untilInterrupted(url: string): Promise<void> {
  process.stderr.write(`The page stays open at ${url} until Ctrl-C.\n`);
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError("not a whole number");
  return value;
}
