import { formatRfc3339, parseRfc3339, unixMicros } from "../../../sync/index.js";
import { type CsvRow, csvRows, separatorOf } from "./csv-rows.js";
import { asNumber, brokenFile, compact, type LogMessage, NominalClock, type ProviderFormat } from "./provider.js";

/** Header names of each column, lower case, without spaces, dots and underscores. */
const COLUMNS = {
  id: ["id", "eventid", "recordid"],
  class: ["class", "event", "type", "eventtype", "label", "code"],
  stamp: ["stamp", "timestamp", "time", "datetime", "utc", "wallclock"],
  clock: ["clock", "matchclock", "gametime", "matchtime", "elapsed"],
  period: ["period", "half"],
  team: ["team"],
  player: ["player"],
  version: ["version", "revision"],
} as const;

type Column = keyof typeof COLUMNS;
type Places = ReadonlyMap<Column, number>;

/** A spreadsheet with a header line: a class, and a time of day with its date (`stamp`) or a clock of the period (`clock`). */
export const CSV: ProviderFormat = {
  name: "csv",
  recognises: (head) => !/^\s*[[{<]/.test(head) && hasNeeded(placesOf(head.split("\n", 1)[0] ?? "")),
  read(text, { logger, kickOff }) {
    const clean = text.replace(/^\uFEFF/, "");
    const header = clean.split("\n", 1)[0] ?? "";
    const places = placesOf(header);
    if (!hasNeeded(places)) return brokenFile("has no header with a class and a stamp or clock");
    const rows = csvRows(clean, separatorOf(header)).slice(1);
    const clock = new NominalClock(kickOff);
    for (const row of rows) clock.note(periodOf(row, places), clockOf(row, places) ?? 0);
    const messages: LogMessage[] = [];
    const broken: { place: string; reason: string }[] = [];
    let isNominal = false;
    for (const row of rows) {
      const result = toMessage(row, places, logger, clock);
      if (typeof result === "string") broken.push({ place: `line ${row.line}`, reason: result });
      else {
        messages.push(result.message);
        isNominal ||= result.isNominal;
      }
    }
    return { messages, broken, isNominal };
  },
};

function placesOf(header: string): Places {
  const names = (csvRows(header.replace(/^\uFEFF/, ""), separatorOf(header))[0]?.fields ?? []).map((name) =>
    name.toLowerCase().replace(/[\s._-]/g, ""),
  );
  const places = new Map<Column, number>();
  for (const column of Object.keys(COLUMNS) as Column[]) {
    const known: readonly string[] = COLUMNS[column];
    const place = names.findIndex((name) => known.includes(name));
    if (place >= 0) places.set(column, place);
  }
  return places;
}

function hasNeeded(places: Places): boolean {
  return places.has("class") && (places.has("stamp") || places.has("clock"));
}

function fieldOf(row: CsvRow, places: Places, column: Column): string | undefined {
  const place = places.get(column);
  const field = place === undefined ? undefined : row.fields[place];
  return field === "" ? undefined : field;
}

function toMessage(row: CsvRow, places: Places, logger: string, clock: NominalClock) {
  const name = fieldOf(row, places, "class");
  if (name === undefined) return "has no class";
  const stamp = stampOf(fieldOf(row, places, "stamp"));
  const elapsedSec = clockOf(row, places);
  if (stamp === null && elapsedSec === null) return "has no time that can be read";
  const text = fieldOf(row, places, "clock") ?? fieldOf(row, places, "stamp") ?? "";
  const message = compact<LogMessage>({
    id: fieldOf(row, places, "id") ?? `line-${row.line}`,
    logger,
    class: name.toLowerCase().replace(/[\s-]+/g, "_"),
    version: asNumber(fieldOf(row, places, "version")) ?? undefined,
    op: undefined,
    period: fieldOf(row, places, "period"),
    stamp: stamp ?? clock.stampOf(periodOf(row, places), elapsedSec ?? 0),
    // A zoned text tells its own resolution; of a clock it is that of its digits.
    resolutionMs: stamp === null ? (/[.]\d/.test(text) ? 1 : 1000) : undefined,
    matchClock: stamp === null ? text : fieldOf(row, places, "clock"),
    occurrence: undefined,
    team: fieldOf(row, places, "team"),
    player: fieldOf(row, places, "player"),
    payload: undefined,
  });
  return { message, isNominal: stamp === null };
}

/** RFC 3339 as it is; without a zone it is left for the reader of messages, who flags it; seconds since 1970 become RFC 3339. */
function stampOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (parseRfc3339(text) !== null || parseRfc3339(`${text}Z`) !== null) return text;
  const seconds = asNumber(text);
  return seconds !== null && seconds > 1e9 && seconds < 4.2e9 ? formatRfc3339(unixMicros(seconds * 1e6)) : null;
}

/** `12:34`, `1:02:03.5` or plain seconds, from `clock`, else from `stamp`. */
function clockOf(row: CsvRow, places: Places): number | null {
  const text = fieldOf(row, places, "clock") ?? fieldOf(row, places, "stamp") ?? "";
  if (!/^\d+(:\d{1,2}){0,2}([.,]\d+)?$/.test(text)) return null;
  const seconds = text
    .replace(",", ".")
    .split(":")
    .reduce((sum, part) => sum * 60 + Number(part), 0);
  return seconds < 86_400 ? seconds : null;
}

function periodOf(row: CsvRow, places: Places): number {
  return asNumber(fieldOf(row, places, "period")) ?? 1;
}
