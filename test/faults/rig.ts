import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startNatsServer, type TestServer } from "../nats-server.js";
import { tempFolder } from "../store-fixture.js";
import { eventually, type RunningDaemon, startTouchline } from "../touchline-process.js";
import { CountingConsumer } from "./counting-consumer.js";

export interface LoggedMessage {
  readonly id: string;
  readonly logger: string;
  readonly class: string;
  readonly stamp: string;
}

/** `touchline run`, a hub and a consumer that counts: what the faults of single kinds are tried on. */
export interface Rig {
  readonly folder: string;
  readonly server: TestServer;
  readonly consumer: CountingConsumer;
  readonly daemon: RunningDaemon;
  /** True when it was acknowledged. */
  post(messages: readonly LoggedMessage[]): Promise<boolean>;
  /** Until the consumer has something of each of these, and nothing waits in the outbox. */
  untilSeen(subjects: ReadonlySet<string>): Promise<void>;
  /** Between the earliest and the latest record, by the box's clock. */
  spanMinutes(): number;
  /** How old records were when the consumer got them, in milliseconds. */
  readonly ages: readonly number[];
  /** Failures of the output, by reason, with how often. */
  failures(): Promise<Readonly<Record<string, number>>>;
  end(): Promise<void>;
}

export function logged(n: number, logger = "ana"): LoggedMessage {
  return { id: `e${n}`, logger, class: "foul", stamp: new Date().toISOString() };
}

/** `env` is for the daemon alone. */
export async function startRig(
  options: { server?: { config?: string; storeDir?: string }; env?: Readonly<Record<string, string>> } = {},
): Promise<Rig> {
  const folder = tempFolder();
  const server = await startNatsServer(options.server ?? {});
  const config = join(folder.path, "venue.yaml");
  const lines = [
    "venue: rig",
    "http: { listen: 127.0.0.1:0 }",
    "store: { path: rig.db }",
    `nats: { servers: ["${server.url}"] }`,
    "outputs: [ { name: cloud, type: jetstream } ]",
    "sessions: [ { session: cup, sport: football, scheduledStart: 2026-05-16T18:30:00Z } ]",
    "log: { format: json }",
  ];
  writeFileSync(config, lines.join("\n"));
  const daemon = await withEnvironment(options.env ?? {}, () => startTouchline(config)).catch(
    async (error: unknown) => {
      await server.dispose();
      folder.remove();
      throw error;
    },
  );
  const times: number[] = [];
  const ages: number[] = [];
  const consumer = new CountingConsumer(server.url, "TOUCHLINE_rig_a_live", ({ message, receivedAt }) => {
    const madeAt = Date.parse(message.headers?.get("ce-recordedtime") ?? "");
    times.push(madeAt);
    ages.push(receivedAt - madeAt);
  }).start();

  const post = async (messages: readonly LoggedMessage[]): Promise<boolean> => {
    const answer = await fetch(`${daemon.url}/v1/in/log`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(messages),
    });
    await answer.arrayBuffer();
    return answer.status === 202;
  };
  const untilSeen = (subjects: ReadonlySet<string>): Promise<unknown> =>
    eventually(
      "everything is with the consumer",
      async () => {
        const text = await fetch(`${daemon.url}/metrics`).then((answer) => answer.text());
        const backlog = /^touchline_outbox_backlog\{output="cloud",lane="live"\} (\d+)/m.exec(text)?.[1];
        return Number(backlog) === 0 && [...subjects].every((id) => consumer.subjects.has(id)) ? true : null;
      },
      120_000,
    );
  return {
    folder: folder.path,
    server,
    consumer,
    daemon,
    post,
    untilSeen: async (subjects) => void (await untilSeen(subjects)),
    ages,
    spanMinutes: () => Math.round((Math.max(...times) - Math.min(...times)) / 60_000),
    failures: async () => {
      const text = await fetch(`${daemon.url}/metrics`).then((answer) => answer.text());
      const found = text.matchAll(/^touchline_output_errors_total\{output="cloud",reason="(\w+)"\} (\d+)/gm);
      return Object.fromEntries([...found].map(([, reason, count]) => [reason, Number(count)]));
    },
    async end() {
      daemon.signal("SIGKILL");
      await daemon.exited;
      await consumer.stop();
      await server.dispose();
      folder.remove();
    },
  };
}

/** A child takes the environment at the moment it is started. */
function withEnvironment<T>(env: Readonly<Record<string, string>>, start: () => T): T {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    return start();
  } finally {
    for (const name of Object.keys(env)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}
