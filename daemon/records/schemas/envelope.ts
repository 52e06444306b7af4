import { Type } from "@sinclair/typebox";
import { id, openWord, time } from "./fields.js";

/** CloudEvents 1.0 in its JSON form, with the extensions recordedtime, sequence, epoch and lane. */
export const ENVELOPE = Type.Object(
  {
    specversion: Type.Literal("1.0"),
    id: Type.String({
      pattern: "^.+\\.[^.]+\\.\\d+$",
      description: "<box>.<epoch>.<number>: one for each record, the same on every output.",
    }),
    type: Type.String({ pattern: "^touchline\\.[a-z]+\\.v1$", description: "touchline.<kind>.v1" }),
    source: Type.String({
      pattern: "^/venues/[^/]+/boxes/[^/]+/sessions/.+$",
      description: "/venues/<venue>/boxes/<box>/sessions/<session>",
    }),
    subject: id("What the record is about; stable over revisions."),
    time: time("When it happened, corrected."),
    recordedtime: time("When this revision was made."),
    sequence: Type.String({
      pattern: "^\\d{12,}$",
      description: "Zero-padded, gapless within box, epoch, lane and output.",
    }),
    epoch: id("Begins with each new database: a consumer that sees it change resynchronises."),
    lane: openWord("Records that wait for each other.", "live", "analysis", "bulk"),
    datacontenttype: Type.Literal("application/json"),
    dataschema: Type.String({ pattern: "\\.v1\\.schema\\.json$", description: "Schema of data." }),
    data: Type.Record(Type.String(), Type.Unknown(), { description: "See dataschema." }),
  },
  { title: "Touchline record", description: "The envelope of every record." },
);

/** Stands for a record that could not be sent or read; its sequence stays taken. */
export const TOMBSTONE = Type.Object(
  {
    tombstone: Type.Literal(true),
    reason: openWord("Why the record itself is missing.", "tooBig", "refused", "damaged", "superseded"),
    by: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: "Of a superseded record: the later sequence of the lane that says it all.",
      }),
    ),
  },
  { title: "tombstone", description: "Stands for a record that could not be sent; its sequence stays taken." },
);
