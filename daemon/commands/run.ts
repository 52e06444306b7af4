import { Command } from "commander";
import { formatProblem, loadVenueConfig, type VenueConfig } from "../../config/index.js";
import { messageOf, TouchlineError } from "../errors.js";
import type { Daemon } from "../run.js";

interface Options {
  readonly config: string;
  readonly record?: string;
}

const SECOND_SIGNAL_EXIT = 1;

export function runCommand(): Command {
  return new Command("run")
    .description("The daemon: hears, corrects, keeps and forwards until it is told to stop.")
    .requiredOption("-c, --config <file>", "the venue's configuration")
    .option("--record <dir>", "write a recording of the first session that `replay` and `score` can read")
    .addHelpText(
      "after",
      `
Signals: SIGTERM and SIGINT stop it in order (inputs, commit, close); a second one ends it at once. Nothing accepted is lost by either.

Examples:
  touchline run -c venue.yaml
  touchline run -c venue.yaml --record recordings/cup-final`,
    )
    .action(async (options: Options) => {
      const config = readConfig(options.config);
      // Loaded when it is wanted: the daemon's servers and clients would slow down every other command's start.
      const { startDaemon } = await import("../run.js");
      const daemon = await startDaemon({ config, recordTo: options.record ?? null, env: process.env });
      const reason = await Promise.race([daemon.failed.then((error) => ({ error })), signalled()]);
      process.once("SIGTERM", endNow).once("SIGINT", endNow);
      await stop(daemon);
      if (reason !== null) {
        if (reason.error instanceof TouchlineError) throw reason.error;
        throw new TouchlineError("DB_FAILED", [messageOf(reason.error)], reason.error);
      }
    });
}

function readConfig(path: string): VenueConfig {
  const result = loadVenueConfig(path, process.env);
  if (!result.ok) throw new TouchlineError("CFG_INVALID", [result.problems.map(formatProblem).join("\n")]);
  for (const warning of result.warnings) process.stderr.write(`Warning: ${formatProblem(warning)}\n`);
  return result.config;
}

function signalled(): Promise<null> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve(null));
    process.once("SIGINT", () => resolve(null));
  });
}

function endNow(): never {
  process.exit(SECOND_SIGNAL_EXIT);
}

async function stop(daemon: Daemon): Promise<void> {
  const unsent = await daemon.stop();
  const waiting = [...unsent].filter(([, records]) => records > 0);
  const text = waiting.map(([output, records]) => `${output}: ${records}`).join(", ");
  process.stderr.write(waiting.length === 0 ? "Stopped; everything was sent.\n" : `Stopped; unsent, kept: ${text}\n`);
}
