/** Units that a feed may declare, each with the factor to the unit of the house. */
export const SPEED_UNITS = { mps: 1, kmh: 1 / 3.6, mph: 0.44704, kn: 1852 / 3600 } as const;
export const SHARE_UNITS = { share: 1, percent: 0.01 } as const;
/** Seconds per unit of the time stamp; `rfc3339` is text. */
export const TIME_UNITS = { s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 } as const;
export const AIR_UNITS = ["c", "f", "k"] as const;

export type SpeedUnit = keyof typeof SPEED_UNITS;
export type ShareUnit = keyof typeof SHARE_UNITS;
export type TimeUnit = keyof typeof TIME_UNITS;
export type AirUnit = (typeof AIR_UNITS)[number];

/** What a feed says of its units. */
export interface DeclaredUnits {
  readonly time: TimeUnit;
  readonly speed: SpeedUnit;
  readonly throttle: ShareUnit;
  readonly brake: ShareUnit;
  readonly lapPct: ShareUnit;
  readonly air: AirUnit;
}

/** The units of the published message. */
export const HOUSE_UNITS: DeclaredUnits = {
  time: "s",
  speed: "mps",
  throttle: "share",
  brake: "share",
  lapPct: "share",
  air: "c",
};

/** Celsius. */
export function toCelsius(value: number, unit: AirUnit): number {
  if (unit === "f") return ((value - 32) * 5) / 9;
  return unit === "k" ? value - 273.15 : value;
}
