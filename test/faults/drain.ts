import { join } from "node:path";
import { Registry } from "prom-client";
import { SYSTEM_CLOCK } from "../../daemon/clock.js";
import { createNatsLink } from "../../daemon/nats-link.js";
import { createJetStreamOutput } from "../../daemon/outputs/index.js";
import type { UnixMicros } from "../../sync/index.js";
import { startNatsServer } from "../nats-server.js";
import { BOX, batchOf, draft, openTestStore, range, tempFolder, until } from "../store-fixture.js";
import { CountingConsumer, type Tally } from "./counting-consumer.js";
import { percentile, sum } from "./report.js";
import { startLine } from "./tcp-line.js";

export interface DrainResult {
  readonly tally: Tally;
  readonly sent: number;
  readonly recordsPerSecond: number;
  /** Age at the consumer of records made while old ones were on their way. */
  readonly liveAgeP99Ms: number;
  readonly liveDuringDrain: number;
}

const BODY = { pad: "x".repeat(300) };

/** An outage is over: `backlog` records of the analysis lane and `liveBacklog` of the live one go over a far line, while new ones are made. */
export async function drainOverFarLine(options: {
  readonly backlog: number;
  readonly liveBacklog: number;
  readonly roundTripMs: number;
  readonly livePerSecond: number;
}): Promise<DrainResult> {
  const folder = tempFolder();
  const server = await startNatsServer();
  const line = await startLine(server.port);
  const store = await openTestStore(join(folder.path, "touchline.db"), { clock: SYSTEM_CLOCK });
  const now = (): UnixMicros => SYSTEM_CLOCK.wall();
  const fill = async (count: number, kind: "cue" | "event"): Promise<void> => {
    for (let n = 0; n < count; n += 1000)
      await store.commit(
        batchOf(range(n + 1, Math.min(count, n + 1000)).map((i) => draft(i, { kind, recordedAt: now(), data: BODY }))),
      );
  };
  await fill(options.backlog, "cue");
  await fill(options.liveBacklog, "event");

  const link = createNatsLink({ servers: [line.url], name: "drain", clock: SYSTEM_CLOCK });
  const log = { info: () => undefined, warn: () => undefined };
  const output = createJetStreamOutput({
    name: "cloud",
    box: BOX,
    source: store,
    link,
    clock: SYSTEM_CLOCK,
    registry: new Registry(),
    log,
  });
  const ages: number[] = [];
  const live = new CountingConsumer(server.url, "TOUCHLINE_arena_a_live", ({ message, receivedAt }) => {
    const { madeAt } = message.json<{ madeAt?: number }>();
    if (madeAt !== undefined) ages.push(receivedAt - madeAt);
  }).start();
  const analysis = new CountingConsumer(server.url, "TOUCHLINE_arena_a_analysis").start();
  await line.set({ delayMs: options.roundTripMs / 2 });
  link.start();
  await until(() => link.status().state === "up");
  const startedAt = performance.now();
  output.start();
  let made = options.liveBacklog;
  const producing = setInterval(() => {
    made += 1;
    const record = draft(made, { recordedAt: now(), data: { madeAt: Date.now() } });
    void store.commit(batchOf([record]));
  }, 1000 / options.livePerSecond);
  const drained = async (): Promise<boolean> =>
    ((await store.cursors("cloud")).find(({ lane }) => lane === "analysis")?.acknowledged ?? 0) >= options.backlog;
  await until(drained, 300_000);
  const seconds = (performance.now() - startedAt) / 1000;
  clearInterval(producing);
  await until(() => live.tally().records >= made && analysis.tally().records >= options.backlog, 60_000);
  await output.stop();
  await link.stop();
  const tally = sum([await live.stop(), await analysis.stop()]);
  await store.close();
  await line.dispose();
  await server.dispose();
  folder.remove();
  return {
    tally,
    sent: made + options.backlog,
    recordsPerSecond: (options.backlog + options.liveBacklog) / seconds,
    liveAgeP99Ms: percentile(ages, 0.99),
    liveDuringDrain: ages.length,
  };
}
