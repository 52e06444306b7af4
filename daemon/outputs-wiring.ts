import type { Registry } from "prom-client";
import type { OutputConfig, VenueConfig } from "../config/index.js";
import type { UnixMicros } from "../sync/index.js";
import type { Clock } from "./clock.js";
import type { NatsLink } from "./link.js";
import type { Logger } from "./observe/index.js";
import type { OutputRoute, Store } from "./outbox/index.js";
import {
  createFileOutput,
  createJetStreamOutput,
  createLiveFeed,
  type LiveFeed,
  type LostRecords,
  type Output,
} from "./outputs/index.js";
import type { BoxIdentity, RecordDraft } from "./records/index.js";

/** The live feed is an output like the others, on the page and in the metrics. */
const FEED = "live-feed";
const RECORDING = "recording";
/** Events a client of the feed gets that cannot resume: more than a match holds. */
const SNAPSHOT_EVENTS = 500;

export interface OutputParts {
  readonly config: VenueConfig;
  readonly box: BoxIdentity;
  readonly store: Store;
  readonly link: NatsLink | null;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly logger: Logger;
  /** Records that an output can never deliver, because neither it nor the store has them any more. */
  readonly onLost: (lost: LostRecords) => void;
  /** Where `run --record` wants the records; `null`: not recorded. */
  readonly recordingPath: string | null;
}

export interface Outputs {
  readonly feed: LiveFeed;
  /** All of them, the feed included. */
  readonly all: readonly Output[];
}

/** What the store numbers, one route per output. */
export function routesOf(config: VenueConfig, isRecording: boolean): OutputRoute[] {
  const everything = { kinds: null, classes: null };
  return [
    { output: FEED, ...everything },
    ...(isRecording ? [{ output: RECORDING, ...everything }] : []),
    ...config.outputs.map(({ name, only }) => ({ output: name, kinds: only.kinds, classes: only.classes })),
  ];
}

export function createOutputs(parts: OutputParts): Outputs {
  const { store, clock, registry, logger, recordingPath } = parts;
  const log = logger.child({ part: "outputs" });
  const feed = createLiveFeed({
    name: FEED,
    source: store,
    clock,
    registry,
    log,
    snapshot: () => store.latest("event", null, SNAPSHOT_EVENTS),
  });
  const recording =
    recordingPath === null
      ? []
      : [createFileOutput({ name: RECORDING, path: recordingPath, source: store, clock, registry, log })];
  return { feed, all: [feed, ...recording, ...parts.config.outputs.flatMap((output) => createOutput(output, parts))] };
}

function createOutput(output: OutputConfig, parts: OutputParts): Output[] {
  const { box, store, link, clock, registry, logger } = parts;
  const common = { name: output.name, source: store, clock, registry, log: logger.child({ part: "outputs" }) };
  switch (output.type) {
    case "file":
      return output.path === null ? [] : [createFileOutput({ ...common, path: output.path })];
    case "jetstream":
      return link === null ? [] : [createJetStreamOutput({ ...common, box, link, onLost: parts.onLost })];
  }
}

/** The record that tells everybody what is missing. */
export function lostDraft({ output, lane, from, to }: LostRecords, box: BoxIdentity, now: UnixMicros): RecordDraft {
  return {
    kind: "gap",
    session: "_",
    subject: box.box,
    class: lane,
    key: output,
    time: now,
    recordedAt: now,
    data: {
      what: "records",
      count: to - from + 1,
      unit: "records",
      reason: "outputRefused",
      detail: "the destination went back further than the box keeps",
      output,
      lane,
      fromSequence: from,
      toSequence: to,
    },
  };
}
