import { type Static, Type } from "@sinclair/typebox";
import type { CarProfile } from "../models/index.js";
import { needed, withDefault } from "./declare.js";

const number = (minimum: number, maximum: number, description: string, example: number, unit?: string) =>
  needed<number>(
    { type: "number", minimum, maximum },
    { description, example, ...(unit === undefined ? {} : { unit }) },
  );

const PHYSICS = Type.Object(
  {
    k: number(0.01, 1000, "Fuel at 7000/min and full load, at 300 K and standing air.", 14, "g/s"),
    idleAir: number(0, 10, "Air past the closed throttle.", 0.05),
    throttleAir: number(0, 100, "Air past the open throttle.", 2),
    throttlePower: number(0.05, 10, "How the opening grows with the pedal: a power.", 1.3),
    knee: number(0.2, 50, "How sharply the flow saturates.", 3),
    rpmSlope: number(-5, 5, "Volumetric efficiency over engine speed: slope.", 0),
    rpmCurve: number(-5, 5, "And its curve.", 0),
    enrichment: number(-1, 2, "Extra fuel at full load: a share.", 0.05),
    overrunCut: number(0, 1, "Share of the flow that is cut on the overrun.", 0.5),
    ram: number(0, 2, "Weight of the ram pressure: 0 none, 1 all of it.", 0.5),
    emptyingSec: number(0, 2, "How fast the manifold empties after a lift.", 0.05, "s"),
    idleRpm: number(300, 5000, "Engine speed at idle: assumed while the car stands at its box.", 1500, "1/min"),
  },
  {
    additionalProperties: false,
    description: "The air-flow model of the engine, fitted on totals by `touchline fuel fit`.",
  },
);

const sd = (what: string, example: number) => number(0.0001, 1, `Standard deviation, log: ${what}.`, example);

const PRIOR = Type.Object(
  {
    race: sd("a race against the profile", 0.03),
    maker: sd("a make in a race", 0.01),
    car: sd("a car within its make", 0.015),
    stint: sd("a stint: drift, and what the shape misses", 0.006),
    caution: sd("what all cars burn under caution, against green", 0.04),
    cautionCar: withDefault<number>({ type: "number", minimum: 0.0001, maximum: 1 }, 0.055, {
      description: "Standard deviation, log: what one car burns under caution, beside the others.",
      example: 0.055,
    }),
    greenLap: sd("a green lap", 0.015),
    cautionLap: sd("a lap under caution", 0.06),
    filled: sd("what was filled over a hole", 0.2),
    shortOfFullKg: number(0, 20, "What is missing of a tank that was called full, in the mean.", 0.15, "kg"),
    shortOfFullSdKg: number(0, 20, "Its standard deviation.", 0.12, "kg"),
  },
  { additionalProperties: false, description: "What is believed of the scale before the first fill." },
);

const CAPACITY = Type.Object(
  {
    kg: number(0.1, 10_000, "Usable fuel of a full tank.", 54, "kg"),
    sdKg: number(0, 1000, "Its standard deviation.", 0.5, "kg"),
  },
  { additionalProperties: false },
);

/** A file under `config/cars/`: an engine family, and what is believed of it before the first fill. */
export const CAR_SCHEMA = Type.Object(
  {
    name: needed<string>(
      { type: "string", pattern: "^[a-z0-9][a-z0-9-]{0,63}$" },
      { description: "Name of the profile: that of its file.", example: "nascar-v8" },
    ),
    version: needed<number>(
      { type: "integer", minimum: 1, maximum: 1_000_000 },
      { description: "Raised with every new fit; every insight carries it.", example: 1 },
    ),
    physics: PHYSICS,
    prior: PRIOR,
    makers: Type.Optional(
      Type.Record(Type.String({ pattern: "^.{1,64}$" }), Type.Number({ minimum: -0.5, maximum: 0.5 }), {
        description: "What each maker's engines burn beside the shape, as a logarithm.",
      }),
    ),
    densityKgPerL: number(0.5, 1.2, "Density of the fuel.", 0.75, "kg/L"),
    capacity: withDefault<{ kg: number; sdKg: number } | null>({ anyOf: [CAPACITY, { type: "null" }] }, null, {
      description: "The usable tank, where it is the same for every car.",
      example: { kg: 54, sdKg: 0.5 },
    }),
  },
  { additionalProperties: false, title: "Touchline car", description: "An engine family for the fuel models." },
);

/** Breaks the build when file and models drift apart. */
type Loaded = Static<typeof CAR_SCHEMA>;
export type LoadedCarProfile = Loaded extends CarProfile ? CarProfile : never;
