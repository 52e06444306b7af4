/** The daemon: one list of parts, started in the order of the way through the house and stopped in reverse. */
import { join } from "node:path";
import type { Environment, VenueConfig } from "../config/index.js";
import { SPECTRUM_BANDS } from "../dsp/index.js";
import { startHearing } from "./audio-hearing.js";
import { SYSTEM_CLOCK } from "./clock.js";
import { startConnectors } from "./connector-wiring.js";
import { Engine } from "./engine.js";
import { messageOf } from "./errors.js";
import { FuelMetrics } from "./fuel-metrics.js";
import { startResidual } from "./fuel-residual-wiring.js";
import { fuelLanesOf } from "./fuel-wiring.js";
import { gatherFacts, type HealthParts, liveStatusOf } from "./health-rounds.js";
import { createMessageSink } from "./inputs/index.js";
import { startLogInputs } from "./log-wiring.js";
import { startAnswers } from "./nats-answers.js";
import { startNats } from "./nats-wiring.js";
import {
  AudioWatch,
  createLogger,
  createMetrics,
  createNotifier,
  Health,
  HealthReporter,
  inputProbe,
  LoopMonitor,
  loopProbe,
  outputProbe,
  type RootLogger,
  runSystemdNotify,
  storeProbe,
  Watchdog,
} from "./observe/index.js";
import { type AcceptedMessage, INBOX_KEPT_CORE, openStore } from "./outbox/index.js";
import { createOutputs, lostDraft, routesOf } from "./outputs-wiring.js";
import { PACKAGE_ROOT, packageVersion } from "./package-files.js";
import { Pipeline } from "./pipeline.js";
import { PipelineMetrics } from "./pipeline-metrics.js";
import { readInboxMessage } from "./read-message.js";
import { Recorder } from "./recording/recorder.js";
import { defaultSessionOf, sessionsOf } from "./session-wiring.js";
import { SoundMetrics } from "./sound-metrics.js";
import { profileOf } from "./sport-profiles.js";
import { tellOpened } from "./store-wiring.js";
import { createTelemetry } from "./telemetry-wiring.js";
import { TimecodeMetrics } from "./timecode-metrics.js";
import { MAX_SESSIONS, UTC_UNCERTAINTY_SEC } from "./venue-defaults.js";
import { createWebServer, LiveView, loadTokens } from "./web/index.js";

export interface DaemonOptions {
  readonly config: VenueConfig;
  /** Folder for a recording of the first session; `null`: none. */
  readonly recordTo: string | null;
  readonly env: Environment;
}

export interface Daemon {
  readonly url: string;
  readonly logger: RootLogger;
  /** Resolves when the daemon cannot go on: what it accepted is safe, but it takes no more. */
  readonly failed: Promise<unknown>;
  /** Stops the inputs, commits, closes. Resolves to what is unsent, by output. */
  stop(): Promise<ReadonlyMap<string, number>>;
}

/** Starts everything. What was started is stopped again when a later part cannot be. @throws TouchlineError */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const parts = new StartedParts();
  try {
    return await assemble(options, parts);
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

/** What runs, to be stopped in reverse. */
class StartedParts {
  readonly #stops: (() => unknown)[] = [];

  add(stop: () => unknown): void {
    this.#stops.push(stop);
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
  }
}

async function assemble({ config, recordTo, env }: DaemonOptions, started: StartedParts): Promise<Daemon> {
  const clock = SYSTEM_CLOCK;
  const box = { venue: config.venue, box: config.box };
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<unknown>((resolve) => {
    fail = resolve;
  });

  const loop = new LoopMonitor();
  loop.start();
  started.add(() => loop.stop());
  const metrics = createMetrics({ version: packageVersion(), loopDelay: () => loop.last() });
  const { registry } = metrics;
  const logger = createLogger({ ...config.log, clock, destination: null, onLine: metrics.countLogLine });
  started.add(() => logger.flush());

  const store = await openStore({
    path: config.store.path,
    box,
    routes: routesOf(config, recordTo !== null),
    clock,
    registry,
    retention: { maxBytes: config.store.maxBytes },
    staysUpWhenFull: true,
  });
  started.add(() => store.close());
  store.onFailed(fail);
  const lostToDamage = tellOpened(store, logger, box, clock.wall());

  const defaultSession = defaultSessionOf(config);
  const pipeline = new Pipeline({
    sessions: sessionsOf(config),
    defaultSession,
    profileOf,
    utcUncertaintySec: UTC_UNCERTAINTY_SEC,
    maxSessions: MAX_SESSIONS,
    createFuelLane: fuelLanesOf((problem) => logger.error({ ...problem, part: "fuel" }, "no fuel for this race")),
  });
  const snapshots = await store.snapshots();
  for (const core of pipeline.restore(snapshots)) logger.warn({ core }, "a snapshot is unreadable: fresh start");
  const pipelineMetrics = new PipelineMetrics(registry, pipeline, clock);
  new SoundMetrics(registry, pipeline);
  const timecodeMetrics = new TimecodeMetrics(registry, pipeline);
  const fuelMetrics = new FuelMetrics(registry, pipeline.fuel, clock);
  const recorder =
    recordTo === null
      ? null
      : new Recorder(recordTo, box, defaultSession, (error) => {
          logger.error({ reason: messageOf(error) }, "the recording cannot be written");
        });
  const refine = await startResidual({
    config,
    lanes: pipeline.fuel,
    registry,
    logger: logger.child({ part: "fuel" }),
  });
  const engine = new Engine({
    store,
    ...(refine === null ? {} : { refine }),
    pipeline,
    clock,
    readMessage: (message) => readInboxMessage(message, defaultSession.session),
    kept: snapshots.find(({ core }) => core === INBOX_KEPT_CORE)?.body ?? null,
    observer: {
      committed: (drafts, arrivals) => {
        pipelineMetrics.committed(drafts, arrivals);
        timecodeMetrics.committed(drafts);
        fuelMetrics.committed(drafts);
      },
      failed: (error) => fail(error),
      dropped: (what) => pipelineMetrics.dropped(what),
    },
  });
  await engine.start();
  for (const draft of lostToDamage) engine.record(draft);
  started.add(() => engine.stop());

  const link = startNats({ config, clock, registry, logger: logger.child({ part: "nats" }) });
  started.add(() => link?.stop());

  const recordingPath = recorder?.outputPath ?? null;
  const outputs = createOutputs({
    config,
    box,
    store,
    link,
    clock,
    registry,
    logger,
    recordingPath,
    onLost: (lost) => {
      logger.error({ ...lost, part: "outputs" }, "records are lost: the destination went back too far");
      engine.record(lostDraft(lost, box, clock.wall()));
    },
  });
  for (const output of outputs.all) output.start();
  started.add(() => Promise.all(outputs.all.map((output) => output.stop())));

  const health = new Health(clock);
  const watch = new AudioWatch(clock);
  const healthParts: HealthParts = {
    config,
    clock,
    store,
    pipeline,
    watch,
    outputs: outputs.all,
    startedMono: clock.mono(),
  };
  for (const probe of watch.probes()) health.register(probe);
  health.register(storeProbe(store, clock));
  health.register(inputProbe(store));
  health.register(loopProbe(() => loop.last()));
  for (const output of outputs.all) health.register(outputProbe(output.name, () => output.status()));

  if (link !== null)
    started.add(startAnswers({ link, box, version: packageVersion(), health, store, outputs: outputs.all, registry }));

  const live = new LiveView(SPECTRUM_BANDS);
  const onAccepted = (messages: readonly AcceptedMessage[]) => {
    recorder?.accepted(messages);
    engine.accepted(messages);
  };
  const telemetry = createTelemetry({
    config,
    store,
    link,
    clock,
    registry,
    logger: logger.child({ part: "telemetry" }),
    snapshots,
    onAccepted,
    onSnapshot: (snapshot) => engine.snapshot(snapshot),
  });
  const sink = createMessageSink({ store, clock, registry, packTelemetry: telemetry.pack, onAccepted });
  const server = createWebServer({
    listen: config.http.listen,
    version: packageVersion(),
    clock,
    logger: logger.child({ part: "web" }),
    registry,
    health,
    sink,
    feed: {
      handleConnection: (socket, query) => outputs.feed.handleConnection(socket, Object.fromEntries(query)),
    },
    live,
    latest: (kind, session, limit) => store.latest(kind, session, limit),
    sessions: async () => (await store.latest("session", null, MAX_SESSIONS)).map((event) => event.data),
    tokens: config.http.tokensFile === null ? null : loadTokens(config.http.tokensFile),
    allowedHosts: config.http.allowedHosts,
    maxBodyBytes: config.http.maxBodyBytes,
    schemasFolder: join(PACKAGE_ROOT, "config", "schema"),
  });
  const { url } = await server.start();

  const stopLogs = startLogInputs({
    config,
    sink,
    link,
    registry,
    logger: logger.child({ part: "inputs" }),
    snapshots,
    onSnapshot: (snapshot) => engine.snapshot(snapshot),
  });
  const stopTelemetry = telemetry.start();
  const stopConnectors = startConnectors({
    config,
    sink,
    clock,
    registry,
    health,
    logger: logger.child({ part: "inputs" }),
    snapshots,
    onSnapshot: (snapshot) => engine.snapshot(snapshot),
  });
  const stopHearing = startHearing({
    config,
    recordTo: recorder?.audioFolder ?? null,
    clock,
    registry,
    logger: logger.child({ part: "audio" }),
    watch,
    snapshots,
    onInput: (input) => engine.input(input),
    onSnapshot: (snapshot) => engine.snapshot(snapshot),
    onReport: (report) => {
      recorder?.heard(report);
      live.pushReport(report);
    },
    onLost: (error) => fail(error),
  });

  const notifier = createNotifier({
    env,
    pid: process.pid,
    logger: logger.child({ part: "systemd" }),
    run: runSystemdNotify,
  });
  const watchdog = new Watchdog({ notifier, health, logger: logger.child({ part: "watchdog" }) });
  const reporter = new HealthReporter({
    health,
    box,
    clock,
    logger: logger.child({ part: "health" }),
    gather: () => gatherFacts(healthParts),
    emit: async (draft) => engine.record(draft),
    onReport: (report) => {
      loop.sample();
      live.pushStatus(liveStatusOf(report, healthParts));
    },
  });
  reporter.start();
  watchdog.start();
  notifier.ready(`listening on ${url}`);
  logger.info({ url, epoch: store.epoch, version: packageVersion() }, "touchline runs");

  const stopInputs = async () => {
    notifier.stopping("stopping: inputs first");
    watchdog.stop();
    store.stopWaiting();
    await reporter.stop();
    await server.stop();
    await stopLogs();
    await stopTelemetry();
    await stopConnectors();
    await stopHearing();
    await engine.settle();
    recorder?.stop();
  };
  started.add(() => notifier.settled());
  started.add(stopInputs);
  return { url, logger, failed, stop: () => stopDaemon(started, outputs.all) };
}

async function stopDaemon(
  started: StartedParts,
  outputs: readonly { readonly name: string; status(): { readonly backlog: number } }[],
): Promise<ReadonlyMap<string, number>> {
  await started.stop();
  return new Map(outputs.map((output) => [output.name, output.status().backlog]));
}
