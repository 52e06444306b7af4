import type { UnixMicros } from "../time.js";

/** What a race tells that may be worth looking at: plain marks, made from messages and insights by whoever knows them. */
export type RaceMark =
  /** Race control shows a flag; it holds until the next one. */
  | { readonly kind: "flag"; readonly at: UnixMicros; readonly flag: string }
  /** A car came to a stop at its box. */
  | { readonly kind: "pitIn"; readonly at: UnixMicros; readonly car: string }
  /** A tank ran dry. */
  | { readonly kind: "runOut"; readonly at: UnixMicros; readonly car: string }
  /** Timing names the leading car. */
  | { readonly kind: "leader"; readonly at: UnixMicros; readonly car: string }
  /** How far a car's fuel goes, and how far it has to go. */
  | {
      readonly kind: "fuel";
      readonly at: UnixMicros;
      readonly car: string;
      readonly lapsLeft: number;
      readonly lapsLeftSd: number;
      readonly lapsToGo: number;
      /** Probability that it gets there. */
      readonly pReach: number;
    };
