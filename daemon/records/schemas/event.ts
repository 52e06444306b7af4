import { type Static, Type } from "@sinclair/typebox";
import { atLeastZero, FLAGS, id, list, number, openWord, probability, REASON, text, time } from "./fields.js";

const CORRECTED = Type.Object(
  {
    time: time("Median of what is believed."),
    media: Type.Optional(
      list(
        Type.Object({
          feed: id("Feed."),
          timecode: Type.Optional(text("SMPTE timecode; ; before the frames is drop-frame.")),
          rate: Type.Optional(
            Type.Unsafe<string | number>({
              type: ["string", "number"],
              description: "Frames per second of the timecode, as it came.",
            }),
          ),
          pts: Type.Optional(number("Presentation time, seconds.")),
          programDateTime: Type.Optional(text("Programme date and time of the feed, RFC 3339.")),
          movedSec: Type.Optional(number("How far the feed's stamps were moved, seconds: shiftSec without the clock.")),
          flags: Type.Optional(
            FLAGS("What is odd.", "timecodeUnread", "ptsUnread", "programDateTimeUnread", "stampConflict"),
          ),
        }),
        "The same moment in the feeds, each in its own count.",
      ),
    ),
    matchClock: Type.Optional(text('Match clock, such as "45+2:13".')),
    intervals: list(
      Type.Object({
        p: probability("P(the truth lies between lo and hi)."),
        lo: time("Lower end."),
        hi: time("Upper end."),
      }),
      "Intervals of belief, the box's own uncertainty against UTC included.",
    ),
    notBefore: time(
      "For those who must never be early: show it no earlier than this; the truth lies before it with 99.5 %.",
    ),
  },
  { description: "The event's time, put right." },
);

export const EVENT_DATA = Type.Object(
  {
    eventId: id("logger/id."),
    revision: Type.Integer({ minimum: 1, description: "Counts the revisions of this event without a gap." }),
    occurrenceId: id("The play itself, whatever number of loggers told it."),
    input: Type.Record(Type.String(), Type.Unknown(), { description: "The message as it came, whole." }),
    class: text("Event class, as it came."),
    period: Type.Unsafe<string | number | null>({
      type: ["string", "number", "null"],
      description: "Period of the match, as it came; null when unknown.",
    }),
    state: openWord("How settled it is.", "provisional", "confirmed", "final", "retracted"),
    anchor: openWord("Where the time comes from.", "whistle", "roar", "beep", "horn", "clock", "operator", "none"),
    flags: FLAGS("What is odd.", "conflict", "noLock", "scheduledTime", "impossibleStamp"),
    corrected: CORRECTED,
    shiftSec: number("corrected - logged, seconds."),
    confidence: probability("P(|time - truth| <= 1 s)."),
    cues: list(id("Cue."), "The linked cues."),
    alternatives: list(
      Type.Object({ time: time("Another time it may have been."), p: probability("Its probability.") }),
      "Other times that are believed.",
    ),
    sources: list(id("Event."), "Other loggers' records of the same occurrence."),
    clock: Type.Unsafe<ClockData | null>({
      ...Type.Object({
        logger: id("Logger."),
        offsetSec: number("Logger's clock - UTC, seconds."),
        driftPpm: number("Drift of the logger's clock, parts per million."),
        version: Type.Integer({ minimum: 0, description: "Rises each time the calibration is solved anew." }),
        persona: openWord("How this logger works.", "live", "tv", "stream", "postMatch", "dirty"),
      }),
      type: ["object", "null"],
      description: "The calibration used; null where there is none.",
    }),
    utcUncertaintySec: atLeastZero("Uncertainty of the box's own clock against UTC, seconds."),
    finalBy: time("When this event will be final."),
    reason: Type.Optional(REASON),
  },
  { title: "event", description: "A logged event with its time put right. One record for each revision." },
);

interface ClockData {
  readonly logger: string;
  readonly offsetSec: number;
  readonly driftPpm: number;
  readonly version: number;
  readonly persona: string;
}

export type EventData = Static<typeof EVENT_DATA>;
