// `node scripts/record-bytes.mjs FILE…`: what the records of a file (`touchline replay`, or a file output) cost on a line to NATS, plain,
// with `compress`, and with `supersede: 10s` too. Needs a build (`npm run build`).
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { compressed, toMessage, toSuperseded, wireBytes } from "../dist/daemon/outputs/cloud-message.js";
import { findSuperseded } from "../dist/daemon/outputs/superseded.js";

const PEAK_S = 10;
const SUPERSEDE_S = 10;
const files = process.argv.slice(2);
if (files.length === 0) {
  process.stderr.write("Error: no file of records\nTry: node scripts/record-bytes.mjs out/s/output.jsonl\n");
  process.exit(2);
}

/** Class and key are not in the record: their place is taken by what is about as long. */
function deliveryOf(event) {
  const [, venue, box, session] = /^\/venues\/(.*)\/boxes\/(.*)\/sessions\/(.*)$/.exec(event.source) ?? [];
  const kind = event.type.split(".")[1];
  const natsSubject = ["touchline.out", venue, box, session, kind, "whistle", "ambience"].join(".");
  return { natsSubject, event, kind, lane: event.lane, sequence: Number(event.sequence) };
}

/** Lane and sequence of each record that leaves as the mark of a later one, when what is made in `SUPERSEDE_S` leaves together. */
function supersededOf(deliveries) {
  const marks = new Map();
  const together = new Map();
  for (const delivery of deliveries) {
    const page = pageOf(delivery);
    together.set(page, [...(together.get(page) ?? []), delivery]);
  }
  for (const page of together.values()) {
    for (const [sequence, by] of findSuperseded(page)) marks.set(`${page[0].lane} ${sequence}`, by);
  }
  return marks;
}

const pageOf = ({ lane, event }) => `${lane} ${Math.floor(Date.parse(event.recordedtime) / 1000 / SUPERSEDE_S)}`;

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
  const events = readFileSync(resolve(file), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const deliveries = events.map(deliveryOf);
  const superseded = supersededOf(deliveries);
  const records = deliveries
    .map((delivery) => {
      const message = toMessage(delivery);
      const packed = wireBytes(compressed(message));
      const by = superseded.get(`${delivery.lane} ${delivery.sequence}`);
      return {
        kind: delivery.kind,
        atS: Date.parse(delivery.event.recordedtime) / 1000,
        body: Buffer.byteLength(message.body),
        plain: wireBytes(message),
        packed,
        marked: by === undefined ? packed : wireBytes(toSuperseded(delivery, by)),
      };
    })
    .sort((a, b) => a.atS - b.atS);
  const seconds = Math.max(1, (records.at(-1)?.atS ?? 0) - (records[0]?.atS ?? 0));
  process.stdout.write(`${file}: ${records.length} records in ${Math.round(seconds)} s\n\n`);
  process.stdout.write(
    "| kind | records | body, bytes | message, bytes | with gzip | kbit/s | with gzip | and superseded |\n|---|---|---|---|---|---|---|---|\n",
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
      kbit(sum("marked"), seconds),
    ];
    process.stdout.write(`| ${[kind ?? "all", of.length, ...cells].join(" | ")} |\n`);
  }
  const highest = (key) => kbit(peak(records.map((record) => ({ atS: record.atS, bytes: record[key] }))), PEAK_S);
  process.stdout.write(
    `\nhighest ${PEAK_S} s: ${highest("plain")} kbit/s, with gzip ${highest("packed")}, and superseded ${highest("marked")}\n\n`,
  );
}
