import { type Static, Type } from "@sinclair/typebox";
import { id, list, openWord, probability, REASON, time } from "./fields.js";

export const MOMENT_DATA = Type.Object(
  {
    momentId: id("The same over revisions."),
    revision: Type.Optional(Type.Integer({ minimum: 1, description: "Counts the revisions of this moment." })),
    state: Type.Optional(
      openWord("open while it lasts; a closed one may still be moved by a correction.", "open", "closed", "retracted"),
    ),
    in: time("In point."),
    out: time("Out point."),
    interest: probability("How much it is worth looking at, 0 to 1."),
    parts: Type.Record(Type.String(), Type.Number(), { description: "What the interest is made of, by source." }),
    reasons: list(REASON, "Why it is interesting."),
    events: list(id("Event."), "Events in it."),
    cues: list(id("Cue."), "Cues in it."),
    mergedInto: Type.Optional(id("Of a retracted moment: the one that tells of its evidence now.")),
  },
  { title: "moment", description: "A stretch of a session worth looking at." },
);

export type MomentData = Static<typeof MOMENT_DATA>;
