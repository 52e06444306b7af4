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
  createWebhookOutput,
  type LiveFeed,
  type LostRecords,
  loadSecrets,
  type Output,
} from "./outputs/index.js";
import { packageVersion } from "./package-files.js";
import { type BoxIdentity, RECORD_KINDS, type RecordDraft, type RecordKind } from "./records/index.js";

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
    ...config.outputs.map(({ name, only, maxLag }) => {
      return { output: name, ...only, kinds: only.kinds ?? impliedKinds(only), maxLagMs: maxLag };
    }),
  ];
}

/** A limit on teams alone means: events of these teams, and nothing that has no team. */
function impliedKinds({ teams, cars, minInterest, sessions }: OutputConfig["only"]): readonly RecordKind[] | null {
  const named: RecordKind[] = [
    ...(teams === null ? [] : (["event"] as const)),
    ...(cars === null ? [] : (["fuel"] as const)),
    ...(minInterest === null ? [] : (["moment"] as const)),
  ];
  if (named.length > 0) return named;
  return sessions === null ? null : RECORD_KINDS.filter((kind) => kind !== "health" && kind !== "gap");
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
  const { onLost } = parts;
  const common = { name: output.name, source: store, clock, registry, log: logger.child({ part: "outputs" }), onLost };
  switch (output.type) {
    case "file":
      return output.path === null ? [] : [createFileOutput({ ...common, path: output.path })];
    case "jetstream":
      return link === null ? [] : [createJetStreamOutput({ ...common, ...budgetOf(output), box, link })];
    case "webhook":
      return output.url === null ? [] : [createWebhookOutput({ ...common, ...webhookOf(output, output.url), box })];
  }
}

function budgetOf({ maxRate, compress, supersede }: OutputConfig) {
  return { maxRate, compress, supersedeMs: supersede };
}

/** @throws TouchlineError OUT_SECRET_INVALID */
function webhookOf({ secretFile, batch, timeout, refused, maxRate }: OutputConfig, url: string) {
  const secrets = secretFile === null ? [] : loadSecrets(secretFile);
  return { url, secrets, batch, timeoutMs: timeout, refused, maxRate, userAgent: `touchline/${packageVersion()}` };
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
      detail:
        "they are kept no more: the destination was away for longer than maxLag, or went back further than the box keeps",
      output,
      lane,
      fromSequence: from,
      toSequence: to,
    },
  };
}
