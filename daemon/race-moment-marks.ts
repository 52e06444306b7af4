import type { RaceMomentMark, UnixMicros } from "../sync/index.js";
import { parseRfc3339 } from "../sync/index.js";
import type { RecordDraft } from "./records/index.js";

type Message = Readonly<Record<string, unknown>>;

/** Marks of one session, as they came about. */
export interface SessionMark {
  readonly session: string;
  readonly mark: RaceMomentMark;
}

/** What a checked `race` message may mean for the moments; `null`: nothing. */
export function momentMarkOf(message: Message, at: UnixMicros): RaceMomentMark | null {
  const { type } = message;
  if (type === "flag" || type === "caution" || type === "green") {
    const flag = nameOf(message.flag) ?? (type === "flag" ? null : type);
    return flag === null ? null : { kind: "flag", at, flag };
  }
  if (type === "timing") {
    const car = nameOf(message.leader);
    return car === null ? null : { kind: "leader", at, car };
  }
  const car = nameOf(message.car);
  return car !== null && (type === "pitIn" || type === "runOut") ? { kind: type, at, car } : null;
}

/** What an insight says of a finish on fuel; `null`: the end or the tank is not known. */
export function fuelMarkOf({ kind, data }: RecordDraft): RaceMomentMark | null {
  const { car, lapsLeft, lapsLeftSd, window, toEnd } = data as Partial<FuelFields>;
  if (kind !== "fuel" || car === undefined || toEnd === undefined || window === undefined) return null;
  const at = parseRfc3339(window.to);
  if (at === null || lapsLeft === undefined || lapsLeftSd === undefined) return null;
  return { kind: "fuel", at, car, lapsLeft, lapsLeftSd, lapsToGo: toEnd.lapsToGo, pReach: toEnd.pReach };
}

interface FuelFields {
  readonly car: string;
  readonly lapsLeft: number;
  readonly lapsLeftSd: number;
  readonly window: { readonly to: string };
  readonly toEnd: { readonly lapsToGo: number; readonly pReach: number };
}

function nameOf(value: unknown): string | null {
  if (typeof value === "number" && Number.isInteger(value)) return String(value);
  return typeof value === "string" && value !== "" ? value : null;
}
