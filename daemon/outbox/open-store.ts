import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Registry } from "prom-client";
import type { Clock } from "../clock.js";
import { messageOf, TouchlineError } from "../errors.js";
import { builtThread } from "../package-files.js";
import type { BoxIdentity } from "../records/index.js";
import { Bell, createBellMemory } from "./bell.js";
import type { Opened, OpenedStore, Retention, WriterOptions } from "./messages.js";
import type { OutputRoute } from "./store.js";
import { StoreClient } from "./store-client.js";
import { StoreMetrics } from "./store-metrics.js";

export interface StoreOptions {
  /** The database file. Its folder must exist; `<path>.lock` is made beside it. */
  readonly path: string;
  readonly box: BoxIdentity;
  /** One per output. An output that is new here gets the records from now on. */
  readonly routes: readonly OutputRoute[];
  /** For a fresh database, where runs must be the same to the byte (replay); else one is drawn. */
  readonly epoch?: string;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly retention?: Partial<Retention>;
  /** For a daemon: a ballast file is kept beside the database, and commits wait for room on a full disk instead of failing. */
  readonly staysUpWhenFull?: boolean;
  /** How often pruning looks for work. */
  readonly maintainEveryMs?: number;
}

/** The 5 minutes are longer than a JetStream server keeps acknowledged messages off the disk by default (2 minutes). */
export const DEFAULT_RETENTION: Retention = {
  afterDeliveryMs: 5 * 60_000,
  keepMs: 24 * 3_600_000,
  maxBytes: 20 * 1024 ** 3,
};
const MAINTAIN_EVERY_MS = 10_000;
/** Twice what the write-ahead log usually takes: enough to move it into the database and to prune. */
const BALLAST_BYTES = 8 * 1024 * 1024;

/**
 * Opens the store in its own thread. Throws DB_OPEN_FAILED (with what to do), DB_NEWER or DB_NOT_DURABLE; a damaged or foreign database is
 * renamed and replaced, see `setAside` of the result.
 */
export async function openStore(options: StoreOptions): Promise<StoreClient> {
  const { path, box, routes, clock, registry } = options;
  const workerData: WriterOptions = {
    path,
    box,
    routes,
    epoch: options.epoch ?? null,
    retention: { ...DEFAULT_RETENTION, ...options.retention },
    ballastBytes: options.staysUpWhenFull === true ? BALLAST_BYTES : 0,
    bell: createBellMemory(),
    openedAt: clock.wall(),
  };
  const worker = new Worker(builtThread("daemon/outbox/writer-thread.ts"), { workerData, name: "store" });
  const opened = await untilOpen(worker, path);
  const outputs = routes.map((route) => route.output);
  return new StoreClient({
    worker,
    bell: new Bell(workerData.bell),
    clock,
    opened,
    waitsForRoom: options.staysUpWhenFull === true,
    maintainEveryMs: options.maintainEveryMs ?? MAINTAIN_EVERY_MS,
    createMetrics: (readStats) => new StoreMetrics(registry, outputs, readStats),
  });
}

async function untilOpen(worker: Worker, path: string): Promise<OpenedStore> {
  const first = await once(worker, "message").catch((error: unknown) => {
    throw new TouchlineError("DB_OPEN_FAILED", [path, messageOf(error)], error);
  });
  const answer = first[0] as Opened;
  if ("opened" in answer) return answer.opened;
  await worker.terminate();
  throw new TouchlineError(answer.openFailure.code, answer.openFailure.details);
}
