export { type AlignScore, alignCases, scoreAlign } from "./align-score.js";
export type { CueReport } from "./cue-report.js";
export type { CorrectionRow, LinkReport, MethodRow } from "./event-tables.js";
export { type FuelRow, type FuelScore, scoreFuel } from "./fuel-score.js";
export { fuelGoalsTable } from "./fuel-tables.js";
export type { GoalRow } from "./goal-rows.js";
export { hearFile } from "./hear-file.js";
export {
  type LabelledFile,
  type ListenFile,
  type ListenLine,
  type ListenScore,
  readLabels,
  scoreListen,
} from "./listen-score.js";
export { markdownOf, replaceSection } from "./markdown.js";
export { writeMixes } from "./mix-files.js";
export { type MomentRank, momentTable } from "./moment-ranks.js";
export {
  beepRecipe,
  type CharacterOptions,
  characterTable,
  hornRecipe,
  type Material,
  type Recipe,
  type RecipeScore,
  readMaterial,
  recipeTables,
  roarRecipe,
  scoreCharacters,
  scoreRecipe,
} from "./recipes/index.js";
export { degradedCues, readCues, recordedCase } from "./recorded-case.js";
export { CONDITIONS, chooseFiles, type RobustRow, type RobustScore, scoreRobustness } from "./robust-score.js";
export type { ScoreCase, ScoredRecord, Verdict } from "./score-case.js";
export {
  correctionTable,
  cueTable,
  goalTable,
  linkTable,
  listenTable,
  methodTable,
  revisionTable,
  robustTable,
  type TextTable,
} from "./score-tables.js";
export { type SessionScore, scoreSession } from "./session-score.js";
export { GROUPS, type Group, quantile, type Shares, sharesOf, TOLERANCES_SEC } from "./shares.js";
export { type SimulatedCaseOptions, simulatedCase } from "./simulated-cases.js";
export { readTruth, type TrueEvent, type TrueSound, type Truth } from "./truth-files.js";
