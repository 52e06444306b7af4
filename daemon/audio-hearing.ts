import type { Registry } from "prom-client";
import type { VenueConfig } from "../config/index.js";
import { AudioMetrics, toAudioSpec } from "./audio-wiring.js";
import type { Clock } from "./clock.js";
import { timingOf } from "./cue-timing.js";
import { TouchlineError } from "./errors.js";
import { type AudioThread, type ChannelReport, type ListenerSnapshot, startAudio } from "./inputs/index.js";
import { LevelSeconds } from "./level-seconds.js";
import type { AudioWatch, Logger } from "./observe/index.js";
import type { Snapshot } from "./outbox/index.js";
import type { PipelineInput } from "./pipeline.js";

export interface AudioHearingParts {
  readonly config: VenueConfig;
  /** Folder for a recording of the sound; `null`: none. */
  readonly recordTo: string | null;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly watch: AudioWatch;
  readonly snapshots: readonly Snapshot[];
  readonly onInput: (input: PipelineInput) => void;
  readonly onSnapshot: (snapshot: Snapshot) => void;
  readonly onReport: (report: ChannelReport) => void;
  /** The audio thread is gone: nothing will be heard any more. */
  readonly onLost: (error: TouchlineError) => void;
}

const LISTENER_CORE = "listener:";

/** Starts the audio thread and leads what it hears into the pipeline, the metrics and the page. Returns the way to stop it. */
export function startHearing(parts: AudioHearingParts): () => Promise<void> {
  const { config, clock, logger, watch } = parts;
  const inputs = config.inputs.audio;
  if (inputs.length === 0) return () => Promise.resolve();
  const metrics = new AudioMetrics(
    parts.registry,
    inputs.map(({ name }) => name),
  );
  for (const { name } of inputs) watch.expect(name);
  const seconds = new LevelSeconds();
  const thread: AudioThread = startAudio(
    inputs.map((input) => toAudioSpec(input, parts.recordTo)),
    {
      onReport: (report) => {
        metrics.report(report, clock.wall() / 1e6);
        watch.onReport(report);
        parts.onReport(report);
        passOn(report, seconds, parts);
      },
      onEnd: (input, error, isFinal) => {
        metrics.state(input, error === null && isFinal);
        watch.onEnd(input, error, isFinal);
        if (error?.code === "AUD_THREAD_LOST") parts.onLost(new TouchlineError("AUD_THREAD_LOST", [error.message]));
        if (error !== null) logger.error({ input, ...error, isFinal }, "an audio input has failed");
        else if (isFinal) logger.info({ input }, "an audio input has ended");
      },
      onState: (input, state, detail) => {
        metrics.state(input, state === "up");
        watch.onState(input, state, detail);
        logger.info({ input, state, detail }, "an audio input changed");
      },
      onWarning: (input, warning) => logger.warn({ input, ...warning }, "an audio input is odd"),
    },
    { snapshots: listenerSnapshots(parts.snapshots) },
  );
  return () => thread.stop();
}

function passOn(report: ChannelReport, seconds: LevelSeconds, { onInput, onSnapshot }: AudioHearingParts): void {
  const { snapshot } = report;
  const timing = timingOf(report);
  for (const cue of report.cues) onInput({ type: "cue", cue, timing });
  for (const cue of report.faint ?? []) onInput({ type: "cue", cue, timing, isFaint: true });
  for (const { level } of seconds.push(report)) onInput({ type: "level", level });
  // After the cues: a snapshot never runs ahead of what it has told.
  if (snapshot !== null) onSnapshot({ core: LISTENER_CORE + report.channel, ...snapshot });
}

function listenerSnapshots(snapshots: readonly Snapshot[]): Map<string, ListenerSnapshot> {
  return new Map(
    snapshots
      .filter(({ core }) => core.startsWith(LISTENER_CORE))
      .map(({ core, version, body }) => [core.slice(LISTENER_CORE.length), { version, body }]),
  );
}
