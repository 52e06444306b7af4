export type { AlignerOptions, AlignerSnapshot, AlignerStatus, AlignInput, LoggerStatus } from "./align-input.js";
export { Aligner } from "./aligner.js";
export { type ChannelWay, type FieldOfPlay, pathSdSec } from "./channel-way.js";
export type { SampleClock } from "./clock.js";
export { timeOfSample } from "./clock.js";
export { CueFusion, type FusedCue, type FusionCounts } from "./cue-fusion.js";
export type { Anchor, EventRevision, EventState, Reason } from "./event-revision.js";
export type { HeardCue } from "./heard-cue.js";
export type { LoggedEvent } from "./logged-event.js";
export { type HeardPeriod, MatchPeriods } from "./match-periods.js";
export type { Evidence, LevelSecond, MomentRevision, MomentState } from "./moments/moment.js";
export { MOMENTS_SNAPSHOT_VERSION, MomentFinder, type MomentInput } from "./moments/moment-finder.js";
export type { RaceMark as RaceMomentMark } from "./moments/race-mark.js";
export type { PathDelay } from "./path-delays.js";
export { PrimedCues } from "./primed-cues.js";
export type { EventClassProfile, SportProfile } from "./sport-profile.js";
export type { MonoMicros, UnixMicros } from "./time.js";
export { addSeconds, formatRfc3339, MICROS_PER_SECOND, parseRfc3339, secondsBetween, unixMicros } from "./time.js";
export { FRAME_RATES, type FrameRate, formatFrameRate, parseFrameRate } from "./timecode/frame-rate.js";
export type { GeneratorDiagnosis, GeneratorForm, GeneratorState } from "./timecode/generator-clock.js";
export { GENERATORS_SNAPSHOT_VERSION, GeneratorDesk, type GeneratorReport } from "./timecode/generator-desk.js";
export { type CorrectedMedia, correctedMedia, mediaMoveSec } from "./timecode/media.js";
export {
  formatTimecode,
  framesBetween,
  framesOfMicros,
  framesPerDay,
  microsOfFrames,
  parseTimecode,
  type TimecodeFormat,
} from "./timecode/timecode.js";
