import { formatRfc3339, type UnixMicros } from "../../sync/index.js";
import type { BoxIdentity, RecordDraft } from "../records/index.js";
import type { InputHealth } from "./audio-watch.js";
import type { HealthReport, PartHealth } from "./health.js";

/** The store's figures as the record tells them; the outbox's own `StoreStats` has them all. */
export interface StoreFigures {
  readonly epoch: string;
  readonly records: number;
  readonly inboxPending: number;
  readonly databaseBytes: number;
  readonly walBytes: number;
  readonly lastCommitAt: UnixMicros | null;
}

export interface OutputFigures {
  readonly name: string;
  readonly type: string;
  readonly state: string;
  readonly since: UnixMicros;
  readonly detail: string | null;
  readonly lastAcknowledgedAt: UnixMicros | null;
  readonly backlog: number;
}

/** How well the box's own clock is known against UTC. */
export interface ClockFigures {
  /** Where the knowledge comes from: `ntp`, `ptp`, `none`, ... Open set. */
  readonly source: string;
  /** `null`: nobody could tell. */
  readonly synchronised: boolean | null;
  readonly utcUncertaintySec: number | null;
}

/** All a health record is made of, gathered by the composition root. */
export interface HealthFacts {
  readonly versions: Readonly<Record<string, string>>;
  readonly configHash: string;
  readonly uptimeSec: number;
  readonly sessions: readonly { readonly session: string; readonly sport: string; readonly state: string }[];
  readonly inputs: readonly InputHealth[];
  readonly clock: ClockFigures;
  /** `null`: the store does not answer. */
  readonly store: StoreFigures | null;
  readonly outputs: readonly OutputFigures[];
}

/** The session of a record that is about the whole box. */
const NO_SESSION = "_";

/** The `health` record of one moment: who reads it can tell what works, what does not and since when, without asking the box. */
export function toHealthDraft(
  facts: HealthFacts,
  report: HealthReport,
  box: BoxIdentity,
  now: UnixMicros,
): RecordDraft {
  return {
    kind: "health",
    session: NO_SESSION,
    subject: box.box,
    class: report.state,
    key: "_",
    time: now,
    recordedAt: now,
    data: {
      state: report.state,
      live: report.live,
      ready: report.ready,
      versions: facts.versions,
      configHash: facts.configHash,
      uptimeSec: facts.uptimeSec,
      sessions: facts.sessions,
      inputs: facts.inputs,
      clock: facts.clock,
      store: facts.store === null ? null : storeData(facts.store),
      outputs: facts.outputs.map(outputData),
      parts: report.parts.map(({ part, state, since, reason }) => ({ part, state, since, reason })),
      alarms: report.parts.filter((part) => part.state !== "ok").map(toAlarm),
    },
  };
}

function storeData({ lastCommitAt, inboxPending, ...figures }: StoreFigures): Record<string, unknown> {
  return { ...figures, depth: inboxPending, lastCommit: lastCommitAt === null ? null : formatRfc3339(lastCommitAt) };
}

function outputData({ since, lastAcknowledgedAt, ...figures }: OutputFigures): Record<string, unknown> {
  return {
    ...figures,
    since: formatRfc3339(since),
    lastAcknowledgement: lastAcknowledgedAt === null ? null : formatRfc3339(lastAcknowledgedAt),
  };
}

function toAlarm({ part, state, since, reason, needed }: PartHealth): Record<string, unknown> {
  const severity = state === "failed" && needed !== "info" ? "critical" : "warning";
  return { part, severity, since, reason };
}
