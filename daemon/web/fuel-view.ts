import { Type } from "@sinclair/typebox";
import type { CloudEvent } from "../records/index.js";

const amount = (description: string) => Type.Optional(Type.Number({ description }));

/** The race in one small message: what a dashboard or the on-air bar shows. */
export const RACE_VIEW = Type.Object({
  session: Type.Union([Type.String(), Type.Null()]),
  time: Type.Union([Type.String({ description: "End of the newest window" }), Type.Null()]),
  cars: Type.Array(
    Type.Object({
      car: Type.String(),
      time: Type.String({ description: "End of the window it speaks of" }),
      trend: Type.String(),
      rank: amount("1: the thriftiest car"),
      lap: amount("Lap"),
      mpg: amount("US miles per US gallon"),
      mpgSd: amount("Its standard deviation"),
      fuelKgLeft: amount("kg"),
      fuelKgLeftSd: amount("kg"),
      lapsLeft: amount("Green laps until the tank is empty"),
      lapsLeftSd: amount("Laps"),
      lastSafeLap: amount("Last lap that is reached with 97.5 % probability"),
      pReach: amount("Probability that the fuel reaches the end"),
      fuelKgTotal: Type.Number({ description: "Since the start, kg" }),
      fuelKgTotalSd: Type.Number({ description: "kg" }),
    }),
    { description: "The thriftiest first; cars without a rank at the end" },
  ),
});

type CarView = Record<string, string | number>;
const NUMBERS = [
  "lap",
  "mpg",
  "mpgSd",
  "fuelKgLeft",
  "fuelKgLeftSd",
  "lapsLeft",
  "lapsLeftSd",
  "fuelKgTotal",
  "fuelKgTotalSd",
];

/** From the latest fuel record of each car, the newest first. Without a session: that of the newest record. */
export function raceView(records: readonly CloudEvent[], session: string | null) {
  const wanted = session ?? (records[0] === undefined ? null : sessionOf(records[0]));
  const cars = records.filter((record) => sessionOf(record) === wanted).map(carView);
  cars.sort((a, b) => rankOf(a) - rankOf(b) || (String(a.car) < String(b.car) ? -1 : 1));
  const times = cars.map(({ time }) => String(time)).sort();
  return { session: wanted, time: times.at(-1) ?? null, cars };
}

function carView({ data }: CloudEvent): CarView {
  const { window, rank, pitWindow, toEnd } = data as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  const view: CarView = { car: String(data.car), time: String(window?.to), trend: String(data.trend) };
  const set = (key: string, value: unknown) => {
    if (typeof value === "number") view[key] = value;
  };
  set("rank", rank?.position);
  for (const key of NUMBERS) set(key, data[key]);
  set("lastSafeLap", pitWindow?.lastSafeLap);
  set("pReach", toEnd?.pReach);
  return view;
}

function rankOf({ rank }: CarView): number {
  return typeof rank === "number" ? rank : Number.MAX_SAFE_INTEGER;
}

function sessionOf({ source }: CloudEvent): string {
  return source.slice(source.lastIndexOf("/") + 1);
}
