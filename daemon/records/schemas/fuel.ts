import { type Static, Type } from "@sinclair/typebox";
import { atLeastZero, count, flag, id, list, number, openWord, probability, text, time } from "./fields.js";

const AMOUNT = (description: string) =>
  Type.Object(
    {
      mean: number("Expected value."),
      sd: atLeastZero("Standard deviation."),
      lo95: number("Lower end of the 95 % interval."),
      hi95: number("Upper end of the 95 % interval."),
    },
    { description },
  );
const maybe = <T extends ReturnType<typeof AMOUNT>>(schema: T) => Type.Optional(schema);
const SHARES = (description: string) =>
  Type.Object(
    { now: probability("In the last laps."), normal: probability("In the car's normal laps.") },
    { description },
  );

const LAP = Type.Object({
  lap: number("The counter of the lap that ended."),
  end: time("When the car crossed the line."),
  fuelKg: number("Burn since the crossing before, kg."),
  fuelKgSd: atLeastZero("Its standard deviation, kg."),
  regime: openWord("How it was driven.", "green", "caution", "mixed", "pit"),
  revision: count("Counts how often it was told."),
});

const STINT = Type.Object({
  stint: number("From 1."),
  end: time("When the car stopped."),
  fuelKg: number("Burn since the stop before, kg; as believed before this stop's fill is known."),
  fuelKgSd: atLeastZero("Its standard deviation, kg."),
  revision: count("Counts how often it was told."),
});

const REBASE = Type.Object(
  {
    time: time("When what taught it happened."),
    scaleBefore: AMOUNT("The car's scale before: burn = scale times physics."),
    scaleAfter: AMOUNT("And after."),
    innovationSds: number("How far it lay from what was expected, in standard deviations."),
    stints: list(
      Type.Object({
        stint: number("From 1."),
        fuelKg: number("Burn as believed now, kg."),
        fuelKgSd: atLeastZero("Its standard deviation, kg."),
        beforeKg: number("Burn as told before, kg."),
      }),
      "The stints it changed.",
    ),
  },
  { description: "A fill, a run-out or a known total moved what was believed of the past." },
);

const TREND = Type.Object(
  {
    ratio: maybe(AMOUNT("Burn of the last laps over the car's normal green burn, at equal distance.")),
    laps: number("Laps it rests on."),
    pSaving: Type.Optional(probability("Probability of saving by more than 2 %.")),
    pPushing: Type.Optional(probability("Probability of pushing by more than 2 %.")),
  },
  { description: "What the trend rests on." },
);

const PIT_WINDOW = Type.Object(
  {
    openLap: Type.Optional(number("First lap from which a full tank reaches the end.")),
    lastSafeLap: number("Last lap that is reached with 97.5 % probability."),
    lastLikelyLap: number("Last lap that is reached more likely than not."),
  },
  { description: "Laps between which a stop is possible and necessary." },
);

const TO_END = Type.Object(
  {
    lapsToGo: number("Laps of this car to the end."),
    fuelKgNeeded: AMOUNT("Fuel to the end, cautions and overtime counted in, kg."),
    pReach: probability("Probability that the fuel reaches the end."),
    savingNeeded: number("Share of the normal green burn to be saved for a 90 % chance."),
  },
  { description: "The way to the end of the race." },
);

const WHY = Type.Object(
  {
    main: openWord("What explains most of it.", "lift", "coast", "partThrottle", "draft", "none"),
    laps: number("Laps it rests on."),
    fullThrottle: SHARES("Share of the time at full throttle."),
    partThrottle: SHARES("At part throttle."),
    coasting: SHARES("Off the throttle."),
    liftEarlier: Type.Optional(
      number("Lift before the corner, as a share of the lap: positive is earlier than normal."),
    ),
    drafting: Type.Optional(SHARES("Close behind another car.")),
  },
  { description: "Why the burn differs from the car's normal laps." },
);

const RANK = Type.Object(
  {
    position: number("1: the thriftiest car."),
    of: number("Cars that are ranked."),
    pBeforeNext: Type.Optional(probability("Probability that this car is really thriftier than the next one.")),
    lapsPerTankToNext: Type.Optional(number("What the difference means over a full tank, laps.")),
  },
  { description: "Where the car stands among the others by its consumption." },
);

const BASIS = Type.Object(
  {
    gallon: openWord("Which gallon.", "US"),
    capacityKg: maybe(AMOUNT("Usable tank, kg.")),
    pace: openWord("Pace that the laps left are counted at.", "green", "caution", "none"),
    scale: AMOUNT("The car's scale: burn = scale times physics."),
    observations: count("Fills, run-outs and totals that this car's scale rests on."),
    airC: Type.Optional(number("Temperature of the air that was used, Celsius.")),
    windowSec: number("Length of the windows, seconds."),
    filledShare: probability("Share of the window that had to be filled."),
    residual: Type.Optional(
      openWord("Whether a learned residual took part, and why not.", "used", "off", "outsideRange"),
    ),
  },
  { description: "What the numbers rest on." },
);

export const FUEL_DATA = Type.Object(
  {
    car: id('Car number as shown: "07" is not "7".'),
    window: Type.Object({ from: time("Begin."), to: time("End.") }, { description: "The window it speaks of." }),
    revision: Type.Optional(count("From 1; late samples raise it for their window.")),
    regime: Type.Optional(openWord("How the car went in the window.", "green", "caution", "mixed", "pit")),
    fuelKgTotal: number("Fuel burnt since the start of the session, kg."),
    fuelKgTotalSd: atLeastZero("Its standard deviation, kg."),
    fuelKgTotal95: Type.Optional(list(number("kg"), "Its 95 % interval, kg.")),
    fuelKgWindow: maybe(AMOUNT("Burn inside the window, kg.")),
    fuelKgLap: maybe(AMOUNT("Of this lap so far, kg.")),
    fuelKgLastLap: maybe(AMOUNT("Of the last lap, kg.")),
    fuelKgGreenLap: Type.Optional(
      Type.Object(
        { laps: number("How many laps."), perLap: AMOUNT("Mean burn of one, kg.") },
        { description: "Over the last green laps." },
      ),
    ),
    fuelKgCautionLap: maybe(AMOUNT("Of a lap under caution, kg.")),
    fuelKgStint: maybe(AMOUNT("Since the last stop, kg.")),
    fuelKgStage: maybe(AMOUNT("Of this stage of the race, kg.")),
    fuelKgLeft: Type.Optional(number("Fuel in the tank, kg.")),
    fuelKgLeftSd: Type.Optional(atLeastZero("Its standard deviation, kg.")),
    fuelKgLeft95: Type.Optional(list(number("kg"), "Its 95 % interval, kg.")),
    densityKgPerL: Type.Optional(atLeastZero("Density used, kg per litre.")),
    lap: Type.Optional(number("Lap.")),
    lapsLeft: Type.Optional(atLeastZero("Green laps until the tank is empty, at the pace of the last ones.")),
    lapsLeftSd: Type.Optional(atLeastZero("Its standard deviation, laps.")),
    lapsLeft95: Type.Optional(list(number("Laps."), "Its 95 % interval, laps.")),
    lapsLeftNormalPace: maybe(AMOUNT("At the car's normal pace.")),
    lapsLeftUnderCaution: maybe(AMOUNT("If the caution lasted.")),
    pitWindow: Type.Optional(PIT_WINDOW),
    toEnd: Type.Optional(TO_END),
    mpg: Type.Optional(atLeastZero("US miles per US gallon over the last green laps, else over the stint.")),
    mpgSd: Type.Optional(atLeastZero("Its standard deviation.")),
    mpg95: Type.Optional(list(number("mpg"), "Its 95 % interval.")),
    litresPer100Km: maybe(AMOUNT("The same in litres per 100 km.")),
    trend: openWord("What the driver does.", "saving", "neutral", "pushing"),
    trendEvidence: Type.Optional(TREND),
    why: Type.Optional(WHY),
    rank: Type.Optional(RANK),
    laps: Type.Optional(list(LAP, "Laps that ended, or were told anew, since the car's record before.")),
    stints: Type.Optional(list(STINT, "Stints that ended, or were told anew, since the car's record before.")),
    model: Type.Optional(text("Version of the model.")),
    calibration: Type.Optional(text("Version of the calibration.")),
    basis: Type.Optional(BASIS),
    rebased: Type.Optional(flag("A fill has changed what was said of the past.")),
    rebases: Type.Optional(list(REBASE, "What changed the past since the car's record before.")),
  },
  { title: "fuel", description: "What the fuel models say of one car at one window's end." },
);

export type FuelData = Static<typeof FUEL_DATA>;
