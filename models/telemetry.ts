/**
 * What the models take in. The way of a sample: read (`FuelRace.push`) → checked → put in order with its car's others → its window closes
 * → physics at sample rate → burn of lap, stint, race → scaled by what fills have taught → told (`FuelOutput`).
 *
 * All times are seconds on the telemetry clock (any origin, one clock for samples and marks).
 */
export interface TelemetrySample {
  /** As received: `"07"` is not `"7"`. */
  readonly car: string;
  /** Seconds on the telemetry clock. */
  readonly t: number;
  /** m/s. */
  readonly speedMps?: number;
  /** Revolutions per minute; 0 while the car moves is an engine that is off. */
  readonly rpm?: number;
  /** 0..1. In per cent it is refused (`throttlePercent`). */
  readonly throttle?: number;
  /** 0..1. */
  readonly brake?: number;
  readonly gear?: number;
  /** The feed's lap counter; may be odd around the start. */
  readonly lap?: number;
  /** Share of the lap done, 0..1. */
  readonly lapPct?: number;
  /** Air temperature at the car, °C. */
  readonly airC?: number;
  /** 0 green, 1 caution (anything else not green counts as caution). */
  readonly flag?: number;
  /** True or 1 while the car stands at its box. */
  readonly pit?: boolean | number;
}

/** What race control, timing, the pit crew and the weather station tell. `at` = when it happened, on the telemetry clock. */
export type RaceMark =
  | FlagMark
  | PitInMark
  | PitOutMark
  | FillMark
  | RunOutMark
  | TotalMark
  | WeatherMark
  | CapacityMark
  | RosterMark
  | TimingMark
  | StageMark;

/** Holds until the next one. Samples that carry their own `flag` follow that one. */
export interface FlagMark {
  readonly kind: "flag";
  readonly at: number;
  readonly flag: "green" | "caution" | "red" | "white" | "checkered" | (string & {});
}

/** The car came to a stop at its box. */
export interface PitInMark {
  readonly kind: "pitIn";
  readonly at: number;
  readonly car: string;
}

/** The car left its box. */
export interface PitOutMark {
  readonly kind: "pitOut";
  readonly at: number;
  readonly car: string;
}

/** Fuel that was put in at the stop that ended at `at` (the pit-out time); it may be told much later than that. */
export interface FillMark {
  readonly kind: "fill";
  readonly at: number;
  readonly car: string;
  /** Null where the amount is not known: the tank may still be known to be full. */
  readonly kg: number | null;
  /** `weighed`: the can was weighed (sd 0.34 kg unless told); `timed`: guessed from the time the can was in (sd 5 % unless told). */
  readonly how: "weighed" | "timed";
  readonly sdKg?: number;
  /** Whether the tank was full afterwards; null where nobody knows. */
  readonly full: boolean | null;
}

/** The tank ran dry: all that was in it has been burned. */
export interface RunOutMark {
  readonly kind: "runOut";
  readonly at: number;
  readonly car: string;
}

/** A measured burn between two times (a team's own figure, a drained tank). */
export interface TotalMark {
  readonly kind: "total";
  /** When it became known. */
  readonly at: number;
  readonly car: string;
  readonly from: number;
  readonly to: number;
  readonly kg: number;
  readonly sdKg: number;
}

export interface WeatherMark {
  readonly kind: "weather";
  readonly at: number;
  readonly airC?: number;
  readonly pressurePa?: number;
}

/** Usable tank capacity, of one car or (`car: null`) of all. */
export interface CapacityMark {
  readonly kind: "capacity";
  readonly at: number;
  readonly car: string | null;
  readonly kg: number;
  readonly sdKg: number;
}

export interface RosterMark {
  readonly kind: "roster";
  readonly at: number;
  readonly car: string;
  readonly maker: string | null;
  readonly name?: string;
}

/** What timing says of the race's length. The end may be told in laps or as a time. */
export interface TimingMark {
  readonly kind: "timing";
  readonly at: number;
  readonly leaderLap?: number;
  readonly lapsTotal?: number;
  readonly lapsToGo?: number;
  readonly endsAt?: number;
}

/** A stage of the race begins. */
export interface StageMark {
  readonly kind: "stage";
  readonly at: number;
  readonly stage: number;
}
