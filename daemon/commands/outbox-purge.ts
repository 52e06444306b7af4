import type { Command } from "commander";
import { TouchlineError } from "../errors.js";
import { checkOutput, inspecting, type PlaceOptions, storePath } from "./outbox-place.js";
import { renderTable } from "./terminal.js";

interface Options extends PlaceOptions {
  readonly waiting?: string;
  readonly delivered?: boolean;
  readonly deadLetters?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const HELP = `
The daemon forgets by itself what every output has acknowledged; this is for what a person gives up. It must be stopped meanwhile, and this
command holds its lock. Without --yes nothing is done: it says what would be.
  --waiting cloud    the output never gets what waits for it; when it sends again it meets the gap and tells it with a gap record
  --delivered        what all outputs have acknowledged goes at once, the day that is kept for clients that resume included
  --dead-letters     what could never be sent, and was put aside for a person to look at (touchline outbox export first)
With --json, one line: {"path","done","deliveries","records","deadLetters"}.

Examples:
  touchline outbox purge -c venue.yaml --waiting partner
  systemctl stop touchline && touchline outbox purge -c venue.yaml --delivered --yes

Exit codes: 0, 64 usage, 69 the store cannot be opened, or the daemon runs.`;

export function purge(command: Command): void {
  command
    .description("Give up records, while the daemon is stopped.")
    .option("--waiting <output>", "what waits for this output")
    .option("--delivered", "what every output has acknowledged")
    .option("--dead-letters", "what could never be sent")
    .option("--yes", "do it")
    .option("--json", "one line of JSON on stdout")
    .addHelpText("after", HELP)
    .action((options: Options) => run(options));
}

async function run(options: Options): Promise<void> {
  const { waiting, delivered, deadLetters, yes } = options;
  if (waiting === undefined && delivered !== true && deadLetters !== true)
    throw new TouchlineError("USAGE", ["nothing to give up: --waiting OUTPUT, --delivered or --dead-letters"]);
  const planned = await inspecting(options, (inspector) => {
    checkOutput(inspector, waiting);
    const { tracks } = inspector.summary();
    return {
      deliveries: total(tracks.filter(({ output }) => output === waiting).map((track) => track.waiting)),
      deadLetters: deadLetters === true ? total(tracks.map((track) => track.deadLetters)) : 0,
    };
  });
  const path = storePath(options);
  if (yes !== true) {
    tell(options, { path, done: false, records: 0, ...planned });
    return;
  }
  const { purgeStore } = await import("../outbox/index.js");
  const wish = { waitingOf: waiting ?? null, delivered: delivered === true, deadLetters: deadLetters === true };
  tell(options, { path, done: true, ...purgeStore(path, wish) });
}

function tell({ json }: Options, result: Readonly<Record<string, string | number | boolean>>): void {
  const text =
    json === true
      ? JSON.stringify(result)
      : renderTable(
          [result.done === true ? "given up" : "would be given up (--yes does it)", ""],
          Object.entries(result)
            .filter(([name]) => !["path", "done"].includes(name))
            .map(([name, value]) => [name, String(value)]),
          ["left", "right"],
        );
  process.stdout.write(`${text}\n`);
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
