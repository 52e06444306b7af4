import { type Static, Type } from "@sinclair/typebox";
import { count, id, list, openWord, text, time } from "./fields.js";

export const GAP_DATA = Type.Object(
  {
    what: openWord("What was shed.", "records", "audio", "telemetry", "messages"),
    count: count("How much."),
    unit: Type.Optional(openWord("Of what.", "records", "samples", "messages")),
    reason: openWord("Why.", "storeFull", "tooOld", "outputRefused", "inputLost", "storeDamaged"),
    detail: Type.Optional(text("In words for a person.")),
    output: Type.Optional(id("The output it was meant for.")),
    input: Type.Optional(id("The input it came from.")),
    lane: Type.Optional(openWord("The lane.", "live", "analysis", "bulk")),
    fromSequence: Type.Optional(count("First sequence that is missing.")),
    toSequence: Type.Optional(count("Last sequence that is missing.")),
    from: Type.Optional(time("Begin of what is missing.")),
    to: Type.Optional(time("End of what is missing.")),
    kinds: Type.Optional(list(id("Kind."), "Kinds of records.")),
  },
  { title: "gap", description: "What was shed, how much and why." },
);

export type GapData = Static<typeof GAP_DATA>;
