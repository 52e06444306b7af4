import { parseRfc3339, type UnixMicros } from "../sync/index.js";
import { samplesOfBody, toLoggedEvent } from "./inputs/index.js";
import type { InboxMessage, InputKind } from "./outbox/index.js";
import type { PipelineInput } from "./pipeline.js";
import type { SessionSpec } from "./session-cores.js";

type Message = Readonly<Record<string, unknown>>;

/**
 * An accepted message as the pipeline takes it. `null`: an act that nobody knows.
 * The message was checked when it was accepted; what this reads is therefore there.
 */
export function toPipelineInput(
  what: InputKind,
  message: Message,
  arrival: UnixMicros,
  defaultSession: string,
): PipelineInput | null {
  switch (what) {
    case "log":
      return { type: "logged", event: toLoggedEvent(message, arrival, defaultSession) };
    case "session":
      return { type: "session", spec: toSessionSpec(message), isEnded: message.state === "ended" };
    case "control":
      return toControl(message);
    case "telemetry":
      return { type: "telemetry", ...samplesOfBody(message), arrival };
    case "race":
      return { type: "race", message, arrival };
  }
}

export function readInboxMessage(message: InboxMessage, defaultSession: string): PipelineInput | null {
  return toPipelineInput(message.what, JSON.parse(message.body) as Message, message.arrival, defaultSession);
}

function toSessionSpec(message: Message): SessionSpec {
  return {
    session: String(message.session),
    sport: String(message.sport),
    name: typeof message.name === "string" ? message.name : null,
    scheduledStart: timeOf(message.scheduledStart),
    scheduledEnd: timeOf(message.scheduledEnd),
    channels: Array.isArray(message.channels) ? message.channels.map(String) : null,
  };
}

function toControl(message: Message): PipelineInput | null {
  const session = typeof message.session === "string" ? message.session : null;
  const by = typeof message.by === "string" ? message.by : "operator";
  const eventId = String(message.eventId ?? "");
  switch (message.act) {
    case "pinTime":
      return {
        type: "control",
        session,
        input: { type: "control", eventId, op: "pin", time: timeOf(message.time), by },
      };
    case "releaseTime":
      return { type: "control", session, input: { type: "control", eventId, op: "release", time: null, by } };
    case "rejectCue":
      return { type: "control", session, input: { type: "rejectCue", cueId: String(message.cueId ?? "") } };
    default:
      return null;
  }
}

function timeOf(value: unknown): UnixMicros | null {
  return typeof value === "string" ? parseRfc3339(value) : null;
}
