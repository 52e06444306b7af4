import type { CueTable } from "./cue-table.js";
import { normalCdf, normalDensity } from "./gaussian.js";
import type { ClockReadings } from "./logger-clocks.js";
import { LoggerFit } from "./logger-fit.js";
import { findBases } from "./logger-offset.js";
import { type Fit, runRounds } from "./logger-rounds.js";
import { baseOf, cuesFor, type LoggerState, type PersonaModel, type SolveOptions } from "./logger-state.js";
import { PERSONAS, type Persona, personaNamed } from "./persona.js";

/** New links after which the personas are weighed anew. */
const PERSONA_EVERY = 6;
/** Records of one logger are not independent: their evidence counts for this share. */
const EVIDENCE_SHARE = 0.6;
/** Personas carried on between two weighings, and the least weight that one needs. */
const MAX_PERSONAS = 3;
const LEAST_WEIGHT = 0.08;
/** How much less likely a tagger is whose records arrive as they are stamped, nats. */
const LIVE_TAGGER_NATS = 8;
/** A press by a direct line arrives after so long (median network 0.3 s, polls and slow phones), seconds; how often a line is direct. */
const DIRECT_SEC = 0.35;
const DIRECT_SD = 0.25;
const DIRECT_SHARE = 0.6;
/** The slowest stream that was measured, with the slowest press; and a floor for what nobody thought of, one in so many seconds. */
const SLOWEST_SEC = 20;
const UNEXPLAINED_SEC = 3000;

interface Weighed {
  readonly fit: Fit;
  readonly weight: number;
}

/** Searches, calibrates and links the records of one logger. Pure: the same input gives the same numbers. */
export function solveLogger(
  previous: LoggerState,
  clocks: ClockReadings,
  table: CueTable,
  options: SolveOptions,
): { state: LoggerState; fit: LoggerFit | null } {
  const anchorable = clocks.readings.filter((reading) => cuesFor(reading, table).length > 0);
  const found = findBases(previous, anchorable, clocks, table, options);
  const state = { ...previous, ...found, version: previous.version + 1 };
  if (state.lock === 0) return { state, fit: null };
  const isMoved = previous.lock === 0 || found.isMoved;
  const run = (persona: Persona, model: PersonaModel | null) =>
    runRounds(persona, state, model, anchorable, table, options);
  let fits = carryOn(state, isMoved, run);
  let { personaPoints } = state;
  const points = fits[0]?.fit.points.length ?? 0;
  if (points >= 3 && Math.abs(points - personaPoints) >= PERSONA_EVERY) {
    fits = weighAll(fits, run, state, clocks.arrivalMinusStamp);
    personaPoints = points;
  }
  const solved: LoggerState = {
    ...state,
    persona: fits[0]?.fit.persona.name ?? state.persona,
    models: fits.map(toModel),
    personaPoints,
  };
  return { state: solved, fit: new LoggerFit(solved, fits) };
}

/** The personas of the last weighing with what is there now; from nothing when the clock was found elsewhere. */
function carryOn(
  state: LoggerState,
  isMoved: boolean,
  run: (persona: Persona, model: PersonaModel | null) => Fit,
): Weighed[] {
  if (state.models.length === 0) return [{ fit: run(personaNamed(state.persona), null), weight: 1 }];
  return state.models.map((model) => ({
    fit: run(personaNamed(model.persona), isMoved ? null : model),
    weight: model.weight,
  }));
}

/** Which persona it is stays open while several explain the records: each keeps a voice by its evidence. */
function weighAll(
  known: readonly Weighed[],
  run: (persona: Persona, model: PersonaModel | null) => Fit,
  state: LoggerState,
  arrivalMinusStamp: number | null,
): Weighed[] {
  const scored = PERSONAS.map((persona) => {
    const fit = known.find((one) => one.fit.persona === persona)?.fit ?? run(persona, null);
    return { fit, score: EVIDENCE_SHARE * fit.evidence + priorOf(fit, state, arrivalMinusStamp) };
  });
  const best = Math.max(...scored.map(({ score }) => score));
  const weighed = scored
    .map(({ fit, score }) => ({ fit, weight: Math.exp(score - best) }))
    .sort((a, b) => b.weight - a.weight)
    .filter(({ weight }) => weight > LEAST_WEIGHT)
    .slice(0, MAX_PERSONAS);
  const total = weighed.reduce((sum, { weight }) => sum + weight, 0);
  return weighed.map(({ fit, weight }) => ({ fit, weight: weight / total }));
}

/** Log prior of the persona, with what the way of the records to the box says: who sends each within seconds of its stamp has not stopped a video. */
function priorOf(fit: Fit, state: LoggerState, arrivalMinusStamp: number | null): number {
  const { persona } = fit;
  if (arrivalMinusStamp === null) return persona.logPrior;
  if (persona.lagScale === 0) return persona.logPrior - LIVE_TAGGER_NATS;
  const last = fit.points.at(-1);
  if (last === undefined) return persona.logPrior;
  const rest = fit.calibration.predict({ at: last.at, class: "", period: last.period, lag: 0 });
  const delay = baseOf(state, last.period) + rest.mean + arrivalMinusStamp;
  return persona.logPrior + deliveryNats(delay, rest.variance, persona);
}

/**
 * A record cannot reach the box before it was pressed. The slower the person is taken to be, the earlier the press is put, and the less time is left for the
 * way: a direct line takes some tenths of a second, pictures from a stream come up to 20 s late.
 */
function deliveryNats(delaySec: number, variance: number, { wanderSd }: Persona): number {
  const direct = wanderSd < 0.8 ? DIRECT_SHARE : 1 - DIRECT_SHARE;
  const sd = Math.sqrt(DIRECT_SD ** 2 + variance);
  const far = normalCdf(delaySec / sd, 0, 1) * (1 - normalCdf((delaySec - SLOWEST_SEC) / sd, 0, 1));
  const density =
    direct * normalDensity(delaySec, DIRECT_SEC, sd) + ((1 - direct) * far) / SLOWEST_SEC + 1 / UNEXPLAINED_SEC;
  return Math.log(density);
}

function toModel({ fit, weight }: Weighed): PersonaModel {
  const { points, recall, clutterPerSec } = fit;
  return { persona: fit.persona.name, weight, points, recall, clutterPerSec };
}
