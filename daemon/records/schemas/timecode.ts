import { type Static, Type } from "@sinclair/typebox";
import { atLeastZero, id, number, openWord, time, timeOrNull } from "./fields.js";

export const TIMECODE_DATA = Type.Object(
  {
    generator: id("The generator of the timecode."),
    offsetSec: number("Its timecode - UTC, seconds."),
    offsetSdSec: Type.Optional(atLeastZero("Standard deviation of the offset, seconds.")),
    driftPpm: number("Drift, parts per million."),
    rate: Type.Optional(id("Frames per second, such as 25 or 30000/1001 DF.")),
    segment: Type.Object(
      { from: time("Begin."), to: timeOrNull("End; null while it lasts.") },
      { description: "The stretch without a jump that this speaks of." },
    ),
    diagnosis: openWord("What it does.", "ok", "jump", "wrongRate", "frozen", "freeRun", "lost"),
  },
  { title: "timecode", description: "How one timecode generator stands to UTC." },
);

export type TimecodeData = Static<typeof TIMECODE_DATA>;
