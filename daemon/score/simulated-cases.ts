import { addSeconds, parseRfc3339, type UnixMicros } from "../../sync/index.js";
import { toLoggedEvent } from "../inputs/index.js";
import {
  type Detector,
  type LoggedMatch,
  type LoggerFault,
  type LogMessage,
  logMatch,
  type Match,
  makeMatch,
  type PersonaName,
  simulateCues,
} from "../simulate/index.js";
import type { ScoreCase, ScoredRecord } from "./score-case.js";

export interface SimulatedCaseOptions {
  readonly persona: PersonaName;
  readonly detector: Detector;
  readonly faults: readonly LoggerFault[];
  readonly minutes: number;
}

const START = parseRfc3339("2026-05-16T18:30:00Z") ?? (0 as UnixMicros);

/** A match with its log and what a detector of that quality would hear; no sound is made. */
export function simulatedCase(seed: number, options: SimulatedCaseOptions): ScoreCase {
  const match = makeMatch(seed, { start: START, minutes: options.minutes, breakMinutes: 15 });
  const session = `sim-${seed}`;
  const logged = logMatch(match, options.persona, seed, { logger: "scout-1", session, faults: options.faults });
  const heard = simulateCues(match, options.detector, seed);
  const second = match.periods[1];
  return {
    session,
    start: match.start,
    log: logged.messages.map((message) => readMessage(message, session)),
    cues: heard.cues,
    cueTruth: heard.truth,
    records: scoredRecords(match, logged),
    loggers: [logged.truth],
    secondHalf: second === undefined ? null : addSeconds(match.start, second.startSec),
  };
}

function readMessage(message: LogMessage, session: string) {
  const { arrival, ...input } = message;
  return toLoggedEvent(input, parseRfc3339(arrival), session);
}

function scoredRecords(match: Match, logged: LoggedMatch): ScoredRecord[] {
  const messages = new Map<string, LogMessage[]>();
  for (const message of logged.messages) {
    const eventId = `${message.logger}/${message.id}`;
    messages.set(eventId, [...(messages.get(eventId) ?? []), message]);
  }
  return logged.records.map((record) => {
    const own = messages.get(record.eventId) ?? [];
    const last = own.reduce<LogMessage | undefined>(
      (a, b) => (a === undefined || b.version > a.version ? b : a),
      undefined,
    );
    return {
      eventId: record.eventId,
      logger: logged.truth.logger,
      class: record.class,
      period: record.period,
      stamp: last === undefined ? null : parseRfc3339(last.stamp),
      arrival: own[0] === undefined ? null : parseRfc3339(own[0].arrival),
      truth: addSeconds(match.start, record.timeSec),
      anchor: record.anchor,
      cueId: record.cueId,
      fault: record.fault,
    };
  });
}
