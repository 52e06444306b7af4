export type { SampleClock } from "./clock.js";
export { sampleAtTime, timeOfSample } from "./clock.js";
export type { Anchor, EventRevision, EventState, Reason } from "./event-revision.js";
export type { HeardCue } from "./heard-cue.js";
export type { LoggedEvent } from "./logged-event.js";
export type { EventClassProfile, SportProfile } from "./sport-profile.js";
export type { MonoMicros, UnixMicros } from "./time.js";
export { addSeconds, formatRfc3339, MICROS_PER_SECOND, parseRfc3339, secondsBetween, unixMicros } from "./time.js";
