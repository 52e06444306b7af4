export { EXAMPLE_MATCH, writeExample } from "./example.js";
export { anchorOf, FOOTBALL, lagMedianSec } from "./match/classes.js";
export type { LogMessage } from "./match/delivery.js";
export { DETECTORS, type Detector, type SimulatedCues, simulateCues } from "./match/detector.js";
export {
  clockErrorSec,
  type LoggedMatch,
  type LoggerTruth,
  logMatch,
  type RecordTruth,
} from "./match/logger.js";
export { makeMatch } from "./match/make-match.js";
export type { AnchorGroup, Match, MatchOptions, Period, Play, TrueCue } from "./match/match.js";
export {
  LOGGER_FAULT_NAMES,
  LOGGER_FAULTS,
  type LoggerFault,
  PERSONA_NAMES,
  PERSONAS,
  type PersonaName,
} from "./match/personas.js";
export type { LoggerOptions } from "./match/press.js";
export {
  DEFAULT_OPTIONS,
  DEFAULT_START,
  oneOf,
  parseSimulateOptions,
  SAMPLE_RATES,
  type SimulateOptions,
  type SimulateText,
  wholeNumber,
} from "./options.js";
export * from "./race/index.js";
export { Random } from "./random.js";
export { prepareFolder, type SimulatedSession, type SimulateTarget, simulateLog, simulateSession } from "./session.js";
export { makeCrowd } from "./sound/crowd.js";
export { CROWD_MOODS, type CrowdMood, renderMood, tilt } from "./sound/crowd-moods.js";
export { renderAirHorn, renderVuvuzela } from "./sound/horns.js";
export { makeSound, type SoundOptions } from "./sound/plan.js";
export { addScaled, highPass, normalise, rmsOf } from "./sound/shape.js";
export type { Distractor, SoundPlan } from "./sound/sounds.js";
export { drawSpace, placeInSpace, type Space } from "./sound/space.js";
export { renderInstrument, renderSiren } from "./sound/training/things.js";
export { renderTone } from "./sound/training/tone.js";
export { renderAnnouncement, renderJingle } from "./sound/voices.js";
export { renderFingerWhistle } from "./sound/whistle.js";
export { WavFile } from "./wav-file.js";
