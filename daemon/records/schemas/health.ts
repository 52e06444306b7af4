import { type Static, Type } from "@sinclair/typebox";
import { atLeastZero, count, flag, id, list, openWord, text, time, timeOrNull } from "./fields.js";

const NULLABLE_TEXT = (description: string) => Type.Unsafe<string | null>({ type: ["string", "null"], description });
const STATE = (description: string) => openWord(description, "ok", "degraded", "failed");
const LINK = openWord("State of the link.", "connecting", "up", "stalled", "down");

const STORE = Type.Object({
  epoch: id("Begins with each new database."),
  records: count("Records kept."),
  depth: count("Accepted messages that are not worked in yet."),
  databaseBytes: count("Size of the database, bytes."),
  walBytes: count("Size of its write-ahead log, bytes."),
  lastCommit: timeOrNull("Last commit; null when there was none since the start."),
});

export const HEALTH_DATA = Type.Object(
  {
    state: STATE("The worst state of all parts."),
    live: flag("No part has failed that a restart would mend."),
    ready: flag("It can do its work."),
    versions: Type.Record(Type.String(), Type.String(), { description: "Versions of the parts." }),
    configHash: text("Changes when the configuration does."),
    uptimeSec: atLeastZero("Seconds since the start."),
    sessions: list(Type.Object({ session: id("Session."), state: id("State.") }), "Sessions known."),
    inputs: list(Type.Object({ state: LINK }), "Inputs, with their last block."),
    clock: Type.Object(
      {
        source: openWord("Where UTC is known from.", "ntp", "ptp", "none"),
        synchronised: Type.Unsafe<boolean | null>({
          type: ["boolean", "null"],
          description: "null: nobody could tell.",
        }),
        utcUncertaintySec: Type.Unsafe<number | null>({
          type: ["number", "null"],
          minimum: 0,
          description: "Uncertainty against UTC, seconds.",
        }),
      },
      { description: "The box's own clock." },
    ),
    store: Type.Unsafe<Static<typeof STORE> | null>({
      ...STORE,
      type: ["object", "null"],
      description: "The database; null when it does not answer.",
    }),
    outputs: list(
      Type.Object({
        name: id("Output."),
        type: id("Type."),
        state: LINK,
        since: time("In this state since."),
        detail: NULLABLE_TEXT("Why it is not up."),
        lastAcknowledgement: timeOrNull("Last acknowledgement."),
        backlog: count("Records that wait."),
      }),
      "Outputs.",
    ),
    parts: Type.Optional(
      list(
        Type.Object({
          part: id("Part."),
          state: STATE("State."),
          since: time("Since."),
          reason: NULLABLE_TEXT("Why."),
        }),
        "Every part that can be asked.",
      ),
    ),
    alarms: list(
      Type.Object({
        part: id("Part."),
        severity: openWord("How bad.", "warning", "critical"),
        since: time("Since."),
        reason: NULLABLE_TEXT("In words for a person."),
      }),
      "What a person should know.",
    ),
  },
  { title: "health", description: "How the box is, every 10 s." },
);

export type HealthData = Static<typeof HEALTH_DATA>;
