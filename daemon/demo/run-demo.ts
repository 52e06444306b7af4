/**
 * A match on the embedded default: no NATS, a temporary SQLite file, the page open from the start. Simulates a session, replays it
 * through the pipeline of `run`, and compares with its truth.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry } from "prom-client";
import { SPECTRUM_BANDS } from "../../dsp/index.js";
import { formatRfc3339, type UnixMicros } from "../../sync/index.js";
import { SYSTEM_CLOCK } from "../clock.js";
import { TouchlineError } from "../errors.js";
import { Health, SILENT_LOGGER } from "../observe/index.js";
import type { Store } from "../outbox/index.js";
import { createLiveFeed } from "../outputs/index.js";
import { PACKAGE_ROOT, packageVersion } from "../package-files.js";
import { readSessionFile } from "../recording/session-file.js";
import type { BoxIdentity, CloudEvent } from "../records/index.js";
import { openReplayStore, replayInto } from "../replay.js";
import { readTruth } from "../score/index.js";
import { DEFAULT_OPTIONS, parseSimulateOptions, simulateSession } from "../simulate/index.js";
import { createWebServer, LiveView, type WebServer } from "../web/index.js";
import { type CorrectedEvent, CorrectedEvents } from "./corrected-events.js";
import { eventTable, type ResultTable, summaryTable } from "./result-tables.js";

export interface DemoOptions {
  readonly seed: number;
  readonly minutes: number;
  /** Port of the page; any free one when it is taken. */
  readonly port: number;
  onPage(url: string): void;
  onProgress(stage: string, share: number, note: string): void;
}

export interface DemoResult {
  readonly seed: number;
  readonly url: string;
  readonly events: readonly CorrectedEvent[];
  readonly tables: { readonly events: ResultTable; readonly summary: ResultTable };
  readonly audioSec: number;
  readonly heardInSec: number;
  /** Closes the page and removes every file; may be called twice. */
  stop(): Promise<void>;
}

const FEED = "live-feed";
const BOX: BoxIdentity = { venue: "simulated", box: "sim" };
const MAX_BODY_BYTES = 1024 * 1024;

export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const folder = mkdtempSync(join(tmpdir(), "touchline-demo-"));
  const store = await openReplayStore(join(folder, "demo.db"), BOX, [{ output: FEED, kinds: null, classes: null }]);
  const live = new LiveView(SPECTRUM_BANDS);
  const page = await openPage(store, live, options.port);
  options.onPage(page.url);
  let stopping: Promise<void> | null = null;
  const stop = async () => {
    await page.stop();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const stopOnce = () => {
    stopping ??= stop();
    return stopping;
  };
  try {
    const result = await playMatch(store, live, join(folder, "match"), options);
    return { ...result, seed: options.seed, url: page.url, stop: stopOnce };
  } catch (error) {
    await stopOnce();
    throw error;
  }
}

async function playMatch(
  store: Store,
  live: LiveView,
  folder: string,
  options: DemoOptions,
): Promise<Pick<DemoResult, "events" | "tables" | "audioSec" | "heardInSec">> {
  const status = (note: string, share: number) => live.pushStatus(statusOf(note, share));
  status("making the match", 0);
  await simulateSession(
    parseSimulateOptions({
      ...DEFAULT_OPTIONS,
      seed: String(options.seed),
      minutes: String(options.minutes),
      fault: [],
    }),
    { dir: folder, replace: false },
    (share) => options.onProgress("making the match ", share, ""),
  );
  const startedAt = performance.now();
  const corrected = new CorrectedEvents();
  const { audioSec } = await replayInto(store, folder, readSessionFile(folder), {
    heard: (report) => live.pushReport(report),
    made: (drafts) => corrected.made(drafts),
    progress: (share, at) => {
      options.onProgress("hearing the match", share, clockText(at));
      status(`hearing the match: ${clockText(at)}`, share);
    },
  });
  const heardInSec = (performance.now() - startedAt) / 1000;
  options.onProgress("hearing the match", 1, "");
  const events = corrected.beside((await readTruth(folder)).events);
  const tables = { events: eventTable(events), summary: summaryTable(events) };
  live.pushSummary({ title: "Logged and corrected, against the truth", ...tables.summary, note: null });
  status("done", 1);
  return { events, tables, audioSec, heardInSec };
}

async function openPage(
  store: Store,
  live: LiveView,
  port: number,
): Promise<{ url: string; stop: () => Promise<void> }> {
  try {
    return await startServer(store, live, port);
  } catch (error) {
    const isTaken = error instanceof TouchlineError && error.code === "HTTP_LISTEN_FAILED" && port !== 0;
    if (!isTaken) throw error;
    return startServer(store, live, 0);
  }
}

async function startServer(store: Store, live: LiveView, port: number) {
  const registry = new Registry();
  const feed = createLiveFeed({
    name: FEED,
    source: store,
    clock: SYSTEM_CLOCK,
    registry,
    log: SILENT_LOGGER,
    snapshot: () => store.latest("event", null, 500),
  });
  const server: WebServer = createWebServer({
    listen: `127.0.0.1:${port}`,
    version: packageVersion(),
    clock: SYSTEM_CLOCK,
    logger: SILENT_LOGGER,
    registry,
    health: new Health(SYSTEM_CLOCK),
    sink: { accept: refuse },
    feed: { handleConnection: (socket, query) => feed.handleConnection(socket, Object.fromEntries(query)) },
    live,
    latest: (kind, session, limit): Promise<readonly CloudEvent[]> => store.latest(kind, session, limit),
    sessions: async () => (await store.latest("session", null, 1)).map((event) => event.data),
    tokens: null,
    allowedHosts: [],
    maxBodyBytes: MAX_BODY_BYTES,
    schemasFolder: join(PACKAGE_ROOT, "config", "schema"),
  });
  feed.start();
  const { url } = await server.start();
  const stop = async () => {
    await feed.stop();
    await server.stop();
  };
  return { url, stop };
}

async function refuse(_what: string, messages: readonly unknown[]) {
  const refused = { status: "rejected", code: "LOG_BAD_MESSAGE", message: "the demo takes no messages" } as const;
  return messages.map(() => refused);
}

function statusOf(note: string, share: number): Parameters<LiveView["pushStatus"]>[0] {
  return {
    ...BOX,
    version: packageVersion(),
    state: "ok",
    reasons: [],
    sessions: [{ session: "demo", name: "Simulated match", sport: "football", state: share < 1 ? "running" : "ended" }],
    outputs: [],
    progress: { share, note },
  };
}

function clockText(at: UnixMicros): string {
  return formatRfc3339(at).slice(11, 19);
}
