import { type Static, Type } from "@sinclair/typebox";
import type { SportProfile } from "../sync/index.js";
import { needed, oneOf, section, TEXT, withDefault } from "./declare.js";

const CUE_KINDS = ["whistle", "roar", "beep", "horn"] as const;
type CueKindName = (typeof CUE_KINDS)[number];

const SECONDS = { type: "number", minimum: -600, maximum: 600 } as const;
const SHARE = { type: "number", minimum: 0, maximum: 1 } as const;
const METRES = { type: "number", exclusiveMinimum: 0, maximum: 1000 } as const;
const RATE = { type: "number", minimum: 0, maximum: 3600 } as const;

const EVENT_CLASS = Type.Object(
  {
    cue: withDefault<CueKindName | null>({ type: ["string", "null"], enum: [...CUE_KINDS, null] }, null, {
      description: "The cue the event makes; none when left out.",
      example: "whistle",
    }),
    detection: withDefault<number>(SHARE, 0, {
      description: "P(the cue is heard, given the event happened).",
      example: 0.9,
    }),
    truth: withDefault<"cue" | "firstBlast" | "lastBlast" | "act">(
      oneOf("cue", "firstBlast", "lastBlast", "act"),
      "act",
      {
        description:
          "What the corrected time means: the cue's onset, the first or last blast of its train, or the act itself.",
        example: "cue",
      },
    ),
    cueDelay: section("Cue onset minus truth.", {
      medianSec: withDefault<number>(SECONDS, 0, { description: "Median.", unit: "s", example: 0.55 }),
      sdSec: withDefault<number>({ type: "number", minimum: 0, maximum: 60 }, 0, {
        description: "Standard deviation.",
        unit: "s",
        example: 0.35,
      }),
    }),
    lag: Type.Object(
      {
        medianSec: needed<number>(
          { type: "number", exclusiveMinimum: 0, maximum: 600 },
          { description: "Median of press minus truth.", unit: "s", example: 1.9 },
        ),
        sigma: needed<number>(
          { type: "number", exclusiveMinimum: 0, maximum: 3 },
          { description: "Log-standard deviation of press minus truth.", example: 0.45 },
        ),
      },
      { additionalProperties: false, description: "How late people log it: a lognormal." },
    ),
    blasts: withDefault<number[]>(
      { type: "array", items: { type: "integer", minimum: 1, maximum: 20 }, minItems: 1, uniqueItems: true },
      [1],
      { description: "Blasts the cue's train usually has.", example: [2, 3] },
    ),
  },
  { additionalProperties: false },
);

/** A sport as a file: config/sports/<sport>.yaml. */
export const SPORT_SCHEMA = Type.Object(
  {
    sport: needed<string>(TEXT, { description: "Name of the sport, as the file is called.", example: "football" }),
    cues: needed<CueKindName[]>(
      { type: "array", items: oneOf(...CUE_KINDS), uniqueItems: true },
      { description: "Kinds of cues that matter here.", example: ["whistle", "roar"] },
    ),
    classes: Type.Record(Type.String({ pattern: "^[A-Za-z0-9_]{1,64}$" }), EVENT_CLASS, {
      additionalProperties: false,
      description: "What is believed of each event class.",
    }),
    fieldOfPlay: Type.Optional(
      Type.Object(
        {
          lengthM: needed<number>(METRES, { description: "Along x.", unit: "m", example: 105 }),
          widthM: needed<number>(METRES, { description: "Along y.", unit: "m", example: 68 }),
        },
        {
          additionalProperties: false,
          description: "Where the referee runs: what a whistle's travel to the microphones is reckoned on.",
        },
      ),
    ),
    clutterPerHour: section(
      "Cues per hour that belong to no logged event: false ones and true ones nobody logs.",
      Object.fromEntries(
        CUE_KINDS.map((kind) => [
          kind,
          Type.Optional(needed<number>(RATE, { description: `Cues of kind ${kind}.`, unit: "1/h", example: 12 })),
        ]),
      ),
    ),
  },
  {
    additionalProperties: false,
    title: "Touchline sport profile",
    description: "What is believed of a sport's events.",
  },
);

/** The schema and the type that `sync` reads must say the same; this line does not compile when they part. */
type _SchemaFits = Static<typeof SPORT_SCHEMA> extends SportProfile ? true : never;
export const SPORT_SCHEMA_FITS: _SchemaFits = true;
