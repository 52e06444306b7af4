import { once } from "node:events";
import { createWriteStream } from "node:fs";
import type { Command } from "commander";
import { parseRfc3339 } from "../../sync/index.js";
import { messageOf, TouchlineError } from "../errors.js";
import type { InspectedRecord, StoreInspector } from "../outbox/index.js";
import type { CloudEvent } from "../records/index.js";
import { checkOutput, inspecting, type PlaceOptions } from "./outbox-place.js";
import { startProgress } from "./terminal.js";

interface Options extends PlaceOptions {
  readonly output?: string;
  readonly waiting?: boolean;
  readonly kind?: readonly string[];
  readonly session?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly out?: string;
}

interface Filter {
  readonly types: ReadonlySet<string> | null;
  readonly sessions: ReadonlySet<string> | null;
  readonly from: number;
  readonly to: number;
}

const HELP = `
One CloudEvent a line, in the order in which they were made; with --output in the order of its lanes, with the sequences it was given.
Without --output there is no sequence: it belongs to an output. A record whose checksum is wrong is left out and counted on stderr.

Examples:
  touchline outbox export -c venue.yaml --kind event --session cup-final > events.jsonl
  touchline outbox export --store touchline.db.damaged-20261120T101500Z --out saved.jsonl
  touchline outbox export -c venue.yaml --output partner --waiting

Works while the daemon runs, in constant memory. Exit codes: 0, 1 some were damaged, 64 usage, 69 the store cannot be opened.`;

export function exportRecords(command: Command): void {
  command
    .description("Write records as JSON lines.")
    .option("--output <name>", "what this output was given")
    .option("--waiting", "with --output: only what it has not acknowledged")
    .option("--kind <kind...>", "only these kinds")
    .option("--session <session...>", "only these sessions")
    .option("--from <time>", "made at or after this time (RFC 3339)")
    .option("--to <time>", "made before this time")
    .option("--out <file>", "write here instead of to stdout")
    .addHelpText("after", HELP)
    .action((options: Options) => run(options));
}

async function run(options: Options): Promise<void> {
  if (options.waiting === true && options.output === undefined)
    throw new TouchlineError("USAGE", ["--waiting needs --output"]);
  const filter = toFilter(options);
  const sink = new LineSink(options.out ?? null);
  const damaged = await inspecting(options, async (inspector) => {
    checkOutput(inspector, options.output);
    return await writeAll(inspector, options, filter, sink);
  });
  await sink.end();
  if (damaged > 0) throw new TouchlineError("DB_DAMAGED", [options.store ?? "the store", damaged, "left out"]);
}

async function writeAll(
  inspector: StoreInspector,
  { output, waiting }: Options,
  filter: Filter,
  sink: LineSink,
): Promise<number> {
  const ends = inspector.ends();
  const progress = startProgress("export", ends === null ? 0 : ends.last - ends.first + 1);
  let damaged = 0;
  const source = output === undefined ? inspector.records() : inspector.deliveries(output, waiting === true);
  for (const record of source) {
    if (ends !== null && record.number % 1000 === 0) progress.update(record.number - ends.first);
    if (record.event === null) damaged += 1;
    else if (passes(record.event, filter)) await sink.write(lineOf(record, record.event));
  }
  progress.stop();
  return damaged;
}

function lineOf({ sequence }: InspectedRecord, event: CloudEvent): string {
  if (sequence !== null) return JSON.stringify(event);
  const { sequence: _, ...withoutSequence } = event;
  return JSON.stringify(withoutSequence);
}

function toFilter({ kind, session, from, to }: Options): Filter {
  return {
    types: kind === undefined ? null : new Set(kind.map((name) => `touchline.${name}.v1`)),
    sessions: session === undefined ? null : new Set(session),
    from: from === undefined ? Number.NEGATIVE_INFINITY : timeOf("--from", from),
    to: to === undefined ? Number.POSITIVE_INFINITY : timeOf("--to", to),
  };
}

function timeOf(option: string, text: string): number {
  const time = parseRfc3339(text);
  if (time === null) throw new TouchlineError("USAGE", [`${option} ${text}: not a time like 2026-11-20T15:00:00Z`]);
  return time;
}

function passes(event: CloudEvent, { types, sessions, from, to }: Filter): boolean {
  if (types !== null && !types.has(event.type)) return false;
  if (sessions !== null && !sessions.has(event.source.slice(event.source.lastIndexOf("/") + 1))) return false;
  const made = parseRfc3339(event.recordedtime) ?? 0;
  return made >= from && made < to;
}

/** Waits where what it writes to does: memory stays flat. */
class LineSink {
  readonly #stream: NodeJS.WritableStream;
  readonly #isOurs: boolean;
  readonly #path: string;
  #failure: unknown = null;

  constructor(path: string | null) {
    this.#isOurs = path !== null;
    this.#path = path ?? "stdout";
    this.#stream = path === null ? process.stdout : createWriteStream(path);
    if (this.#isOurs)
      this.#stream.once("error", (error) => {
        this.#failure = error;
      });
  }

  async write(line: string): Promise<void> {
    this.#check();
    if (!this.#stream.write(`${line}\n`)) await once(this.#stream, "drain").catch(() => undefined);
    this.#check();
  }

  async end(): Promise<void> {
    if (!this.#isOurs) return;
    this.#stream.end();
    await once(this.#stream, "finish").catch(() => undefined);
    this.#check();
  }

  #check(): void {
    if (this.#failure !== null)
      throw new TouchlineError("FILE_UNWRITABLE", [this.#path, messageOf(this.#failure)], this.#failure);
  }
}
