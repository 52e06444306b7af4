import { formatRfc3339, secondsBetween, type UnixMicros } from "../../sync/index.js";
import { sharesOf, TOLERANCES_SEC } from "../score/index.js";
import { type CorrectedEvent, errorSec, loggedErrorSec } from "./corrected-events.js";

/** A table as the terminal and the page show it. */
export interface ResultTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly align: readonly ("left" | "right")[];
}

/** Groups of the summary, by what the event's time hangs on. */
const GROUPS: readonly { readonly name: string; readonly has: (event: CorrectedEvent) => boolean }[] = [
  { name: "heard: whistle", has: (event) => event.anchor === "whistle" },
  { name: "heard: crowd", has: (event) => event.anchor === "roar" },
  { name: "by the logger's clock", has: (event) => event.anchor !== "whistle" && event.anchor !== "roar" },
  { name: "all", has: () => true },
];

export function eventTable(events: readonly CorrectedEvent[]): ResultTable {
  return {
    head: ["event", "logged", "corrected", "95 % interval", "anchor", "true time", "error"],
    align: ["left", "right", "right", "right", "left", "right", "right"],
    rows: events.map((event) => [
      event.class.replaceAll("_", " "),
      event.logged === null ? "-" : clock(event.logged),
      clock(event.corrected),
      `${signed(secondsBetween(event.corrected, event.lo))} ... ${signed(secondsBetween(event.corrected, event.hi))} s`,
      event.anchor,
      clock(event.truth),
      `${signed(errorSec(event))} s`,
    ]),
  };
}

/** Share within each tolerance, before and after. */
export function summaryTable(events: readonly CorrectedEvent[]): ResultTable {
  return {
    head: ["", "events", ...TOLERANCES_SEC.map((tolerance) => `within ${tolerance} s`), "median error"],
    align: ["left", "right", ...TOLERANCES_SEC.map(() => "right" as const), "right"],
    rows: GROUPS.flatMap(({ name, has }) => summaryRows(name, events.filter(has))),
  };
}

function summaryRows(name: string, events: readonly CorrectedEvent[]): string[][] {
  if (events.length === 0) return [];
  const before = sharesOf(events.flatMap((event) => loggedErrorSec(event) ?? []));
  const after = sharesOf(events.map(errorSec));
  const cells = (shares: typeof before) => [
    String(shares.n),
    ...shares.within.map(percent),
    shares.medianSec === null ? "-" : `${signed(shares.medianSec)} s`,
  ];
  return [
    [`${name}, as logged`, ...cells(before)],
    [`${name}, corrected`, ...cells(after)],
  ];
}

function clock(at: UnixMicros): string {
  return formatRfc3339(at).slice(11, 23);
}

function signed(seconds: number): string {
  return `${seconds < 0 ? "-" : "+"}${Math.abs(seconds).toFixed(2)}`;
}

function percent(share: number | null): string {
  return share === null ? "-" : `${(share * 100).toFixed(0)} %`;
}
