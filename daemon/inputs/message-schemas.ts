import { type TObject, type TSchema, Type } from "@sinclair/typebox";
import { SAYS_KEYWORD } from "../../config/index.js";
import type { InputKind } from "../outbox/index.js";

/**
 * What may come in. Tolerant on purpose: fields nobody knows are kept, `null` is the same as missing, and every set of words is open
 * but where a word decides what is done (`op`). Only what a later step relies on is checked.
 */
const nullable = (schema: Record<string, unknown>, description: string): TSchema =>
  Type.Optional(Type.Unsafe({ ...schema, type: [schema.type, "null"].flat(), description }));
const needed = (schema: Record<string, unknown>, description: string): TSchema =>
  Type.Unsafe({ ...schema, description });

const ID = {
  type: "string",
  minLength: 1,
  maxLength: 200,
  pattern: "^[^\\u0000-\\u001f]*$",
  [SAYS_KEYWORD]: "must hold no control characters",
} as const;
/** Feeds number their records; a whole number is taken as its digits. */
const RECORD_ID = { ...ID, type: ["string", "integer"] } as const;
/** No slash: the key of an event is `logger/id`. */
const LOGGER = {
  ...ID,
  pattern: "^[^/\\u0000-\\u001f]*$",
  [SAYS_KEYWORD]: "must hold no '/' and no control characters",
} as const;
const WORD = { type: "string", minLength: 1, maxLength: 100 } as const;
const TEXT = { type: "string", maxLength: 1000 } as const;
const TIME = { type: "string", format: "date-time" } as const;
const COUNT = { type: "integer", minimum: 0 } as const;
const NUMBER = { type: "number" } as const;
const POSITIVE = { type: "number", minimum: 0 } as const;
const GROUP = { type: "object" } as const;
const TEXTS = { type: "array", items: WORD, maxItems: 100 } as const;

const MEDIA = Type.Object({
  feed: needed(WORD, "Video or audio feed."),
  timecode: nullable(WORD, "SMPTE timecode, HH:MM:SS:FF (; before FF for drop frame)."),
  pts: nullable(NUMBER, "Presentation time stamp, seconds."),
  programDateTime: nullable(WORD, "EXT-X-PROGRAM-DATE-TIME of the segment plus the offset in it."),
  rate: nullable({ type: ["string", "number"] }, "Frames per second, such as 25 or 30000/1001."),
});

export const LOG_MESSAGE = Type.Object(
  {
    id: needed(RECORD_ID, "The record's id in the logger's numbering; logger/id is the event's key."),
    logger: needed(LOGGER, "Who logged it."),
    class: nullable(
      WORD,
      "Event class, such as goal. Classes nobody knows are kept and corrected by the clock alone. Only a delete may leave it out.",
    ),
    version: nullable(COUNT, "Rises with each edit."),
    op: nullable({ type: "string", enum: ["upsert", "delete", null] }, "What to do; upsert when missing."),
    session: nullable(ID, "The session it belongs to; found from the schedule when missing."),
    period: nullable({ type: ["string", "number"], maxLength: 100 }, "Period of the match, such as 1, 2 or extra1."),
    stamp: nullable(
      { type: ["string", "number"], maxLength: 100 },
      "When it was logged, on the logger's clock: RFC 3339, or a number of seconds, milliseconds or microseconds since 1970.",
    ),
    media: nullable({ type: "array", items: MEDIA, maxItems: 32 }, "Where it lies in the feeds."),
    matchClock: nullable({ type: "string", maxLength: 32 }, 'Match clock, such as "45+2:13".'),
    resolutionMs: nullable(
      { type: "number", minimum: 0, maximum: 3_600_000 },
      "Resolution of the stamp; guessed from its digits when missing.",
    ),
    occurrence: nullable(ID, "The play it belongs to, where several records tell of one."),
    team: nullable({ type: ["string", "integer"], maxLength: 200 }, "Team."),
    player: nullable({ type: ["string", "integer"], maxLength: 200 }, "Player."),
    payload: Type.Optional(Type.Unknown({ description: "Anything else; handed on as it is." })),
  },
  {
    title: "A logged event",
    // A delete names what it takes back; it need not repeat it.
    if: { properties: { op: { const: "delete" } }, required: ["op"] },
    else: { required: ["class"], properties: { class: { type: "string" } } },
  },
);

export const SESSION_MESSAGE = Type.Object(
  {
    session: needed(ID, "Id of the match or race."),
    sport: needed(WORD, "A sport that has a profile."),
    name: nullable(TEXT, "Title for people."),
    scheduledStart: needed(TIME, "Scheduled start."),
    scheduledEnd: nullable(TIME, "Scheduled end."),
    channels: nullable(TEXTS, "Audio channels that belong to it; all when missing."),
    teams: nullable({ type: "array", maxItems: 100 }, "Teams, home first."),
    roster: nullable({ type: ["array", "object"] }, "Players or cars."),
    fixtureIds: nullable(GROUP, "Ids at providers: {provider: id}."),
    state: nullable(WORD, "scheduled, running, interrupted, ended, ..."),
  },
  { title: "A session" },
);

export const TELEMETRY_SAMPLE = Type.Object(
  {
    car: needed(ID, 'Car number as shown: "07" is not "7".'),
    t: needed({ type: ["number", "string"], maxLength: 40 }, "Seconds on the telemetry clock, or RFC 3339."),
    speedMps: nullable(NUMBER, "Speed, m/s."),
    rpm: nullable(POSITIVE, "Engine speed, 1/min."),
    throttle: nullable(NUMBER, "Throttle, 0 to 1. A percentage is refused: nothing is guessed."),
    brake: nullable(NUMBER, "Brake, 0 to 1 or as sent."),
    gear: nullable({ type: "integer" }, "Gear."),
    lap: nullable(NUMBER, "Lap."),
    lapPct: nullable(NUMBER, "Part of the lap that is done, 0 to 1."),
    airC: nullable(NUMBER, "Temperature of the air at the car, Celsius."),
    flag: nullable(NUMBER, "0 green, 1 caution, where the samples carry it."),
    pit: nullable(NUMBER, "1 while the car stands at its box."),
    session: nullable(ID, "The race it belongs to; the one that runs when missing."),
  },
  { title: "A telemetry sample" },
);

export const RACE_MESSAGE = Type.Object(
  {
    session: nullable(ID, "The session it belongs to."),
    type: nullable(WORD, "flag, pitIn, pitOut, fill, runOut, total, timing, weather, capacity, roster, stage, ..."),
    t: nullable({ type: ["number", "string"], maxLength: 40 }, "When: seconds on the telemetry clock, or RFC 3339."),
    car: nullable(ID, "Car number as shown."),
    flag: nullable(WORD, "green, caution, red, white, checkered, ..."),
    kg: nullable(POSITIVE, "Fuel filled, kg."),
    full: nullable({ type: "boolean" }, "The tank was filled to the brim."),
    how: nullable(WORD, "Of a fill: weighed, or timed (guessed from the time the can was in)."),
    sdKg: nullable(POSITIVE, "Standard deviation of kg."),
    from: nullable(NUMBER, "Of a total: its begin, seconds on the telemetry clock."),
    to: nullable(NUMBER, "Of a total: its end, seconds on the telemetry clock."),
    airC: nullable(NUMBER, "Of weather: temperature of the air, Celsius."),
    pressurePa: nullable(POSITIVE, "Of weather: pressure of the air, Pa."),
    leader: nullable(ID, "Of timing: the car that leads."),
    leaderLap: nullable(COUNT, "Of timing: laps the leader has done."),
    lapsTotal: nullable(COUNT, "Of timing: laps of the race."),
    lapsToGo: nullable(COUNT, "Of timing: laps the leader has to go."),
    endsAt: nullable(NUMBER, "Of timing: when the race ends, seconds on the telemetry clock."),
    maker: nullable(TEXT, "Of roster: the make of the car."),
    name: nullable(TEXT, "Of roster: who drives it."),
    stage: nullable(COUNT, "Of stage: which one begins."),
  },
  { title: "Race control, pits, timing, weather" },
);

export const CONTROL_MESSAGE = Type.Object(
  {
    act: needed(WORD, "pinTime, releaseTime, rejectCue, nameKickOff, ..."),
    by: nullable(WORD, "Who did it."),
    session: nullable(ID, "The session it belongs to."),
    eventId: nullable({ ...ID, maxLength: 401 }, "The event: logger/id."),
    cueId: nullable(ID, "The cue."),
    period: nullable({ type: ["string", "number"], maxLength: 100 }, "The period."),
    time: nullable(TIME, "The time it sets."),
  },
  { title: "An operator's act" },
);

export const MESSAGE_SCHEMAS: Readonly<Record<InputKind, TObject>> = {
  log: LOG_MESSAGE,
  session: SESSION_MESSAGE,
  telemetry: TELEMETRY_SAMPLE,
  race: RACE_MESSAGE,
  control: CONTROL_MESSAGE,
};
