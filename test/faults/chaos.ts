import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startNatsServer, type TestServer } from "../nats-server.js";
import { tempFolder } from "../store-fixture.js";
import { eventually, type RunningDaemon, startTouchline } from "../touchline-process.js";
import { CountingConsumer, type Tally } from "./counting-consumer.js";
import { seeded } from "./report.js";
import { startLine, type TcpLine } from "./tcp-line.js";

export const FAULTS = [
  "killDaemon",
  "killServer",
  "freezeServer",
  "freezeDaemon",
  "cut",
  "deadLine",
  "lostAcks",
  "deafServer",
] as const;
export type Fault = (typeof FAULTS)[number];

export interface ChaosOptions {
  readonly seed: number;
  /** In this order, one after the other. */
  readonly faults: readonly Fault[];
  /** How long each of them lasts at most. */
  readonly upToMs: number;
  /** Faults go on until the accepted events make so many records: two of each, at least. */
  readonly records: number;
  readonly batch: number;
  readonly pauseMs: number;
}

export interface ChaosResult {
  readonly tally: Tally;
  readonly faults: number;
  readonly acknowledged: number;
  /** Acknowledged events of which the consumer saw nothing. */
  readonly unseen: number;
  /** Messages in the stream: must be what the consumer counted. */
  readonly stored: number;
}

/** `touchline run` with a hub behind a line, loggers that post, a consumer that counts; and everything in between goes wrong. */
export async function chaos(options: ChaosOptions): Promise<ChaosResult> {
  const folder = tempFolder();
  const server = await startNatsServer();
  const line = await startLine(server.port);
  const config = join(folder.path, "venue.yaml");
  writeFileSync(config, configFor(line.url));
  const run = new ChaosRun(options, config, server, line);
  try {
    return await run.go();
  } finally {
    await run.end();
    await line.dispose();
    await server.dispose();
    folder.remove();
  }
}

const STREAM = "TOUCHLINE_chaos_a_live";

class ChaosRun {
  readonly #options: ChaosOptions;
  readonly #config: string;
  readonly #server: TestServer;
  readonly #line: TcpLine;
  readonly #random: () => number;
  readonly #consumer: CountingConsumer;
  readonly #acknowledged = new Set<string>();
  #daemon: RunningDaemon | null = null;
  #next = 0;
  #isProducing = true;

  constructor(options: ChaosOptions, config: string, server: TestServer, line: TcpLine) {
    this.#options = options;
    this.#config = config;
    this.#server = server;
    this.#line = line;
    this.#random = seeded(options.seed);
    this.#consumer = new CountingConsumer(server.url, STREAM);
  }

  async go(): Promise<ChaosResult> {
    this.#daemon = await startTouchline(this.#config);
    this.#consumer.start();
    const producing = this.#produce();
    let faults = 0;
    while (faults < this.#options.faults.length || this.#acknowledged.size * 2 < this.#options.records) {
      await pause(200 + this.#random() * 800);
      const fault = this.#options.faults[faults % this.#options.faults.length];
      if (fault !== undefined) await this.#inflict(fault, this.#random() * this.#options.upToMs);
      faults += 1;
    }
    this.#isProducing = false;
    await producing;
    await this.#untilDelivered();
    this.#daemon.signal("SIGTERM");
    await this.#daemon.exited;
    const stored = await this.#untilConsumerHasAll();
    const tally = await this.#consumer.stop();
    const unseen = [...this.#acknowledged].filter((id) => !this.#consumer.subjects.has(id)).length;
    return { tally, faults, acknowledged: this.#acknowledged.size, unseen, stored };
  }

  async end(): Promise<void> {
    this.#isProducing = false;
    this.#daemon?.signal("SIGCONT");
    this.#daemon?.signal("SIGKILL");
    await this.#consumer.stop();
  }

  async #inflict(fault: Fault, forMs: number): Promise<void> {
    switch (fault) {
      case "killDaemon":
        this.#daemon?.signal("SIGKILL");
        await this.#daemon?.exited;
        this.#daemon = await startTouchline(this.#config);
        return;
      case "killServer":
        await this.#server.kill();
        await pause(forMs / 2);
        return await this.#server.start();
      case "freezeServer":
        this.#server.freeze();
        await pause(forMs);
        return this.#server.thaw();
      case "freezeDaemon":
        this.#daemon?.signal("SIGSTOP");
        await pause(forMs / 2);
        return this.#daemon?.signal("SIGCONT");
      case "cut":
        return await this.#line.cut();
      case "deadLine":
        return await this.#lineFor(forMs, { toClient: false, toServer: false });
      case "lostAcks":
        return await this.#lineFor(forMs, { toClient: false });
      case "deafServer":
        return await this.#lineFor(forMs, { toServer: false });
    }
  }

  /** What was lost on the way is lost for good: such a line is reset in the end, as a router does that comes back. */
  async #lineFor(ms: number, state: { toClient?: false; toServer?: false }): Promise<void> {
    await this.#line.set(state);
    await pause(ms);
    await this.#line.cut();
    await this.#line.set({ toClient: true, toServer: true });
  }

  async #produce(): Promise<void> {
    while (this.#isProducing) {
      const messages = Array.from({ length: this.#options.batch }, () => {
        const n = this.#next++;
        return { id: `e${n}`, logger: `l${n % 7}`, class: "foul", stamp: new Date().toISOString() };
      });
      const answer = await fetch(`${this.#daemon?.url}/v1/in/log`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(messages),
        signal: AbortSignal.timeout(10_000),
      }).catch(() => null); // killed in the middle: not acknowledged
      if (answer?.status === 202) for (const { id, logger } of messages) this.#acknowledged.add(`${logger}/${id}`);
      await answer?.arrayBuffer().catch(() => undefined);
      await pause(answer === null ? 50 : this.#options.pauseMs);
    }
  }

  async #untilDelivered(): Promise<void> {
    await eventually(
      "the outbox is empty",
      async () => {
        const text = await fetch(`${this.#daemon?.url}/metrics`).then((answer) => answer.text());
        const backlog = /^touchline_outbox_backlog\{output="cloud",lane="live"\} (\d+)/m.exec(text)?.[1];
        return Number(backlog) === 0 && this.#isSeen() ? true : null;
      },
      300_000,
    );
  }

  #isSeen(): boolean {
    for (const id of this.#acknowledged) if (!this.#consumer.subjects.has(id)) return false;
    return true;
  }

  async #untilConsumerHasAll(): Promise<number> {
    const { connect } = await import("nats");
    const connection = await connect({ servers: this.#server.url });
    const { state } = await (await connection.jetstreamManager()).streams.info(STREAM);
    await connection.close();
    await eventually("the consumer has read the stream", async () =>
      this.#consumer.tally().records >= state.messages ? true : null,
    );
    return state.messages;
  }
}

function configFor(url: string): string {
  return [
    "venue: chaos",
    "http: { listen: 127.0.0.1:0 }",
    "store: { path: chaos.db }",
    `nats: { servers: ["${url}"] }`,
    "outputs: [ { name: cloud, type: jetstream } ]",
    "sessions: [ { session: cup, sport: football, scheduledStart: 2026-05-16T18:30:00Z } ]",
    "log: { format: json }",
  ].join("\n");
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
