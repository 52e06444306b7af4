import { constants, existsSync, renameSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { Registry } from "prom-client";
import type { Clock } from "../clock.js";
import { messageOf } from "../errors.js";
import { type Delivery, LANES, type Lane } from "../records/index.js";
import { repairTail } from "./file-tail.js";
import type { LostRecords } from "./jetstream-lane.js";
import type { DeliverySource, Output, OutputStatus } from "./output.js";
import { OutputHealth, type OutputLog } from "./output-health.js";
import { type OutputMetrics, outputMetrics } from "./output-metrics.js";
import { AGAIN, Bell, failed, IDLE, runSteps, type Step } from "./step-loop.js";

const TYPE = "file";
const BATCH_RECORDS = 1000;
const BELIEVED_FOR_MS = 10_000;
const PART = "file";
const REASONS = ["file", "store"];

export interface FileOutputOptions {
  readonly name: string;
  /** JSON lines, one CloudEvent each. Its folder must exist. */
  readonly path: string;
  readonly source: DeliverySource;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly log: OutputLog;
  /** Records that were shed before they could be written. */
  readonly onLost?: (lost: LostRecords) => void;
}

export function createFileOutput(options: FileOutputOptions): Output {
  return new FileOutput(options);
}

/**
 * Appends, flushes, acknowledges, one batch at a time, all lanes in the order in which the records were made. At start and after any error the end of the file is
 * checked against the outbox, so each record is in it exactly once over kill -9 and power cuts.
 */
class FileOutput implements Output {
  readonly name: string;
  readonly #options: FileOutputOptions;
  readonly #health: OutputHealth;
  readonly #metrics: OutputMetrics;
  readonly #stopping = new AbortController();
  readonly #work = new Bell();
  #running: Promise<void> | null = null;
  #release: (() => void) | null = null;
  #file: FileHandle | null = null;
  readonly #next = new Map<Lane, number>();

  constructor(options: FileOutputOptions) {
    const { name, clock, registry, log } = options;
    this.name = name;
    this.#options = options;
    this.#metrics = outputMetrics(registry);
    this.#metrics.startAtZero(name, REASONS);
    this.#health = new OutputHealth({
      name,
      type: TYPE,
      clock,
      metrics: this.#metrics,
      log,
      believedForMs: BELIEVED_FOR_MS,
    });
  }

  start(): void {
    if (this.#running !== null || this.#stopping.signal.aborted) return;
    this.#release = this.#options.source.onCommitted(() => this.#work.ring());
    this.#running = runSteps({
      step: () => this.#step(),
      work: this.#work,
      retry: new Bell(),
      signal: this.#stopping.signal,
      onFailed: (reason, detail) => this.#health.fault(PART, reason, detail),
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#release?.();
    this.#release = null;
    await this.#running;
    await this.#closeFile();
    this.#health.stopped();
  }

  status(): OutputStatus {
    return this.#health.status();
  }

  async #step(): Promise<Step> {
    try {
      this.#file ??= await this.#openFile();
      const didWrite = await this.#writeBatch(this.#file);
      this.#health.sound(PART);
      return didWrite ? AGAIN : IDLE;
    } catch (error) {
      await this.#closeFile();
      return failed("file", `${this.#options.path}: ${messageOf(error)}`);
    }
  }

  async #openFile(): Promise<FileHandle> {
    const { path, source } = this.#options;
    this.#metrics.reconciles.inc({ output: this.name });
    const cursors = await source.cursors(this.name);
    const acknowledged = new Map(cursors.map((cursor) => [cursor.lane, cursor.acknowledged]));
    const written = existsSync(path) ? this.#repair(path, acknowledged) : new Map<Lane, number>();
    for (const { lane, last, acknowledged: before } of cursors) {
      const upTo = written.get(lane) ?? before;
      if (upTo > before) await source.acknowledge(this.name, lane, upTo);
      this.#next.set(lane, upTo + 1);
      this.#health.setBacklog(lane, last - upTo);
    }
    const file = await open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o644);
    await syncFolder(path);
    return file;
  }

  #repair(path: string, acknowledged: ReadonlyMap<Lane, number>): ReadonlyMap<Lane, number> {
    const { log, clock, source } = this.#options;
    const { written, cutBytes, isForeign } = repairTail(path, source.epoch, acknowledged);
    if (cutBytes > 0) log.warn({ output: this.name, path, cutBytes }, "torn end of the file cut off");
    if (isForeign) {
      const stamp = new Date(clock.wall() / 1000).toISOString().replace(/[-:]|\.\d+/g, "");
      const aside = freeName(`${path}.foreign-${stamp}`);
      renameSync(path, aside);
      log.warn({ output: this.name, path, aside }, "file holds no records of ours: renamed, a new one begins");
    }
    return written;
  }

  /**
   * Whether there was anything. The acknowledgements are awaited, so that at most one batch is in doubt after a crash; they are asked for in
   * one tick, so that the outbox takes all of them or none.
   */
  async #writeBatch(file: FileHandle): Promise<boolean> {
    const batch = await this.#readInOrder();
    if (batch.length === 0) return false;
    await file.appendFile(batch.map(toLine).join(""));
    await file.datasync();
    const lastOf = new Map(batch.map((delivery) => [delivery.lane, delivery.sequence]));
    for (const { lane, sequence } of batch) {
      this.#metrics.sent.inc({ output: this.name, lane });
      const expected = this.#next.get(lane) ?? 1;
      if (sequence > expected) this.#tellLost(lane, expected, sequence - 1);
      this.#next.set(lane, sequence + 1);
    }
    await Promise.all(
      [...lastOf].map(([lane, sequence]) => this.#options.source.acknowledge(this.name, lane, sequence)),
    );
    for (const lane of lastOf.keys())
      this.#health.acknowledged(lane, batch.filter((delivery) => delivery.lane === lane).length);
    return true;
  }

  /** They waited too long, because the disk was full for long, and were shed. */
  #tellLost(lane: Lane, from: number, to: number): void {
    this.#metrics.lost.inc({ output: this.name }, to - from + 1);
    this.#options.onLost?.({ output: this.name, lane, from, to });
  }

  /**
   * The next records of all lanes in the order in which they were made. The questions go out in one tick, so that the answers are of one
   * moment; a lane whose page is not all there is bounds the others.
   */
  async #readInOrder(): Promise<Delivery[]> {
    const { source } = this.#options;
    const [cursors, ...pages] = await Promise.all([
      source.cursors(this.name),
      ...LANES.map((lane) => source.read(this.name, lane, (this.#next.get(lane) ?? 1) - 1, BATCH_RECORDS)),
    ]);
    const bounds = pages.map((page, i) => {
      const last = page.at(-1);
      const cursor = cursors.find((candidate) => candidate.lane === LANES[i]);
      const isAll = last === undefined || last.sequence >= (cursor?.last ?? 0);
      if (cursor !== undefined) this.#health.setBacklog(cursor.lane, cursor.last - (last?.sequence ?? cursor.last));
      return isAll ? Number.POSITIVE_INFINITY : last.number;
    });
    const upTo = Math.min(...bounds);
    return pages
      .flat()
      .filter((delivery) => delivery.number <= upTo)
      .sort((a, b) => a.number - b.number);
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close().catch(() => undefined); // what matters was flushed before it was acknowledged
  }
}

function toLine(delivery: Delivery): string {
  return `${JSON.stringify(delivery.event)}\n`;
}

function freeName(name: string): string {
  let candidate = name;
  for (let n = 1; existsSync(candidate); n++) candidate = `${name}-${n}`;
  return candidate;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
