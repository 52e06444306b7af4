#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { alignCommand } from "./commands/align.js";
import { checkConfigCommand } from "./commands/check-config.js";
import { completionCommand } from "./commands/completion.js";
import { demoCommand } from "./commands/demo.js";
import { fuelCommand } from "./commands/fuel.js";
import { hubCommand } from "./commands/hub.js";
import { listenCommand } from "./commands/listen.js";
import { outboxCommand } from "./commands/outbox.js";
import { replayCommand } from "./commands/replay.js";
import { runCommand } from "./commands/run.js";
import { scoreCommand } from "./commands/score.js";
import { simulateCommand } from "./commands/simulate.js";
import { statusCommand } from "./commands/status.js";
import { timecodeCommand } from "./commands/timecode.js";
import { versionCommand } from "./commands/version.js";
import { messageOf, TouchlineError } from "./errors.js";
import { packageVersion } from "./package-files.js";

const EXIT_USAGE = 64;

const program = new Command("touchline")
  .description("Hears the whistle and the crowd at a venue and puts the true time on logged events.")
  .version(packageVersion())
  .showHelpAfterError("See: touchline --help")
  .addHelpText("after", "\nExit codes: 0 ok, 1 failed, 64 usage, 69 unavailable, 78 configuration.");

for (const make of [
  demoCommand,
  runCommand,
  listenCommand,
  alignCommand,
  fuelCommand,
  replayCommand,
  simulateCommand,
  scoreCommand,
  checkConfigCommand,
  statusCommand,
  outboxCommand,
  hubCommand,
  timecodeCommand,
  completionCommand,
  versionCommand,
]) {
  program.addCommand(make());
}

// A reader that went away (`| head`) is not a failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

throwInsteadOfExit(program);
try {
  await program.parseAsync();
} catch (thrown) {
  process.exitCode = explain(thrown);
}

/** Commander would leave with status 1 on wrong usage; the contract says 64. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwInsteadOfExit(child);
}

function explain(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : EXIT_USAGE;
  if (thrown instanceof TouchlineError) {
    process.stderr.write(`Error: ${thrown.message}\nTry: ${thrown.hint}\n`);
    return thrown.exitCode;
  }
  process.stderr.write(
    `Error: unexpected: ${messageOf(thrown)}\n${thrown instanceof Error ? (thrown.stack ?? "") : ""}\nTry: report this with the lines above\n`,
  );
  return 1;
}
