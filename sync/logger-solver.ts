import type { CueTable } from "./cue-table.js";
import type { ClockReadings } from "./logger-clocks.js";
import { LoggerFit } from "./logger-fit.js";
import { findBases } from "./logger-offset.js";
import { type Fit, runRounds } from "./logger-rounds.js";
import { cuesFor, type LoggerState, type PersonaModel, type SolveOptions } from "./logger-state.js";
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
    fits = weighAll(fits, run, clocks.arrivalMinusStamp !== null);
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
  isLive: boolean,
): Weighed[] {
  const scored = PERSONAS.map((persona) => {
    const fit = known.find((one) => one.fit.persona === persona)?.fit ?? run(persona, null);
    return { fit, score: EVIDENCE_SHARE * fit.evidence + priorOf(persona, isLive) };
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

/** Who sends each record within seconds of its stamp has not stopped a video on the instant. */
function priorOf(persona: Persona, isLive: boolean): number {
  return persona.logPrior - (isLive && persona.lagScale === 0 ? LIVE_TAGGER_NATS : 0);
}

function toModel({ fit, weight }: Weighed): PersonaModel {
  const { points, recall, clutterPerSec } = fit;
  return { persona: fit.persona.name, weight, points, recall, clutterPerSec };
}
