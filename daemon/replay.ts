/**
 * A recording through the pipeline of `run`, on the recording's own clock: messages at their arrival, cues when they could first be
 * told, ticks when they are due. The same recording gives the same records, to the byte, however fast the machine is.
 */
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { Registry } from "prom-client";
import type { Cue } from "../dsp/index.js";
import { addSeconds, secondsBetween, timeOfSample, type UnixMicros } from "../sync/index.js";
import { SYSTEM_CLOCK } from "./clock.js";
import { timingOf } from "./cue-timing.js";
import { messageOf, TouchlineError } from "./errors.js";
import { fuelLanesOf } from "./fuel-wiring.js";
import {
  type AudioInputHandlers,
  type AudioInputSpec,
  type AudioThread,
  type ChannelReport,
  startAudio,
} from "./inputs/index.js";
import { LevelSeconds } from "./level-seconds.js";
import { type OutputRoute, openStore, type Store } from "./outbox/index.js";
import { Pipeline, type PipelineInput } from "./pipeline.js";
import { toPipelineInput } from "./read-message.js";
import { readMessageFile, type SkippedLine } from "./recording/message-file.js";
import { type RecordingInfo, readSessionFile } from "./recording/session-file.js";
import { readTelemetryRecording } from "./recording/telemetry-recording.js";
import { type MergedItem, TimeMerge } from "./recording/time-merge.js";
import { type BoxIdentity, type Delivery, LANES, type RecordDraft } from "./records/index.js";
import { profileOf } from "./sport-profiles.js";
import { MAX_SESSIONS, UTC_UNCERTAINTY_SEC } from "./venue-defaults.js";

const REPLAY_EPOCH = "replay";
/** Records are written to this output of the replay's own store, which numbers them. */
const OUTPUT = "output";
/** After the last input the clock runs on this long, so that what waits for later evidence is told, before all becomes final. */
const RUN_OUT_SEC = 120;
const PAGE = 500;
const MAX_UNCOMMITTED = 256;

export interface ReplayObserver {
  /** Share of the recording that is done, 0..1, and the time of the recording. */
  progress?(share: number, at: UnixMicros): void;
  heard?(report: ChannelReport): void;
  made?(drafts: readonly RecordDraft[]): void;
  skipped?(line: SkippedLine): void;
}

export interface ReplayResult {
  readonly info: RecordingInfo;
  readonly records: number;
  readonly skipped: readonly SkippedLine[];
  readonly audioSec: number;
}

/** Replays `folder` and writes the records to `outputPath`, one CloudEvent a line, in the order in which they were made. */
export async function replayRecording(
  folder: string,
  outputPath: string,
  observer: ReplayObserver = {},
): Promise<ReplayResult> {
  const info = readSessionFile(folder);
  const work = mkdtempSync(join(tmpdir(), "touchline-replay-"));
  try {
    const store = await openReplayStore(join(work, "replay.db"), info, []);
    try {
      const result = await replayInto(store, folder, info, observer);
      await writeRecords(store, outputPath);
      return result;
    } finally {
      await store.close();
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** A store whose epoch and numbers are the same each time; `routes` are further outputs beside the file's. */
export function openReplayStore(path: string, box: BoxIdentity, routes: readonly OutputRoute[]): Promise<Store> {
  return openStore({
    path,
    box,
    routes: [{ output: OUTPUT, kinds: null, classes: null }, ...routes],
    epoch: REPLAY_EPOCH,
    clock: SYSTEM_CLOCK,
    registry: new Registry(),
  });
}

export async function replayInto(
  store: Store,
  folder: string,
  info: RecordingInfo,
  observer: ReplayObserver,
): Promise<ReplayResult> {
  const skipped: SkippedLine[] = [];
  const onSkipped = (line: SkippedLine) => {
    skipped.push(line);
    observer.skipped?.(line);
  };
  const messages = [
    ...(await readMessageFile(join(folder, "log.jsonl"), "log", onSkipped)),
    ...(await readMessageFile(join(folder, "race.jsonl"), "race", onSkipped)),
    ...(await readTelemetryRecording(folder, info.session.scheduledStart, onSkipped)),
  ].sort((a, b) => a.arrival - b.arrival);
  const merge = new TimeMerge(
    messages,
    info.channels.map((channel) => channel.name),
  );
  const run = new ReplayRun(store, info, merge, observer);
  const audioSec = await run.hear();
  await run.finish();
  return { info, records: run.records, skipped, audioSec };
}

/** One replay under way. */
class ReplayRun {
  records = 0;
  readonly #store: Store;
  readonly #info: RecordingInfo;
  readonly #merge: TimeMerge;
  readonly #observer: ReplayObserver;
  readonly #pipeline: Pipeline;
  readonly #seconds = new LevelSeconds();
  #uncommitted: RecordDraft[] = [];
  #now: UnixMicros | null = null;
  #startedAt: UnixMicros | null = null;

  constructor(store: Store, info: RecordingInfo, merge: TimeMerge, observer: ReplayObserver) {
    this.#store = store;
    this.#info = info;
    this.#merge = merge;
    this.#observer = observer;
    this.#pipeline = new Pipeline({
      sessions: [info.session],
      defaultSession: info.session,
      profileOf,
      utcUncertaintySec: UTC_UNCERTAINTY_SEC,
      maxSessions: MAX_SESSIONS,
      createFuelLane: fuelLanesOf(({ car, message }) => {
        throw new TouchlineError("REC_INVALID", [`session.fuel.car ${car}`, message]);
      }),
    });
  }

  /** Hears all channels to their ends; resolves to the seconds of sound of the longest one. */
  async hear(): Promise<number> {
    const { channels } = this.#info;
    if (channels.length === 0) return 0;
    const heardSec = new Map<string, number>();
    let thread: AudioThread | null = null;
    let work = Promise.resolve();
    try {
      await new Promise<void>((resolve, reject) => {
        const then = (act: () => Promise<void>) => {
          work = work.then(act).catch(reject);
        };
        let open = channels.length;
        const handlers: AudioInputHandlers = {
          onReport: (report) => {
            heardSec.set(report.channel, report.heardUpTo / report.sampleRate);
            then(async () => {
              this.#take(report);
              await this.#advance();
              thread?.acknowledge(report.channel, report.heardUpTo);
            });
          },
          onEnd: (input, error, isFinal) => {
            if (error !== null) return reject(new TouchlineError("REC_INVALID", [input, error.message]));
            if (!isFinal) return;
            open -= 1;
            const isLast = open === 0;
            then(async () => {
              this.#merge.ended(input);
              await this.#advance();
              if (isLast) resolve();
            });
          },
          onState: () => undefined,
        };
        thread = startAudio(channels.map(toInputSpec), handlers, { acknowledgesItself: false });
      });
    } finally {
      await (thread as AudioThread | null)?.stop();
    }
    return Math.max(0, ...heardSec.values());
  }

  async finish(): Promise<void> {
    await this.#advance();
    const end = addSeconds(this.#now ?? this.#info.session.scheduledStart ?? (0 as UnixMicros), RUN_OUT_SEC);
    await this.#ticksBefore(end);
    await this.#push({ type: "endAll" }, end);
    await this.#commit();
  }

  #take(report: ChannelReport): void {
    const { channel, input, clock } = report;
    const timing = timingOf(report);
    const itemOf = (cue: Cue, isFaint: boolean) => ({
      type: "cue" as const,
      at: timeOfSample(clock, cue.reported),
      cue,
      timing,
      isFaint,
    });
    const cues = [
      ...report.cues.map((cue) => itemOf(cue, false)),
      ...(report.faint ?? []).map((cue) => itemOf(cue, true)),
    ];
    const levels = this.#seconds.push(report).map(({ level, reported }) => ({
      type: "level" as const,
      at: reported,
      level,
    }));
    this.#merge.heard(input, channel, timeOfSample(clock, report.heardUpTo), [...cues, ...levels]);
    this.#observer.heard?.(report);
  }

  async #advance(): Promise<void> {
    for (const item of this.#merge.take()) {
      await this.#ticksBefore(item.at);
      const input = this.#inputOf(item);
      if (input !== null) await this.#push(input, item.at);
    }
    await this.#commit();
    this.#tellProgress();
  }

  #inputOf(item: MergedItem): PipelineInput | null {
    if (item.type === "cue") {
      return { type: "cue", cue: item.cue, timing: item.timing, isFaint: item.isFaint === true };
    }
    if (item.type === "level") return { type: "level", level: item.level };
    const { what, message, arrival } = item.message;
    return toPipelineInput(what, message, arrival, this.#info.session.session);
  }

  async #ticksBefore(limit: UnixMicros): Promise<void> {
    let last: UnixMicros | null = null;
    for (let due = this.#pipeline.nextDue(); due !== null && due <= limit; due = this.#pipeline.nextDue()) {
      // A core that stays due after its tick must not stop the clock.
      if (last !== null && due <= last) return;
      last = due;
      await this.#push({ type: "tick" }, due);
    }
  }

  async #push(input: PipelineInput, at: UnixMicros): Promise<void> {
    this.#startedAt ??= at;
    this.#now = this.#now === null || at > this.#now ? at : this.#now;
    this.#uncommitted.push(...this.#pipeline.push(input, this.#now));
    if (this.#uncommitted.length >= MAX_UNCOMMITTED) await this.#commit();
  }

  async #commit(): Promise<void> {
    const drafts = this.#uncommitted;
    this.#uncommitted = [];
    const snapshots = this.#pipeline.takeSnapshots(this.#now ?? (0 as UnixMicros));
    if (drafts.length === 0) return;
    await this.#store.commit({ records: drafts, snapshots, consumedInbox: null });
    this.records += drafts.length;
    this.#observer.made?.(drafts);
  }

  #tellProgress(): void {
    const { scheduledStart, scheduledEnd } = this.#info.session;
    const at = Number.isFinite(this.#merge.watermark) ? (this.#merge.watermark as UnixMicros) : this.#now;
    const start = this.#startedAt ?? scheduledStart;
    if (at === null || start === null || scheduledEnd === null || scheduledEnd <= start) return;
    const share = secondsBetween(start, at) / secondsBetween(start, scheduledEnd);
    this.#observer.progress?.(Math.min(1, Math.max(0, share)), at);
  }
}

function toInputSpec(channel: RecordingInfo["channels"][number]): AudioInputSpec {
  return {
    name: channel.name,
    role: channel.role,
    source: { type: "wav", path: channel.path },
    channel: null,
    pathDelayMs: channel.pathDelayMs,
    position: channel.position,
    startTime: channel.startTime,
    pace: "fast",
    recordTo: null,
  };
}

/** All deliveries of the replay, the lanes merged in the order of the records' numbers, in constant memory. */
async function writeRecords(store: Store, path: string): Promise<void> {
  const partial = `${path}.partial`;
  const file = createWriteStream(partial);
  const opened = finished(file);
  try {
    for await (const delivery of inOrderOfNumbers(store)) {
      if (!file.write(`${JSON.stringify(delivery.event)}\n`)) {
        await Promise.race([opened, new Promise<void>((resolve) => file.once("drain", () => resolve()))]);
      }
    }
    file.end();
    await opened;
    await rename(partial, path);
  } catch (error) {
    throw new TouchlineError("FILE_UNWRITABLE", [path, messageOf(error)], error);
  }
}

async function* inOrderOfNumbers(store: Store): AsyncGenerator<Delivery> {
  const lanes = LANES.map((lane) => ({ lane, after: 0, page: [] as Delivery[], isOver: false }));
  for (;;) {
    for (const state of lanes) {
      if (state.isOver || state.page.length > 0) continue;
      state.page = await store.read(OUTPUT, state.lane, state.after, PAGE);
      state.after = state.page.at(-1)?.sequence ?? state.after;
      state.isOver = state.page.length === 0;
    }
    const next = lanes.filter(({ page }) => page.length > 0).sort((a, b) => numberOf(a.page) - numberOf(b.page))[0];
    const delivery = next?.page.shift();
    if (delivery === undefined) return;
    yield delivery;
  }
}

function numberOf(page: readonly Delivery[]): number {
  return page[0]?.number ?? Number.POSITIVE_INFINITY;
}
