// Stores for a while and says what was acknowledged, in <folder>/t.acks: a line per message or record, written after its promise resolved.
// Arguments: folder, rounds, name of this run, "once" or "always" where the disk is to fail after five rounds.
import { openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Registry } from "prom-client";
import { SYSTEM_CLOCK } from "../../../dist/daemon/clock.js";
import { openStore } from "../../../dist/daemon/outbox/index.js";

const [folder, rounds, name, failing] = process.argv.slice(2);
const acks = openSync(join(folder, "t.acks"), "a");
const told = (line) => writeSync(acks, `${line}\n`);
const registry = new Registry();
const store = await openStore({
  path: join(folder, "t.db"),
  box: { venue: "arena", box: "a" },
  routes: [{ output: "cloud", kinds: null, classes: null }],
  clock: SYSTEM_CLOCK,
  registry,
});
store.onFailed((error) => process.stdout.write(`${JSON.stringify({ failed: error.message })}\n`));

const draft = (mark, size) => {
  const at = SYSTEM_CLOCK.wall();
  const of = { kind: "event", session: "final", subject: mark, class: "goal", key: "home", time: at, recordedAt: at };
  return { ...of, data: { mark, pad: "x".repeat(size) } };
};

const failures = [];
for (let round = 1; round <= Number(rounds); round++) {
  if (round === 6 && failing !== undefined)
    writeFileSync(process.env.TOUCHLINE_DISK_FAIL, failing === "once" ? "once" : "");
  const body = `"${name}-${round}"`;
  const message = { what: "log", from: "test", arrival: SYSTEM_CLOCK.wall(), body };
  const records = [1, 2, 3].map((i) => draft(`${name}-${round}-${i}`, (round * 7919 * i) % 30_000));
  const steps = [
    store.accept([message]).then(() => told(`message ${body}`)),
    store
      .commit({ records, snapshots: [{ core: "n", version: 1, body }], consumedInbox: null })
      .then(() => records.map(({ data }) => told(`record ${data.mark}`))),
  ];
  for (const result of await Promise.allSettled(steps))
    if (result.status === "rejected") failures.push(String(result.reason?.code ?? result.reason));
  if (round % 10 === 0) await store.acknowledge("cloud", "live", 3 * (round - 5)).catch(() => undefined);
}
const metric = await registry.getSingleMetricAsString("touchline_store_reopened_total");
process.stdout.write(`${JSON.stringify({ failures, reopened: Number(/_total (\d+)/.exec(metric)?.[1]) })}\n`);
process.exit(0);
