import { join } from "node:path";
import { connect, headers, type JetStreamClient } from "nats";
import { Registry } from "prom-client";
import { afterAll, bench, describe } from "vitest";
import { SYSTEM_CLOCK } from "../../daemon/clock.js";
import { createNatsLink } from "../../daemon/nats-link.js";
import type { StoreClient } from "../../daemon/outbox/index.js";
import { createJetStreamOutput, type DeliverySource } from "../../daemon/outputs/index.js";
import { HAS_NATS_SERVER, startNatsServer, type TestServer } from "../nats-server.js";
import { BOX, batchOf, draft, openTestStore, range, tempFolder } from "../store-fixture.js";

const ROUNDS = { iterations: 15, time: 0, warmupIterations: 3, warmupTime: 0 };
const folder = tempFolder();
/** Hooks of a file are run by the bench runner, those of a `describe` are not. */
const endings: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const end of endings) await end();
  folder.remove();
});

/** The bench runner does not wait for `beforeAll`: what is measured is made at the first warm-up. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

const RECORDS = 3000;
const WINDOW = 512;
const BODY = { pad: "x".repeat(400) };

describe.skipIf(!HAS_NATS_SERVER)(
  `forward: ${RECORDS} records to JetStream, window ${WINDOW}, against a bare client`,
  () => {
    const serve = once(async () => {
      const server: TestServer = await startNatsServer();
      const store: StoreClient = await openTestStore(join(folder.path, "forward.db"), { clock: SYSTEM_CLOCK });
      for (let n = 0; n < (ROUNDS.iterations + ROUNDS.warmupIterations + 2) * RECORDS; n += 1000)
        await store.commit(batchOf(range(n + 1, n + 1000).map((i) => draft(i, { data: BODY }))));
      const made = { forward: await forwarder(server, store), publish: await bareClient(server) };
      endings.push(
        () => store.close(),
        () => server.dispose(),
      );
      return made;
    });
    /** The output over a store that lets it see so many more records each time. */
    async function forwarder(server: TestServer, store: StoreClient): Promise<() => Promise<void>> {
      let allowed = 0;
      let wake = (): void => undefined;
      const source: DeliverySource = {
        epoch: store.epoch,
        cursors: (output) => store.cursors(output),
        read: async (output, lane, after, limit) =>
          after >= allowed ? [] : await store.read(output, lane, after, Math.min(limit, allowed - after)),
        acknowledge: async (output, lane, sequence) => {
          await store.acknowledge(output, lane, sequence);
        },
        setBase: (output, lane, base) => store.setBase(output, lane, base),
        deadLetter: (output, lane, sequence, reason) => store.deadLetter(output, lane, sequence, reason),
        onCommitted: (listener) => {
          wake = listener;
          return () => undefined;
        },
      };
      const link = createNatsLink({ servers: [server.url], name: "bench", clock: SYSTEM_CLOCK });
      const registry = new Registry();
      const log = { info: () => undefined, warn: () => undefined };
      const output = createJetStreamOutput({
        name: "cloud",
        box: BOX,
        source,
        link,
        clock: SYSTEM_CLOCK,
        registry,
        log,
        window: WINDOW,
      });
      link.start();
      output.start();
      endings.push(
        () => output.stop(),
        () => link.stop(),
      );
      const goal = registry.getSingleMetric("touchline_output_acknowledged_total");
      return async () => {
        allowed += RECORDS;
        wake();
        for (;;) {
          const values = (await goal?.get())?.values ?? [];
          if (values.reduce((sum, { value }) => sum + value, 0) >= allowed) return;
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      };
    }

    async function bareClient(server: TestServer): Promise<() => Promise<void>> {
      const nc = await connect({ servers: server.url });
      endings.push(() => nc.close());
      await (await nc.jetstreamManager()).streams.add({ name: "BARE", subjects: ["bare.>"] });
      const js: JetStreamClient = nc.jetstream();
      const body = JSON.stringify(BODY);
      let last = 0;
      return async () => {
        const window: Promise<unknown>[] = [];
        for (let i = 0; i < RECORDS; i++) {
          const withHeaders = headers();
          for (let h = 0; h < 12; h++) withHeaders.set(`ce-attribute-${h}`, "touchline.event.v1/2026-11");
          if (window.length >= WINDOW) await window.shift();
          window.push(
            js.publish("bare.out.arena.a.final.event.goal.home", body, {
              headers: withHeaders,
              msgID: `a.e.${last}`,
              expect: { lastSequence: last },
            }),
          );
          last += 1;
        }
        await Promise.all(window);
      };
    }

    bench("bare nats client", async () => (await serve()).publish(), ROUNDS);
    bench("store and JetStream output", async () => (await serve()).forward(), ROUNDS);
  },
);
