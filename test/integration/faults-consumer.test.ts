import { connect, headers } from "nats";
import { describe, expect, it } from "vitest";
import { CountingConsumer } from "../faults/counting-consumer.js";
import { HAS_NATS_SERVER, natsMissing, startNatsServer } from "../nats-server.js";
import { until } from "../store-fixture.js";

const title = HAS_NATS_SERVER
  ? "the consumer that counts in the fault tests"
  : "skipped: nats-server is not installed: the consumer that counts";

describe.skipIf(natsMissing())(title, () => {
  it("sees what is lost, doubled and out of order: else the fault tests would prove nothing", async () => {
    const server = await startNatsServer();
    const connection = await connect({ servers: server.url });
    await (await connection.jetstreamManager()).streams.add({ name: "S", subjects: ["s.>"] });
    const consumer = new CountingConsumer(server.url, "S").start();
    const publish = async (sequence: number, revision: number, id = `id-${sequence}`): Promise<void> => {
      const attributes = headers();
      const values = {
        id,
        type: "touchline.event.v1",
        source: "/venues/v/boxes/b/sessions/s",
        subject: "e",
        epoch: "1",
        lane: "live",
      };
      for (const [name, value] of Object.entries({ ...values, sequence: String(sequence) }))
        attributes.set(`ce-${name}`, value);
      await connection.jetstream().publish("s.e", JSON.stringify({ revision }), { headers: attributes });
    };
    await publish(1, 1);
    await publish(2, 2);
    await publish(2, 3); // again
    await publish(6, 4); // 3 to 5 are missing
    await publish(4, 5); // late
    await publish(7, 5); // a revision that does not rise
    await until(() => consumer.tally().records === 6);
    expect(await consumer.stop()).toEqual({ records: 6, lost: 3, duplicates: 1, outOfOrder: 2 });
    await connection.close();
    await server.dispose();
  });
});
