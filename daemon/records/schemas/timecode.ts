import { type Static, Type } from "@sinclair/typebox";
import { atLeastZero, count, id, number, openWord, time, timeOrNull } from "./fields.js";

export const TIMECODE_DATA = Type.Object(
  {
    generator: id("The generator of the timecode: feed/form."),
    feed: Type.Optional(id("The feed as events name it.")),
    form: Type.Optional(openWord("Which of the feed's clocks.", "timecode", "pts", "programDateTime")),
    offsetSec: number(
      "What it shows - UTC, seconds; UTC of the day for a timecode, since the Unix epoch for the others.",
    ),
    offsetSdSec: Type.Optional(atLeastZero("Standard deviation of the offset, seconds.")),
    driftPpm: number("Drift, parts per million."),
    driftSdPpm: Type.Optional(atLeastZero("Standard deviation of the drift, parts per million.")),
    rate: Type.Optional(id("Frames per second as declared, such as 25 or 29.97.")),
    likelyRate: Type.Optional(id("Frames per second its count runs at, where that is another known rate.")),
    segment: Type.Object(
      {
        number: Type.Optional(count("Counts from 1; each jump begins one.")),
        from: time("Begin."),
        to: timeOrNull("End; null while it lasts."),
        jumpSec: Type.Optional(number("By how much it jumped at its begin, seconds.")),
      },
      { description: "The stretch without a jump that this speaks of." },
    ),
    diagnosis: openWord("What it does.", "tooFew", "steady", "jumped", "drifting", "wrongRate"),
    pairs: Type.Optional(count("Stamps of events in the segment.")),
    outliers: Type.Optional(count("Stamps that fit no segment.")),
  },
  { title: "timecode", description: "How one timecode generator stands to UTC." },
);

export type TimecodeData = Static<typeof TIMECODE_DATA>;
