import { join } from "node:path";
import { Command } from "commander";
import { formatRfc3339 } from "../../sync/index.js";
import { replayRecording } from "../replay.js";
import { startProgress } from "./terminal.js";

interface Options {
  readonly output?: string;
  readonly json?: boolean;
}

const STEPS = 1000;

export function replayCommand(): Command {
  return new Command("replay")
    .description("Put a recorded or simulated session through the pipeline of `run`, deterministic to the byte.")
    .argument("<dir>", "the recording: session.yaml, audio/, log.jsonl")
    .option("-o, --output <file>", "where the records go (default: DIR/output.jsonl)")
    .option("--json", "one line of JSON with the figures")
    .addHelpText(
      "after",
      `
Examples:
  touchline replay out/s
  touchline replay out/s --output /tmp/again.jsonl && cmp out/s/output.jsonl /tmp/again.jsonl`,
    )
    .action(async (folder: string, options: Options) => {
      const output = options.output ?? join(folder, "output.jsonl");
      const startedAt = performance.now();
      const bar = startProgress("replaying", STEPS);
      const result = await replayRecording(folder, output, {
        progress: (share, at) => bar.update(Math.round(share * STEPS), formatRfc3339(at).slice(11, 19)),
        skipped: ({ file, line, reason }) => process.stderr.write(`${file}:${line}: left out: ${reason}\n`),
      }).finally(() => bar.stop());
      const tookSec = (performance.now() - startedAt) / 1000;
      const figures = {
        session: result.info.session.session,
        records: result.records,
        skippedLines: result.skipped.length,
        audioSec: result.audioSec,
        tookSec,
        output,
      };
      process.stdout.write(options.json ? `${JSON.stringify(figures)}\n` : describe(figures));
    });
}

function describe(figures: { records: number; audioSec: number; tookSec: number; output: string }): string {
  const speed = figures.audioSec > 0 ? `, ${(figures.audioSec / figures.tookSec).toFixed(0)} x real time` : "";
  return `${figures.records} records in ${figures.tookSec.toFixed(1)} s${speed}: ${figures.output}\n`;
}
