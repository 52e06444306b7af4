// Opens a store in a process of its own and says how long that took and how its memory went while it was used.
// Arguments: database, "drain" (reads and acknowledges all) or a number of records to store first, as in an outage.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Registry } from "prom-client";
import { SYSTEM_CLOCK } from "../../../dist/daemon/clock.js";
import { openStore } from "../../../dist/daemon/outbox/index.js";

const [path, what] = process.argv.slice(2);
const BATCH = 500;
const MB = 1e6;
const clock = SYSTEM_CLOCK;
const began = performance.now();
const store = await openStore({
  path,
  box: { venue: "arena", box: "a" },
  routes: [{ output: "cloud", kinds: null, classes: null }],
  clock,
  registry: new Registry(),
  retention: { maxBytes: 40e9, keepMs: 0 },
});
const openSeconds = (performance.now() - began) / 1000;

// each sample is the time between two ticks of 1 ms
const loop = monitorEventLoopDelay({ resolution: 1 });
loop.enable();
// of storing and of reading, after a tenth of each
const memory = { storing: [], reading: [] };
const note = (phase) => memory[phase].push(process.memoryUsage().rss / MB);
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
/** V8's heap breathes by tens of megabytes; what grows shows between the first and the last third. */
const driftOf = (values) => {
  const third = Math.floor(values.length / 3);
  return third === 0 ? 0 : median(values.slice(-third)) - median(values.slice(0, third));
};
const draft = (n) => {
  const at = clock.wall();
  const of = { kind: "event", session: "final", class: "goal", key: "home", time: at, recordedAt: at };
  return { ...of, subject: `car-${n % 5000}`, data: { n, speed: 61.2, lap: n % 70 } };
};

let stored = 0;
if (what !== "drain")
  for (const total = Number(what); stored < total; stored += BATCH) {
    const records = Array.from({ length: BATCH }, (_, i) => draft(stored + i + 1));
    await store.commit({ records, snapshots: [], consumedInbox: null });
    if (stored > total / 10 && stored % (BATCH * 20) === 0) note("storing");
  }

let { acknowledged, last } = (await store.cursors("cloud"))[0];
const first = acknowledged + 1;
let outOfPlace = 0;
let read = 0;
let walBytes = 0;
while (acknowledged < last) {
  const page = await store.read("cloud", "live", acknowledged, 512);
  if (page.length === 0) break;
  for (const delivery of page) {
    if (delivery.sequence !== first + read || delivery.event.data.tombstone) outOfPlace += 1;
    read += 1;
  }
  acknowledged = page.at(-1).sequence;
  await store.acknowledge("cloud", "live", acknowledged);
  if (read % (512 * 20) === 0) {
    if (read > (last - first) / 10) note("reading");
    ({ walBytes } = await store.stats());
  }
}
const driftMb = Math.max(driftOf(memory.storing), driftOf(memory.reading));
const loopP99Ms = loop.percentile(99) / 1e6 - 1;
const rssMb = Math.max(0, ...memory.storing, ...memory.reading);
process.stdout.write(
  `${JSON.stringify({ openSeconds, stored, read, lost: last - first + 1 - read, outOfPlace, driftMb, rssMb, walBytes, loopP99Ms })}\n`,
);
await store.close();
