import { type Static, Type } from "@sinclair/typebox";
import { atLeastZero, flag, id, number, openWord, text, time } from "./fields.js";

export const FUEL_DATA = Type.Object(
  {
    car: id('Car number as shown: "07" is not "7".'),
    window: Type.Object({ from: time("Begin."), to: time("End.") }, { description: "The window it speaks of." }),
    fuelKgTotal: number("Fuel burnt since the start of the session, kg."),
    fuelKgTotalSd: atLeastZero("Its standard deviation, kg."),
    fuelKgLeft: Type.Optional(number("Fuel in the tank, kg.")),
    fuelKgLeftSd: Type.Optional(atLeastZero("Its standard deviation, kg.")),
    densityKgPerL: Type.Optional(atLeastZero("Density used, kg per litre.")),
    lap: Type.Optional(number("Lap.")),
    lapsLeft: Type.Optional(atLeastZero("Laps until the tank is empty.")),
    lapsLeftSd: Type.Optional(atLeastZero("Its standard deviation, laps.")),
    mpg: Type.Optional(atLeastZero("Miles per US gallon over the window.")),
    mpgSd: Type.Optional(atLeastZero("Its standard deviation.")),
    trend: openWord("What the driver does.", "saving", "neutral", "pushing"),
    model: Type.Optional(text("Version of the model.")),
    calibration: Type.Optional(text("Version of the calibration.")),
    rebased: Type.Optional(flag("A fill has changed what was said of the past.")),
  },
  { title: "fuel", description: "What the fuel models say of one car at one window's end." },
);

export type FuelData = Static<typeof FUEL_DATA>;
