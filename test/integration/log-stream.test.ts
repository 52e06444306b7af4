import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type NatsConnection } from "nats";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HAS_NATS_SERVER, natsMissing, startNatsServer, type TestServer } from "../nats-server.js";
import { tempFolder } from "../store-fixture.js";
import { readStream } from "../stream-reader.js";
import { eventually, type RunningDaemon, startTouchline } from "../touchline-process.js";

// Real servers and processes on a machine that may be busy: the limits are for what hangs, not for what is slow.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const title = HAS_NATS_SERVER
  ? "logged events from a JetStream stream"
  : "skipped: nats-server is not installed: logged events from a JetStream stream";
const STREAM = "TOUCHLINE_IN_arena";

describe.skipIf(natsMissing())(title, () => {
  let folder: ReturnType<typeof tempFolder>;
  let server: TestServer;
  let daemon: RunningDaemon | null = null;
  let connection: NatsConnection;

  beforeEach(async () => {
    folder = tempFolder();
    server = await startNatsServer();
    connection = await connect({ servers: server.url });
  });
  afterEach(async () => {
    daemon?.signal("SIGKILL");
    await daemon?.exited;
    daemon = null;
    await connection.close();
    await server.dispose();
    folder.remove();
  });

  async function start(log = `{ type: jetstream, stream: ${STREAM} }`): Promise<RunningDaemon> {
    const config = join(folder.path, "venue.yaml");
    const lines = [
      "venue: arena",
      "http: { listen: 127.0.0.1:0 }",
      "store: { path: t.db }",
      `nats: { servers: ["${server.url}"] }`,
      `inputs: { log: [ ${log} ] }`,
      "outputs: [ { name: cloud, type: jetstream } ]",
      "sessions: [ { session: cup, sport: football, scheduledStart: 2026-05-16T18:30:00Z } ]",
      "log: { format: json }",
    ];
    writeFileSync(config, lines.join("\n"));
    daemon = await startTouchline(config);
    return daemon;
  }

  async function log(from: number, to: number): Promise<void> {
    const stream = connection.jetstream();
    for (let n = from; n <= to; n++) {
      const event = { id: `e${n}`, logger: "ana", class: "foul", stamp: new Date().toISOString() };
      await stream.publish("touchline.keep.arena.log.ana", JSON.stringify(event));
    }
  }

  const streamIsThere = async (): Promise<true | null> => {
    const manager = await connection.jetstreamManager();
    return await manager.streams.info(STREAM).then(
      () => true,
      () => null,
    );
  };

  async function eventsInCloud(): Promise<string[]> {
    const records = await readStream(server.url, "TOUCHLINE_arena_a_live");
    const events = records.filter(({ headers }) => headers["ce-type"] === "touchline.event.v1");
    return events.filter(({ data }) => data.revision === 1).map(({ headers }) => headers["ce-subject"] ?? "");
  }

  it("takes each once, those that came while the box was dead too, and acknowledges after the commit", async () => {
    await start();
    await eventually("the stream is made", streamIsThere);
    const reading = log(1, 60);
    await new Promise((resolve) => setTimeout(resolve, 50));
    daemon?.signal("SIGKILL"); // somewhere in the middle
    await daemon?.exited;
    await reading;
    await log(61, 80);
    await start();
    const wanted = Array.from({ length: 80 }, (_, n) => `ana/e${n + 1}`);
    await eventually("all are in the cloud", async () => {
      const seen = await eventsInCloud();
      return wanted.every((id) => seen.includes(id)) ? true : null;
    });
    const manager = await connection.jetstreamManager();
    await eventually("all are acknowledged", async () => {
      const info = await manager.consumers.info(STREAM, "touchline-a");
      return info.num_pending === 0 && info.num_ack_pending === 0 ? true : null;
    });
    expect((await eventsInCloud()).sort()).toEqual(wanted.sort());
  });

  it("gives up on what can never be taken, and takes what follows", async () => {
    await start();
    await eventually("the stream is made", streamIsThere);
    const stream = connection.jetstream();
    await stream.publish("touchline.keep.arena.log.ana", "{ broken");
    await stream.publish("touchline.keep.arena.unknown.ana", "{}");
    await log(1, 1);
    await eventually("the good one is there", async () => ((await eventsInCloud()).length === 1 ? true : null));
    const refused = daemon?.log.filter(({ msg }) => msg === "a message of a stream was refused") ?? [];
    expect(refused.length).toBe(2);
  });

  it("does not read a stream that takes the subjects of requests, which would bring each message twice", async () => {
    const manager = await connection.jetstreamManager();
    await manager.streams.add({ name: STREAM, subjects: ["touchline.in.arena.>"] });
    const running = await start(`{ type: nats }, { type: jetstream, stream: ${STREAM} }`);
    await eventually("it is told", async () =>
      running.log.some(({ trouble }) => /twice/.test(String(trouble))) ? true : null,
    );
    expect((await manager.streams.info(STREAM)).state.consumer_count).toBe(0);
  });
});
