// `node scripts/record-bytes.mjs FILE…`: what the records of a file (`touchline replay`, or a file output) cost on a line to NATS, plain and
// with `compress`. Needs a build (`npm run build`).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compressed, toMessage, wireBytes } from "../dist/daemon/outputs/cloud-message.js";

const PEAK_S = 10;
const files = process.argv.slice(2);
if (files.length === 0) {
  process.stderr.write("Error: no file of records\nTry: node scripts/record-bytes.mjs out/s/output.jsonl\n");
  process.exit(2);
}

/** Class and key are not in the record: their place is taken by what is about as long. */
function messageOf(event) {
  const [, venue, box, session] = /^\/venues\/(.*)\/boxes\/(.*)\/sessions\/(.*)$/.exec(event.source) ?? [];
  const kind = event.type.split(".")[1];
  const natsSubject = ["touchline.out", venue, box, session, kind, "whistle", "ambience"].join(".");
  return toMessage({ natsSubject, event, lane: event.lane, sequence: Number(event.sequence) });
}

const kbit = (bytes, seconds) => ((bytes * 8) / 1000 / seconds).toFixed(1);

/** Highest sum within so many seconds; `sent` by time. */
function peak(sent) {
  let sum = 0;
  let first = 0;
  let highest = 0;
  for (const { atS, bytes } of sent) {
    sum += bytes;
    while (sent[first].atS <= atS - PEAK_S) sum -= sent[first++].bytes;
    highest = Math.max(highest, sum);
  }
  return highest;
}

for (const file of files) {
  const events = readFileSync(join(process.cwd(), file), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const records = events
    .map((event) => {
      const message = messageOf(event);
      const kind = event.type.split(".")[1];
      const atS = Date.parse(event.recordedtime) / 1000;
      return {
        kind,
        atS,
        body: Buffer.byteLength(message.body),
        plain: wireBytes(message),
        packed: wireBytes(compressed(message)),
      };
    })
    .sort((a, b) => a.atS - b.atS);
  const seconds = Math.max(1, (records.at(-1)?.atS ?? 0) - (records[0]?.atS ?? 0));
  process.stdout.write(`${file}: ${records.length} records in ${Math.round(seconds)} s\n\n`);
  process.stdout.write(
    "| kind | records | body, bytes | message, bytes | with gzip | kbit/s | with gzip |\n|---|---|---|---|---|---|---|\n",
  );
  for (const kind of [...new Set(records.map((record) => record.kind)), null]) {
    const of = records.filter((record) => kind === null || record.kind === kind);
    const sum = (key) => of.reduce((total, record) => total + record[key], 0);
    const mean = (key) => Math.round(sum(key) / of.length);
    const cells = [
      mean("body"),
      mean("plain"),
      mean("packed"),
      kbit(sum("plain"), seconds),
      kbit(sum("packed"), seconds),
    ];
    process.stdout.write(`| ${[kind ?? "all", of.length, ...cells].join(" | ")} |\n`);
  }
  const highest = (key) => kbit(peak(records.map((record) => ({ atS: record.atS, bytes: record[key] }))), PEAK_S);
  process.stdout.write(`\nhighest ${PEAK_S} s: ${highest("plain")} kbit/s, with gzip ${highest("packed")}\n\n`);
}
