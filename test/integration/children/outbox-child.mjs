// Stores and forwards without end, and says on stdout what was acknowledged; its parent kills it.
// Arguments: database, file of the file output, NATS server or "-", name of this run.
import { writeSync } from "node:fs";
import { Registry } from "prom-client";
import { SYSTEM_CLOCK } from "../../../dist/daemon/clock.js";
import { createNatsLink } from "../../../dist/daemon/nats-link.js";
import { openStore } from "../../../dist/daemon/outbox/index.js";
import { createFileOutput, createJetStreamOutput } from "../../../dist/daemon/outputs/index.js";

const [path, file, server, run, mode] = process.argv.slice(2);
const box = { venue: "arena", box: "a" };
const everything = { kinds: null, classes: null };
const routes = ["archive", "cloud"].map((output) => ({ output, ...everything }));
const registry = new Registry();
const log = { info: () => undefined, warn: () => undefined };
const clock = SYSTEM_CLOCK;

// synchronous, so that what is told was told before the process dies
const say = (line) => writeSync(1, `${JSON.stringify(line)}\n`);

const source = await openStore({ path, box, routes, clock, registry });
createFileOutput({ name: "archive", path: file, source, clock, registry, log }).start();
if (server !== "-") {
  const link = createNatsLink({ servers: [server], name: "child", clock, pingIntervalMs: 300, requestTimeoutMs: 1000 });
  link.start();
  createJetStreamOutput({ name: "cloud", box, source, link, clock, registry, log, window: 64 }).start();
}
say({ open: source.epoch, setAside: source.setAside });

const draft = (n) => {
  const at = clock.wall();
  const isCue = n % 4 === 0;
  return {
    kind: isCue ? "cue" : "event",
    session: "final",
    subject: `${run}-${n}`,
    class: isCue ? "whistle" : "goal",
    key: "home",
    time: at,
    recordedAt: at,
    data: { mark: `${run}-${n}`, pad: "x".repeat(n % 500) },
  };
};

async function produce() {
  for (let n = 1; ; n += 5) {
    const records = [0, 1, 2, 3, 4].map((i) => draft(n + i));
    const [accepted] = await source.accept([
      { what: "log", from: "test", arrival: clock.wall(), body: `"${run}-${n}"` },
    ]);
    say({ accepted: `${run}-${n}`, inboxId: accepted.inboxId });
    await source.commit({ records, snapshots: [{ core: "n", version: 1, body: `${run}-${n}` }], consumedInbox: null });
    say({ committed: records.map((record) => record.data.mark) });
  }
}

if (mode === "drain") {
  const isDone = (cursor) => cursor.acknowledged >= cursor.last;
  const outputs = server === "-" ? ["archive"] : ["archive", "cloud"];
  for (;;) {
    const cursors = await Promise.all(outputs.map((output) => source.cursors(output)));
    if (cursors.flat().every(isDone)) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const pending = [];
  for (let after = 0; ; ) {
    const page = await source.pending(after, 1000);
    if (page.length === 0) break;
    pending.push(...page.map((message) => message.body));
    after = page.at(-1).inboxId;
  }
  say({ pending, snapshots: await source.snapshots() });
  process.exit(0);
} else {
  await produce();
}
