/** A solve follows a record by this much, so that the corrected revision leaves within a second of its arrival. */
export const SOLVE_AFTER_SEC = 0.85;
/** A cue may concern a record that is already there and is not older than this; it is worked in soon after. */
export const SOLVE_AFTER_CUE_SEC = 0.5;
export const CUE_CONCERNS_SEC = 120;
/** An open event becomes final this long after its arrival, a confirmed one this long after it was confirmed. */
export const FINAL_AFTER_SEC = 1800;
export const CONFIRMED_FINAL_AFTER_SEC = 300;
/** Bounds of one solve: records of a logger taken in, events judged anew, records that a first glance takes in. */
export const SOLVE_RECORDS = 400;
export const REFRESH_EVENTS = 300;
export const GLANCE_RECORDS = 60;
/** Calibration and association in turn: a live solve goes on from the last one, the one at the end has time. */
export const ROUNDS = 2;
export const END_ROUNDS = 4;
export const DEFAULT_MAX_EVENTS = 5000;
export const DEFAULT_MAX_CUES = 2000;
export const DEFAULT_SCAN_RANGE_SEC = 300;
