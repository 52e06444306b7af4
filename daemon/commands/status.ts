import { Command } from "commander";
import { messageOf, TouchlineError } from "../errors.js";
import { renderTable } from "./terminal.js";

const TIMEOUT_MS = 5000;

const HELP = `
With --json, stdout holds one line:
{"url","version","state","live","ready","parts":[{"part","state","reason"}],"store":{"bytes","isShortOfRoom"},
"outputs":[{"output","state","backlog":{lane: records},"oldestUnsent"}]}; oldestUnsent is null where nothing waits.

Examples:
  touchline status
  touchline status --url http://10.0.0.5:8470 --json

Exit codes: 0 the daemon answers (read its state), 69 it is not there.`;

interface Options {
  readonly url: string;
  readonly json?: boolean;
}

interface Report {
  readonly state: string;
  readonly live: boolean;
  readonly ready: boolean;
  readonly parts: readonly { readonly part: string; readonly state: string; readonly reason: string | null }[];
}

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface OutputLine {
  readonly output: string;
  readonly state: string;
  readonly backlog: Readonly<Record<string, number>>;
  readonly oldestUnsent: string | null;
}

export function statusCommand(): Command {
  return new Command("status")
    .description("Ask the running daemon how it is: its parts, its outputs, what waits to be sent.")
    .option("--url <url>", "where it listens", "http://127.0.0.1:8470")
    .option("--json", "one line of JSON on stdout")
    .addHelpText("after", HELP)
    .action((options: Options) => showStatus(options));
}

async function showStatus({ url, json }: Options): Promise<void> {
  if (!URL.canParse(url) || !/^https?:/.test(url)) throw new TouchlineError("USAGE", [`--url ${url}: not an address`]);
  const [report, versions, metrics] = await Promise.all([
    ask(url, "/readyz").then((text) => read<Report>(url, text)),
    ask(url, "/version").then((text) => read<{ version: string }>(url, text)),
    ask(url, "/metrics"),
  ]);
  const samples = readSamples(metrics);
  const figure = (name: string): number => samples.find((sample) => sample.name === name)?.value ?? 0;
  const store = {
    bytes: figure("touchline_store_database_bytes"),
    isShortOfRoom: figure("touchline_store_short_of_room") === 1,
  };
  const outputs = outputLines(samples);
  const { state, live, ready } = report;
  const parts = report.parts.map(({ part, state: of, reason }) => ({ part, state: of, reason }));
  const { version } = versions;
  const text =
    json === true
      ? JSON.stringify({ url, version, state, live, ready, parts, store, outputs })
      : [
          `touchline ${version} at ${url}: ${state}${store.isShortOfRoom ? ", short of room" : ""}`,
          renderTable(
            ["part", "state", "why"],
            parts.map(({ part, state: of, reason }) => [part, of, reason ?? ""]),
          ),
          renderTable(
            ["output", "state", "waiting", "oldest"],
            outputs.map((line) => [line.output, line.state, total(line.backlog), line.oldestUnsent ?? ""]),
            ["left", "left", "right", "left"],
          ),
        ].join("\n");
  process.stdout.write(`${text}\n`);
}

/** Health is told with 503 as well as with 200. */
async function ask(url: string, path: string): Promise<string> {
  try {
    const response = await fetch(new URL(path, url), { redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.status === 200 || response.status === 503) return await response.text();
    throw new TouchlineError("DAEMON_UNREACHABLE", [url, `${path} answers ${response.status}`]);
  } catch (thrown) {
    if (thrown instanceof TouchlineError) throw thrown;
    const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
    throw new TouchlineError("DAEMON_UNREACHABLE", [url, messageOf(cause)], thrown);
  }
}

function read<T>(url: string, text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (thrown) {
    throw new TouchlineError("DAEMON_UNREACHABLE", [url, "what answers there is something else"], thrown);
  }
}

/** The samples of Prometheus' text format. */
export function readSamples(text: string): Sample[] {
  return text.split("\n").flatMap((line) => {
    const match = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (match?.[1] === undefined) return [];
    const labels = [...(match[2] ?? "").matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(
      ([, name = "", value = ""]): [string, string] => [name, value.replace(/\\(["\\])/g, "$1")],
    );
    return [{ name: match[1], labels: Object.fromEntries(labels), value: Number(match[3]) }];
  });
}

export function outputLines(samples: readonly Sample[]): OutputLine[] {
  const of = (name: string) => samples.filter((sample) => sample.name === name);
  const backlogs = of("touchline_outbox_backlog");
  const names = [...new Set(backlogs.map(({ labels }) => labels.output ?? ""))];
  return names.map((output) => {
    const isOf = ({ labels }: Sample): boolean => labels.output === output;
    const state = of("touchline_output_state").find((sample) => isOf(sample) && sample.value === 1)?.labels.state;
    const oldest = of("touchline_outbox_oldest_unsent_timestamp_seconds").find(isOf)?.value ?? 0;
    return {
      output,
      state: state ?? "unknown",
      backlog: Object.fromEntries(backlogs.filter(isOf).map(({ labels, value }) => [labels.lane ?? "", value])),
      oldestUnsent: oldest === 0 ? null : new Date(oldest * 1000).toISOString(),
    };
  });
}

function total(backlog: Readonly<Record<string, number>>): number {
  return Object.values(backlog).reduce((sum, records) => sum + records, 0);
}
