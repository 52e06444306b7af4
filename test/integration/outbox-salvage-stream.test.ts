import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "nats";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SYSTEM_CLOCK } from "../../daemon/clock.js";
import { createNatsLink } from "../../daemon/nats-link.js";
import type { StoreClient } from "../../daemon/outbox/index.js";
import { createJetStreamOutput } from "../../daemon/outputs/index.js";
import { HAS_NATS_SERVER, natsMissing, startNatsServer, type TestServer } from "../nats-server.js";
import { BOX, batchOf, draft, openTestStore, range, tempFolder, until } from "../store-fixture.js";

const title = HAS_NATS_SERVER
  ? "a damaged database and its stream"
  : "skipped: nats-server is not installed: a damaged database and its stream";

let folder: ReturnType<typeof tempFolder>;
let server: TestServer;
let path: string;
beforeEach(async () => {
  if (!HAS_NATS_SERVER) return;
  folder = tempFolder();
  path = join(folder.path, "touchline.db");
  server = await startNatsServer();
});
afterEach(async () => {
  if (!HAS_NATS_SERVER) return;
  await server.dispose();
  folder.remove();
});

/** Until all but the records from `heldBack` on are acknowledged by the stream. */
async function forward(store: StoreClient, upTo: number): Promise<void> {
  const link = createNatsLink({ servers: [server.url], name: "test", clock: SYSTEM_CLOCK });
  const log = { info: () => undefined, warn: () => undefined };
  const output = createJetStreamOutput({
    ...{ name: "cloud", box: BOX, source: store, link, clock: SYSTEM_CLOCK, registry: new Registry(), log },
  });
  link.start();
  output.start();
  await until(async () => (await store.cursors("cloud"))[0]?.acknowledged === upTo);
  await output.stop();
  await link.stop();
}

async function stream(): Promise<{ n: unknown; id: string; epoch: string; sequence: number }[]> {
  const nc = await connect({ servers: server.url });
  const consumer = await nc.jetstream().consumers.get("TOUCHLINE_arena_a_live");
  const { num_pending: count } = await consumer.info();
  const found: { n: unknown; id: string; epoch: string; sequence: number }[] = [];
  for await (const message of await consumer.consume({ max_messages: 1000 })) {
    const header = (name: string): string => message.headers?.get(name) ?? "";
    const { n } = message.json<{ n?: unknown }>();
    found.push({ n, id: header("ce-id"), epoch: header("ce-epoch"), sequence: Number(header("ce-sequence")) });
    if (found.length >= count) break;
  }
  await nc.close();
  return found;
}

describe.skipIf(natsMissing())(title, () => {
  it("sends the rest once, under a new epoch; what was sent and not noted comes again under the id it had", async () => {
    const first = await openTestStore(path);
    await first.commit(batchOf(range(1, 40).map((n) => draft(n))));
    await forward(first, 40);
    await first.commit(batchOf(range(41, 80).map((n) => draft(n))));
    await first.acknowledge("cloud", "live", 38); // as if the last acknowledgements had not been stored
    await first.close();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 0, 100);
    writeFileSync(path, bytes);

    const second = await openTestStore(path);
    expect(second.opened.salvage).toMatchObject({ records: 42, lostRecords: 0 });
    await second.commit(batchOf([draft(81)]));
    await forward(second, 43);
    await second.commit(batchOf([draft(82)]));
    await forward(second, 44);
    await second.close();

    const found = await stream();
    expect(found.map(({ n }) => n)).toEqual([...range(1, 40), ...range(39, 82)]);
    const again = found.filter(({ epoch }) => epoch === second.epoch);
    expect(again.map(({ sequence }) => sequence)).toEqual(range(1, 44));
    // a consumer that goes by ids has each once
    expect(new Set(found.map(({ id }) => id)).size).toBe(82);
  });
});
