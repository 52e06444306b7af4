/** What a sample is put together from: the signals, and what names it. */
export const MAPPED_FIELDS = [
  "car",
  "t",
  "speed",
  "rpm",
  "throttle",
  "brake",
  "gear",
  "lap",
  "lapPct",
  "air",
  "flag",
  "pit",
] as const;
export type MappedField = (typeof MAPPED_FIELDS)[number];

/** Names under which feeds send a field, the published one first. */
export const USUAL_NAMES: Readonly<Record<MappedField, readonly string[]>> = {
  car: ["car", "carNumber", "car_number", "number", "vehicle"],
  t: ["t", "time", "timestamp", "ts"],
  speed: ["speedMps", "speed", "spd"],
  rpm: ["rpm", "engineSpeed"],
  throttle: ["throttle", "thr"],
  brake: ["brake", "brk"],
  gear: ["gear"],
  lap: ["lap"],
  lapPct: ["lapPct", "lap_pct"],
  air: ["airC", "air_c", "air"],
  flag: ["flag"],
  pit: ["pit"],
};
