/** Standard deviation of an unmeasured box clock against UTC, seconds: what NTP over a venue's network usually holds (a few ms), with a margin. */
export const UTC_UNCERTAINTY_SEC = 0.02;
/** Sessions a box works on at once. */
export const MAX_SESSIONS = 32;
