import { type Static, Type } from "@sinclair/typebox";
import { id, list, number, openWord, text, time, timeOrNull } from "./fields.js";

const PERIOD = Type.Object({
  period: Type.Unsafe<string | number>({ type: ["string", "number"], description: "Period." }),
  start: Type.Optional(timeOrNull("True start.")),
  startAnchor: Type.Optional(
    Type.Unsafe<string | null>({ type: ["string", "null"], description: "What it rests on." }),
  ),
  end: Type.Optional(timeOrNull("True end.")),
  endAnchor: Type.Optional(Type.Unsafe<string | null>({ type: ["string", "null"], description: "What it rests on." })),
});

export const SESSION_DATA = Type.Object(
  {
    session: id("Id of the match or race."),
    revision: Type.Optional(Type.Integer({ minimum: 1, description: "Counts the records of this session." })),
    sport: id("Sport."),
    state: openWord("Where it stands.", "scheduled", "running", "interrupted", "ended"),
    name: Type.Optional(text("Title for people.")),
    scheduledStart: Type.Optional(time("Scheduled start.")),
    scheduledEnd: Type.Optional(time("Scheduled end.")),
    channels: Type.Optional(list(id("Channel."), "Audio channels that belong to it; all when missing.")),
    teams: Type.Optional(list(Type.Unknown(), "Teams, home first.")),
    fixtureIds: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: "Ids at providers." })),
    periods: list(PERIOD, "What was heard of it."),
    matchClock: Type.Optional(
      list(
        Type.Object({
          period: Type.Unsafe<string | number>({ type: ["string", "number"], description: "Period." }),
          zero: time("When the match clock showed startsAtSec."),
          startsAtSec: number("Reading at that moment, seconds."),
        }),
        "From match clock to time, for each period.",
      ),
    ),
    feeds: Type.Optional(list(Type.Object({ feed: id("Feed.") }), "Feeds and their timecodes.")),
    loggers: Type.Optional(
      list(Type.Object({ logger: id("Logger.") }), "Who logs, and how well their clock is known."),
    ),
  },
  { title: "session", description: "The schedule of a match or race, and what was heard of it." },
);

export type SessionData = Static<typeof SESSION_DATA>;
