import { Command } from "commander";
import {
  configHash,
  type EffectiveValue,
  effectiveValues,
  formatProblem,
  type LoadResult,
  loadVenueConfig,
  type VenueConfig,
} from "../../config/index.js";
import { TouchlineError } from "../errors.js";
import { renderTable } from "./terminal.js";

interface Options {
  readonly json?: boolean;
  readonly show?: boolean;
}

const HELP = `
Each problem is a line: FILE:LINE:COLUMN PATH: what is wrong. All of them are told at once.
With --json, stdout holds a line for each problem: {"file","line","column","path","message"}; line and column are null for what
has no place in the file. When there is none: one line {"ok":true,"venue","box","hash","warnings"}, or with --show a line for each
value: {"path","value","origin"}.

Examples:
  touchline check-config venue.yaml
  touchline check-config venue.yaml --show
  TOUCHLINE_HTTP_LISTEN=0.0.0.0:8470 touchline check-config venue.yaml --show --json

Exit codes: 0 the file is good, 78 it is not.`;

export function checkConfigCommand(): Command {
  return new Command("check-config")
    .description("Check a configuration file, and say everything that is wrong with it.")
    .argument("<file>", "the venue file")
    .option("--show", "show the configuration in force, with where each value comes from (file, environment, default)")
    .option("--json", "lines of JSON on stdout")
    .addHelpText("after", HELP)
    .action((file: string, options: Options) => checkConfig(file, options));
}

function checkConfig(file: string, options: Options): void {
  const result = loadVenueConfig(file, process.env);
  if (!result.ok) refuse(file, result.problems, options);
  for (const warning of result.warnings) process.stderr.write(`warning: ${formatProblem(warning)}\n`);
  const lines =
    options.show === true
      ? showValues(effectiveValues(result.config, result.originOf), options)
      : [options.json === true ? JSON.stringify(toVerdict(result)) : summarise(file, result.config)];
  process.stdout.write(`${lines.join("\n")}\n`);
}

function refuse(file: string, problems: Extract<LoadResult, { ok: false }>["problems"], options: Options): never {
  const lines = problems.map((problem) => (options.json === true ? JSON.stringify(problem) : formatProblem(problem)));
  (options.json === true ? process.stdout : process.stderr).write(`${lines.join("\n")}\n`);
  throw new TouchlineError("CFG_PROBLEMS", [
    `${file}: ${problems.length === 1 ? "1 problem" : `${problems.length} problems`}`,
  ]);
}

function toVerdict({ config, warnings }: Extract<LoadResult, { ok: true }>): Record<string, unknown> {
  return { ok: true, venue: config.venue, box: config.box, hash: configHash(config), warnings };
}

function showValues(values: readonly EffectiveValue[], options: Options): string[] {
  if (options.json === true) return values.map((value) => JSON.stringify(value));
  const rows = values.map(({ path, value, origin }) => [path, value === null ? "-" : sayValue(value), origin]);
  return [renderTable(["option", "value", "from"], rows)];
}

function sayValue(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function summarise(file: string, config: VenueConfig): string {
  const { inputs, outputs, sessions } = config;
  const rows = [
    ["venue", `${config.venue}, box ${config.box}`],
    ["page", `http://${config.http.listen}/`],
    ["store", `${config.store.path}, at most ${sayBytes(config.store.maxBytes)}`],
    ["audio", sayList(inputs.audio.map(({ name, role }) => (name === role ? name : `${name} (${role})`)))],
    ["messages", sayList(inputs.log.map(({ type, path }) => (path === null ? type : `${type} ${path}`)))],
    ["outputs", sayList(outputs.map(({ name, type }) => `${name} (${type})`))],
    [
      "sessions",
      sayList(sessions.map(({ session, sport, scheduledStart }) => `${session} (${sport}, ${scheduledStart})`)),
    ],
    ["hash", configHash(config)],
  ];
  return `${file} is good.\n${renderTable(["part", "in force"], rows)}`;
}

function sayList(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.join("\n");
}

function sayBytes(bytes: number): string {
  return bytes >= 1e9 ? `${Number((bytes / 1e9).toFixed(2))} GB` : `${Number((bytes / 1e6).toFixed(2))} MB`;
}
