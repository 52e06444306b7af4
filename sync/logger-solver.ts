import { type AssociationModel, type Candidate, candidatesOf, linkedBelief, mainMean } from "./association.js";
import { normalise, scaled } from "./belief.js";
import { Calibration, type CalibrationPoint, type Prediction } from "./calibration.js";
import type { CueSite, CueTable } from "./cue-table.js";
import { beliefOfRecord, type ClockReadings, type Reading, type RecordBelief } from "./logger-clocks.js";
import { findBases } from "./logger-offset.js";
import { baseOf, cuesFor, type LoggerState, type SolveOptions } from "./logger-state.js";
import { type Link, linkProbabilities } from "./matching.js";
import type { Outcome } from "./outcome.js";
import { lagShape, PERSONAS, type Persona, personaNamed } from "./persona.js";
import type { EventClassProfile, SportProfile } from "./sport-profile.js";

/** A record this likely to be wrong is flagged: a missed fault costs more than a look at a sound record. */
const CONFLICT_P = 0.25;
/** Points kept for the calibration, latest first. */
const MAX_POINTS = 120;
/** A confident link gives way only to evidence this much better, nats. */
const FREEZE_NATS = 3;
/** New links after which the persona is chosen anew, and nats by which another one must be better. */
const PERSONA_EVERY = 6;
const PERSONA_MARGIN = 2;

/** Everything needed to judge the records of one logger under one calibration. */
interface Fit {
  readonly persona: Persona;
  readonly calibration: Calibration;
  readonly points: readonly CalibrationPoint[];
  readonly owners: readonly string[];
  readonly evidence: number;
  readonly recall: number;
  readonly clutterPerSec: Readonly<Record<string, number>>;
  readonly judged: ReadonlyMap<string, Judged>;
}

interface Judged {
  readonly reading: Reading;
  readonly belief: RecordBelief;
  readonly site: Prediction;
  readonly sites: readonly CueSite[];
  readonly candidates: readonly Candidate[];
  readonly probabilities: readonly number[];
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
  let best = runRounds(personaNamed(state.persona), state, isMoved, anchorable, table, options);
  let personaPoints = state.personaPoints;
  if (best.points.length >= 3 && Math.abs(best.points.length - personaPoints) >= PERSONA_EVERY) {
    best = choosePersona(best, state, anchorable, table, options);
    personaPoints = best.points.length;
  }
  const solved: LoggerState = {
    ...state,
    persona: best.persona.name,
    points: best.points,
    recall: best.recall,
    clutterPerSec: best.clutterPerSec,
    personaPoints,
  };
  return { state: solved, fit: new LoggerFit(solved, best) };
}

function choosePersona(
  current: Fit,
  state: LoggerState,
  anchorable: readonly Reading[],
  table: CueTable,
  options: SolveOptions,
): Fit {
  let best = current;
  let bestScore = current.evidence + current.persona.logPrior + PERSONA_MARGIN;
  for (const persona of PERSONAS) {
    if (persona === current.persona) continue;
    const fit = runRounds(persona, state, true, anchorable, table, options);
    const score = fit.evidence + persona.logPrior;
    if (score > bestScore) {
      best = fit;
      bestScore = score;
    }
  }
  return best;
}

/** Calibration and association in turn: each makes the other better. */
function runRounds(
  persona: Persona,
  state: LoggerState,
  isFresh: boolean,
  anchorable: readonly Reading[],
  table: CueTable,
  options: SolveOptions,
): Fit {
  let points: readonly CalibrationPoint[] = isFresh ? [] : state.points;
  let owners: readonly string[] = [];
  let model = { recall: state.recall, clutterPerSec: clutterOf(state.clutterPerSec, options.profile) };
  const rounds = isFresh ? options.rounds + 2 : options.rounds;
  for (let round = 0; ; round++) {
    const calibration = new Calibration(persona, points);
    const judged = judge(persona, state, calibration, owners, anchorable, table, model);
    if (round === rounds) {
      return { persona, calibration, points, owners, evidence: evidenceOf(judged), ...model, judged };
    }
    ({ points, owners } = pointsOf(judged, persona, state));
    model = learnClutter(judged, anchorable, table, options.profile);
  }
}

function judge(
  persona: Persona,
  state: LoggerState,
  calibration: Calibration,
  owners: readonly string[],
  anchorable: readonly Reading[],
  table: CueTable,
  model: { recall: number; clutterPerSec: Readonly<Record<string, number>> },
): Map<string, Judged> {
  const ownerIndex = new Map(owners.map((owner, index) => [owner, index]));
  const drafts = anchorable.map((reading) => {
    const { event } = reading;
    const lag = lagShape(event.profile, persona);
    const base = baseOf(state, event.period);
    const own = ownerIndex.get(event.eventId);
    const site =
      own === undefined
        ? calibration.predict({ at: reading.stamp - base, class: event.class, period: event.period, lag: lag.mean })
        : calibration.leaveOut(own);
    const belief = beliefOfRecord(reading, base, site, lag);
    const sites = cuesFor(reading, table);
    const kind = event.profile?.cue ?? "";
    const associationModel: AssociationModel = {
      recall: model.recall,
      clutterPerSec: model.clutterPerSec[kind] ?? 0.005,
    };
    const candidates = candidatesOf(belief, event.profile as EventClassProfile, sites, associationModel);
    return { reading, belief, site, sites, candidates };
  });
  return shareCues(drafts);
}

/** One cue for one event: probabilities after all have claimed, with confident links held. */
function shareCues(drafts: readonly Omit<Judged, "probabilities">[]): Map<string, Judged> {
  const cueNumbers = new Map<string, number>();
  const links: Link[] = [];
  const held: Link[] = [];
  let hasFrozen = false;
  drafts.forEach((draft, event) => {
    for (const candidate of draft.candidates) {
      const cueId = draft.sites[candidate.cue]?.cueId ?? "";
      let cue = cueNumbers.get(cueId);
      if (cue === undefined) {
        cue = cueNumbers.size;
        cueNumbers.set(cueId, cue);
      }
      const isFrozen = draft.reading.event.frozenCue === cueId;
      hasFrozen ||= isFrozen;
      links.push({ event, cue, ratio: candidate.ratio });
      held.push({ event, cue, ratio: isFrozen ? candidate.ratio * Math.exp(FREEZE_NATS) : candidate.ratio });
    }
  });
  const free = linkProbabilities(links, drafts.length, cueNumbers.size);
  const kept = hasFrozen ? linkProbabilities(held, drafts.length, cueNumbers.size) : free;
  const judged = new Map<string, Judged>();
  let next = 0;
  for (const draft of drafts) {
    const from = next;
    next += draft.candidates.length;
    const isOverturned = bestIndex(free, from, next) !== bestIndex(kept, from, next);
    const probabilities = [...(isOverturned ? kept : free).subarray(from, next)];
    judged.set(draft.reading.event.eventId, { ...draft, probabilities });
  }
  return judged;
}

function bestIndex(values: Float64Array, from: number, to: number): number {
  let best = from;
  for (let index = from; index < to; index++) if ((values[index] ?? 0) > (values[best] ?? 0)) best = index;
  return best;
}

/** Links that are believed become points of the next calibration; doubtful and gross ones weigh less. */
function pointsOf(judged: ReadonlyMap<string, Judged>, persona: Persona, state: LoggerState) {
  const linked: { owner: string; point: CalibrationPoint }[] = [];
  for (const [owner, { reading, sites, candidates, probabilities }] of judged) {
    const { event } = reading;
    const profile = event.profile as EventClassProfile;
    const best = probabilities.indexOf(Math.max(...probabilities));
    const candidate = candidates[best];
    const site = candidate === undefined ? undefined : sites[candidate.cue];
    if (candidate === undefined || site === undefined) continue;
    const trust = (probabilities[best] ?? 0) * candidate.clean;
    if (trust < 0.5) continue;
    const lag = lagShape(profile, persona);
    const noise = lag.variance + site.sd ** 2 + profile.cueDelay.sdSec ** 2 + event.resolutionSec ** 2 / 12;
    const base = baseOf(state, event.period);
    linked.push({
      owner,
      point: {
        at: reading.stamp - base,
        residual: reading.stamp - base - (site.at - profile.cueDelay.medianSec) - lag.mean,
        noise: noise / trust,
        class: event.class,
        period: event.period,
        lag: lag.mean,
      },
    });
  }
  linked.sort((a, b) => a.point.at - b.point.at || (a.owner < b.owner ? -1 : 1));
  const kept = linked.slice(-MAX_POINTS);
  return { points: kept.map((entry) => entry.point), owners: kept.map((entry) => entry.owner) };
}

/** Hours of the profile's belief on clutter, and records of its belief on detection. */
const PRIOR_HOURS = 0.75;
const PRIOR_DETECTIONS = 20;

function learnClutter(
  judged: ReadonlyMap<string, Judged>,
  anchorable: readonly Reading[],
  table: CueTable,
  profile: SportProfile,
) {
  const claimed = new Map<string, number>();
  let linked = PRIOR_DETECTIONS;
  let expected = PRIOR_DETECTIONS;
  for (const { reading, candidates, probabilities } of judged.values()) {
    const eventProfile = reading.event.profile as EventClassProfile;
    // Links by way of a fault of the record count as none: they would feed on themselves.
    const p = Math.min(
      1,
      candidates.reduce((sum, candidate, index) => sum + candidate.clean * (probabilities[index] ?? 0), 0),
    );
    claimed.set(eventProfile.cue ?? "", (claimed.get(eventProfile.cue ?? "") ?? 0) + p);
    if (eventProfile.detection < 0.6) continue;
    linked += p;
    expected += eventProfile.detection;
  }
  const clutterPerSec: Record<string, number> = {};
  for (const [kind, sites] of table) {
    const hours = spanSec(sites) / 3600;
    const unclaimed = Math.max(0, sites.length - (claimed.get(kind) ?? 0));
    const prior = profile.clutterPerHour[kind] ?? 20;
    clutterPerSec[kind] = Math.max(1, (prior * PRIOR_HOURS + unclaimed) / (PRIOR_HOURS + hours)) / 3600;
  }
  const recall = anchorable.length === 0 ? 1 : Math.min(1.06, Math.max(0.4, linked / expected));
  return { clutterPerSec, recall };
}

function spanSec(sites: readonly CueSite[]): number {
  return Math.max(1, (sites.at(-1)?.at ?? 0) - (sites[0]?.at ?? 0));
}

function clutterOf(learnt: Readonly<Record<string, number>>, profile: SportProfile): Record<string, number> {
  const rates: Record<string, number> = {};
  for (const kind of profile.cues) rates[kind] = learnt[kind] ?? (profile.clutterPerHour[kind] ?? 20) / 3600;
  return rates;
}

/** Log-likelihood of the records, each judged without its own link: what makes one persona better than another. */
function evidenceOf(judged: ReadonlyMap<string, Judged>): number {
  let sum = 0;
  for (const { candidates, probabilities } of judged.values()) {
    let ratio = 0;
    candidates.forEach((candidate, index) => {
      ratio += candidate.ratio * Math.min(1, 2 * (probabilities[index] ?? 0));
    });
    sum += Math.log1p(ratio);
  }
  return sum;
}

/** A solved logger, ready to be asked about its records. */
export class LoggerFit {
  readonly #state: LoggerState;
  readonly #fit: Fit;

  constructor(state: LoggerState, fit: Fit) {
    this.#state = state;
    this.#fit = fit;
  }

  /** Rebuilds what a solve left from its plain data; judges records one by one, without their rivals. */
  static fromState(state: LoggerState, profile: SportProfile): LoggerFit {
    const persona = personaNamed(state.persona);
    return new LoggerFit(state, {
      persona,
      calibration: new Calibration(persona, state.points),
      points: state.points,
      owners: [],
      evidence: 0,
      recall: state.recall,
      clutterPerSec: clutterOf(state.clutterPerSec, profile),
      judged: new Map(),
    });
  }

  get driftPpm(): number {
    return this.#fit.calibration.driftPpm();
  }

  /** Clock offset at the latest point, seconds, beyond the mean lag. */
  get offsetSec(): number {
    const last = this.#fit.points.at(-1);
    const base = baseOf(this.#state, last?.period ?? "");
    if (last === undefined) return base;
    return base + this.#fit.calibration.predict({ at: last.at, class: "", period: last.period, lag: 0 }).mean;
  }

  /** What is believed of one record; alone and against `claimed` cues when the solve did not judge it. */
  outcomeOf(reading: Reading, table: CueTable, claims: () => ReadonlyMap<string, number>): Outcome {
    const judged = this.#fit.judged.get(reading.event.eventId) ?? this.#judgeAlone(reading, table, claims);
    return this.#toOutcome(judged);
  }

  #judgeAlone(reading: Reading, table: CueTable, claims: () => ReadonlyMap<string, number>): Judged {
    const { event } = reading;
    const lag = lagShape(event.profile, this.#fit.persona);
    const base = baseOf(this.#state, event.period);
    const site = this.#fit.calibration.predict({
      at: reading.stamp - base,
      class: event.class,
      period: event.period,
      lag: lag.mean,
    });
    const belief = beliefOfRecord(reading, base, site, lag);
    const sites = cuesFor(reading, table);
    if (event.profile === null || sites.length === 0) {
      return { reading, belief, site, sites, candidates: [], probabilities: [] };
    }
    const clutterPerSec = this.#fit.clutterPerSec[event.profile.cue ?? ""] ?? 0.005;
    const candidates = candidatesOf(belief, event.profile, sites, { recall: this.#fit.recall, clutterPerSec });
    const claimed = claims();
    const shares = candidates.map(
      (candidate) => candidate.ratio * (1.001 - (claimed.get(sites[candidate.cue]?.cueId ?? "") ?? 0)),
    );
    const total = 1 + shares.reduce((sum, share) => sum + share, 0);
    return { reading, belief, site, sites, candidates, probabilities: shares.map((share) => share / total) };
  }

  #toOutcome(judged: Judged): Outcome {
    const { reading, belief, site, sites, candidates, probabilities } = judged;
    const { event } = reading;
    const base = baseOf(this.#state, event.period);
    const unlinked = normalise(belief.parts);
    const clockMean = mainMean(unlinked);
    const offsetSec = base + site.mean;
    if (event.pinned !== null) {
      const parts = [{ weight: 1, mean: event.pinned, spread: 0.01, uniform: false }];
      return { parts, links: [], clockMean, conflict: reading.gross > CONFLICT_P, offsetSec, kind: null };
    }
    const ranked = candidates
      .map((candidate, index) => ({ candidate, p: probabilities[index] ?? 0 }))
      .filter(({ p }) => p > 0.002)
      .sort((a, b) => b.p - a.p)
      .slice(0, 4);
    const linkedMass = Math.min(
      0.9995,
      ranked.reduce((sum, { p }) => sum + p, 0),
    );
    const parts = scaled(unlinked, 1 - linkedMass);
    const links = [];
    for (const { candidate, p } of ranked) {
      const cue = sites[candidate.cue];
      if (cue === undefined || event.profile === null) continue;
      parts.push(...scaled(linkedBelief(belief, event.profile, cue), p));
      links.push({ cueId: cue.cueId, at: cue.at - event.profile.cueDelay.medianSec, p });
    }
    const oddMass = ranked.reduce((sum, { candidate, p }) => sum + p * (1 - candidate.clean), 0);
    return {
      parts: normalise(parts),
      links: links.slice(0, 3),
      clockMean,
      conflict: oddMass + (1 - linkedMass) * reading.gross > CONFLICT_P,
      offsetSec,
      kind: event.profile?.cue ?? null,
    };
  }
}
