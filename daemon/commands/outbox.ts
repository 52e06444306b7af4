import { Command } from "commander";
import { formatRfc3339, type UnixMicros } from "../../sync/index.js";
import { TouchlineError } from "../errors.js";
import type { StoreInspector, StoreSummary, TrackSummary } from "../outbox/index.js";
import { exportRecords } from "./outbox-export.js";
import { checkOutput, DEFAULT_STORE, inspecting, type PlaceOptions, storePath } from "./outbox-place.js";
import { purge } from "./outbox-purge.js";
import { renderTable, startProgress } from "./terminal.js";

const LISTED = 50;
const PROGRESS_STEPS = 1000;

interface LsOptions extends PlaceOptions {
  readonly output?: string;
  readonly limit: string;
  readonly json?: boolean;
}

interface VerifyOptions extends PlaceOptions {
  readonly deep?: boolean;
  readonly json?: boolean;
}

const LS_HELP = `
With --json, one line {"store":{"path","epoch","records","inboxPending","databaseBytes","walBytes","freeBytes"}} and one per output and lane:
{"output","lane","active","last","acknowledged","waiting","oldestUnsent","deadLetters"}; with --output one per record that waits:
{"output","lane","sequence","id","kind","subject","recordedtime"} (damaged ones: "damaged":true instead of what they say).

Examples:
  touchline outbox ls -c venue.yaml
  touchline outbox ls --store /var/lib/touchline/touchline.db --output cloud --limit 20 --json

Works while the daemon runs, and on a database that was set aside. Exit codes: 0, 64 usage, 69 the store cannot be opened.`;

const VERIFY_HELP = `
Proves the checksum of every record and that no sequence is missing, in short reads: the daemon goes on. --deep also has SQLite check its
trees, in one read of the whole file, during which the daemon's write-ahead log grows.
With --json, one line: {"path","records","damagedRecords","damaged":[numbers],"unsentDamaged","holes","trees","sound"}.

Examples:
  touchline outbox verify -c venue.yaml
  touchline outbox verify --store touchline.db --deep --json

Exit codes: 0 all is sound, 1 something is damaged, 69 the store cannot be opened.`;

export function outboxCommand(): Command {
  const command = new Command("outbox").description("Look into what is kept on this box: list, verify, export, purge.");
  withPlace(command.command("ls"))
    .description("What each output was given, what waits, and how much room it takes.")
    .option("--output <name>", "the records that wait for this output")
    .option("--limit <records>", "list at most so many", String(LISTED))
    .option("--json", "lines of JSON on stdout")
    .addHelpText("after", LS_HELP)
    .action((options: LsOptions) => list(options));
  withPlace(command.command("verify"))
    .description("Prove every checksum and every sequence.")
    .option("--deep", "have SQLite check its trees too")
    .option("--json", "one line of JSON on stdout")
    .addHelpText("after", VERIFY_HELP)
    .action((options: VerifyOptions) => verify(options));
  exportRecords(withPlace(command.command("export")));
  purge(withPlace(command.command("purge")));
  return command;
}

function withPlace(command: Command): Command {
  return command
    .option("-c, --config <file>", "the venue file that names the store")
    .option("--store <file>", `the database file (default: ${DEFAULT_STORE})`);
}

async function list(options: LsOptions): Promise<void> {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1) throw new TouchlineError("USAGE", [`--limit ${options.limit}`]);
  const text = await inspecting(options, (inspector) => {
    checkOutput(inspector, options.output);
    if (options.output !== undefined) return waitingLines(inspector, options.output, limit, options.json === true);
    const summary = inspector.summary();
    return options.json === true ? summaryLines(summary) : summaryTable(summary);
  });
  if (text.length > 0) process.stdout.write(`${text.join("\n")}\n`);
}

function summaryLines({ tracks, ...store }: StoreSummary): string[] {
  const { path, epoch, records, inboxPending, databaseBytes, walBytes, freeBytes } = store;
  return [
    JSON.stringify({ store: { path, epoch, records, inboxPending, databaseBytes, walBytes, freeBytes } }),
    ...tracks.map((track) => JSON.stringify(trackLine(track))),
  ];
}

function trackLine({ oldestAt, isActive, ...track }: TrackSummary): Record<string, unknown> {
  const { output, lane, last, acknowledged, waiting, deadLetters } = track;
  const oldestUnsent = oldestAt === null ? null : formatRfc3339(oldestAt as UnixMicros);
  return { output, lane, active: isActive, last, acknowledged, waiting, oldestUnsent, deadLetters };
}

function summaryTable({ tracks, path, epoch, records, inboxPending, databaseBytes, walBytes }: StoreSummary): string[] {
  return [
    `${path}: epoch ${epoch}, ${records} records, ${inboxPending} messages not worked in, ${megabytes(databaseBytes)} and ${megabytes(walBytes)} of log`,
    renderTable(
      ["output", "lane", "given", "acknowledged", "waiting", "oldest", "dead letters"],
      tracks
        .filter(({ last }) => last > 0)
        .map((track) => [
          track.isActive ? track.output : `${track.output} (gone)`,
          track.lane,
          track.last,
          track.acknowledged,
          track.waiting,
          track.oldestAt === null ? "" : formatRfc3339(track.oldestAt as UnixMicros).slice(0, 19),
          track.deadLetters,
        ]),
      ["left", "left", "right", "right", "right", "left", "right"],
    ),
  ];
}

function waitingLines(inspector: StoreInspector, output: string, limit: number, isJson: boolean): string[] {
  const rows: (readonly [string, number, string, string, string, string])[] = [];
  for (const { lane, sequence, event } of inspector.deliveries(output, true)) {
    if (rows.length >= limit) break;
    const kind = event === null ? "damaged" : (event.type.split(".")[1] ?? "");
    rows.push([lane ?? "", sequence ?? 0, event?.id ?? "", kind, event?.subject ?? "", event?.recordedtime ?? ""]);
  }
  if (!isJson) return [renderTable(["lane", "sequence", "id", "kind", "subject", "made"], rows, ["left", "right"])];
  return rows.map(([lane, sequence, id, kind, subject, recordedtime]) =>
    JSON.stringify(
      kind === "damaged"
        ? { output, lane, sequence, damaged: true }
        : { output, lane, sequence, id, kind, subject, recordedtime },
    ),
  );
}

async function verify(options: VerifyOptions): Promise<void> {
  const { verifyStore, isSound } = await import("../outbox/index.js");
  const progress = startProgress("verify", PROGRESS_STEPS);
  const verdict = await inspecting(options, (inspector) =>
    verifyStore(inspector, options.deep === true, (share) => progress.update(Math.floor(share * PROGRESS_STEPS))),
  ).finally(() => progress.stop());
  const path = storePath(options);
  const sound = isSound(verdict);
  const { records, damagedRecords, unsentDamaged, holes, trees } = verdict;
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ path, ...verdict, sound })}\n`
      : `${renderTable(
          [path, ""],
          [
            ["records proved", records],
            ["with a wrong checksum", damagedRecords],
            ["of them not sent yet", unsentDamaged],
            ["sequences missing", holes],
            ["trees", trees ?? (options.deep === true ? "sound" : "not looked at (--deep)")],
          ],
          ["left", "right"],
        )}\n`,
  );
  if (!sound) throw new TouchlineError("DB_DAMAGED", [path, damagedRecords + holes, trees ?? "rows"]);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
