// `node scripts/hearing-tables.mjs DIR`: writes the tables of whistles in docs/hearing.md anew from the labelled recordings in DIR.
// Needs a build (`npm run build`); the codecs need ffmpeg. Runs for some minutes.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const page = join(root, "docs", "hearing.md");
const [dir] = process.argv.slice(2);
if (dir === undefined) {
  process.stderr.write(
    "Error: no folder of labelled recordings\nTry: node scripts/hearing-tables.mjs recordings/whistle\n",
  );
  process.exit(2);
}

const GROUPS = {
  real: "`real`: matches",
  bed: "`bed`: crowds alone",
  "hard-negative": "`hard-negative`: birds, speech, instruments, sirens",
  bank: "`bank`: single blasts cut out",
};
const ORDER = ["real", "mix +10 dB", "mix +5 dB", "mix 0 dB", "mix -5 dB", "bed", "hard-negative", "bank"];

/** The JSON lines of `touchline score listen` with more arguments. */
function score(...args) {
  const command = [join(root, "dist", "daemon", "cli.js"), "score", "listen", dir, ...args, "--json"];
  const { status, stdout } = spawnSync(process.execPath, command, {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  if (status !== 0) process.exit(status ?? 1);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const ratio = (value) => (value === null ? "–" : value.toFixed(3));
const millis = (value) => (value === null ? "–" : `${Math.round(value * 1000) + 0}`);
const rate = (value) => (value === null ? "–" : value.toFixed(2));
const change = (value) => `${value < 0 ? "−" : value > 0 ? "+" : ""}${Math.abs(value).toFixed(3)}`;
const row = (cells) => `| ${cells.join(" | ")} |`;

function groupRow(report) {
  const { group, minutes, targets, precision, recall, f1, f1Narrow, falseAlarmsPerMinute } = report;
  const name = GROUPS[group] ?? group.replace("-", "−");
  const times = targets === 0 ? [null, null, null, null] : timesOf(report);
  const ratios = (targets === 0 ? [null, null, null, null] : [precision, recall, f1, f1Narrow]).map(ratio);
  return row([name, minutes.toFixed(1), targets, ...ratios, rate(falseAlarmsPerMinute), ...times.map(millis)]);
}

function timesOf({ onsetBiasSec, onsetP95Sec, latencySec, latencyP95Sec }) {
  return [onsetBiasSec, onsetP95Sec, latencySec, latencyP95Sec];
}

/** What each condition does is written by hand: it is kept from the page. */
function robustRow(
  before,
  { condition, skipped, f1, f1Change, f1Narrow, precision, recall, falseAlarmsPerMinute, ...rest },
) {
  const name = condition.replace("-", "−");
  const what = before.find((line) => line.startsWith(`| ${name} `))?.split(" | ")[1] ?? "";
  if (skipped !== undefined) return row([name, `${what} (skipped: ${skipped})`, "", "", "", "", "", "", ""]);
  const ratios = [precision, recall].map(ratio);
  const end = [rate(falseAlarmsPerMinute), millis(rest.onsetP95Sec)];
  return row([name, what, ratio(f1), change(f1Change), ratio(f1Narrow), ...ratios, ...end]);
}

/** Puts a table between its two marks; head and rule stay. */
function replace(text, mark, rowsOf) {
  const [from, to] = [`<!-- ${mark} -->\n`, `<!-- /${mark} -->`];
  const at = text.indexOf(from) + from.length;
  const end = text.indexOf(to);
  const lines = text.slice(at, end).trim().split("\n");
  return `${text.slice(0, at)}${[...lines.slice(0, 2), ...rowsOf(lines)].join("\n")}\n${text.slice(end)}`;
}

const groups = score("--mix", "-5,0,5,10").filter(({ table }) => table === "groups");
const conditions = score("--robustness");
const named = ORDER.flatMap((name) => groups.find(({ group }) => group === name) ?? []);
let text = readFileSync(page, "utf8");
text = replace(text, "groups", () => named.map(groupRow));
text = replace(text, "robustness", (lines) => conditions.map((condition) => robustRow(lines, condition)));
writeFileSync(page, text);
