import { candidatesOf, linkedBelief, mainMean } from "./association.js";
import { type BeliefPart, normalise, scaled } from "./belief.js";
import { Calibration } from "./calibration.js";
import type { CueTable } from "./cue-table.js";
import { beliefOfRecord, type Reading } from "./logger-clocks.js";
import { clutterOf, type Fit, type Judged } from "./logger-rounds.js";
import { baseOf, cuesFor, type LoggerState } from "./logger-state.js";
import type { Outcome } from "./outcome.js";
import { lagShape, personaNamed } from "./persona.js";
import type { EventClassProfile, SportProfile } from "./sport-profile.js";

/** A record this likely to be wrong is flagged: a missed fault costs more than a look at a sound record. */
const CONFLICT_P = 0.25;
/** Links told at most. */
const MAX_LINKS = 3;

interface Weighed {
  readonly fit: Fit;
  readonly weight: number;
}

/** What one persona says of one record. */
interface Voice {
  readonly parts: readonly BeliefPart[];
  readonly links: readonly { readonly cueId: string; readonly at: number; readonly p: number }[];
  readonly clockMean: number;
  /** Probability that the record is faulty. */
  readonly odd: number;
  readonly offsetSec: number;
}

/** A solved logger, ready to be asked about its records: the voices of all its personas, by their weights. */
export class LoggerFit {
  readonly #state: LoggerState;
  readonly #fits: readonly Weighed[];

  constructor(state: LoggerState, fits: readonly Weighed[]) {
    this.#state = state;
    this.#fits = fits;
  }

  /** Rebuilds what a solve left from its plain data; judges records one by one, without their rivals. */
  static fromState(state: LoggerState, profile: SportProfile): LoggerFit {
    const fits = state.models.map(({ persona: name, weight, points, recall, clutterPerSec }): Weighed => {
      const persona = personaNamed(name);
      const calibration = new Calibration(persona, points);
      const learnt = { recall, clutterPerSec: clutterOf(clutterPerSec, profile) };
      return { weight, fit: { persona, calibration, points, owners: [], evidence: 0, ...learnt, judged: new Map() } };
    });
    return new LoggerFit(state, fits);
  }

  get driftPpm(): number {
    return this.#fits.reduce((sum, { fit, weight }) => sum + weight * fit.calibration.driftPpm(), 0);
  }

  /** Clock offset at the latest point, seconds, beyond the mean lag. */
  get offsetSec(): number {
    const main = this.#fits[0]?.fit;
    const last = main?.points.at(-1);
    const base = baseOf(this.#state, last?.period ?? "");
    if (main === undefined || last === undefined) return base;
    return base + main.calibration.predict({ at: last.at, class: "", period: last.period, lag: 0 }).mean;
  }

  /** What is believed of one record; alone and against `claimed` cues when the solve did not judge it. */
  outcomeOf(reading: Reading, table: CueTable, claims: () => ReadonlyMap<string, number>): Outcome {
    const { event } = reading;
    const voices = this.#fits.map(({ fit, weight }) => {
      const judged = fit.judged.get(event.eventId) ?? this.#judgeAlone(fit, reading, table, claims);
      return { weight, voice: this.#voiceOf(judged) };
    });
    const mean = (of: (voice: Voice) => number) =>
      voices.reduce((sum, { weight, voice }) => sum + weight * of(voice), 0);
    const base = { clockMean: mean((voice) => voice.clockMean), offsetSec: mean((voice) => voice.offsetSec) };
    if (event.pinned !== null) {
      const parts = [{ weight: 1, mean: event.pinned, spread: 0.01, uniform: false }];
      return { ...base, parts, links: [], conflict: reading.gross > CONFLICT_P, kind: null };
    }
    return {
      ...base,
      parts: normalise(voices.flatMap(({ weight, voice }) => scaled(voice.parts, weight))),
      links: joinLinks(voices),
      conflict: mean((voice) => voice.odd) > CONFLICT_P,
      kind: event.profile?.cue ?? null,
    };
  }

  #judgeAlone(fit: Fit, reading: Reading, table: CueTable, claims: () => ReadonlyMap<string, number>): Judged {
    const { event } = reading;
    const lag = lagShape(event.profile, fit.persona);
    const base = baseOf(this.#state, event.period);
    const place = { at: reading.stamp - base, class: event.class, period: event.period, lag: lag.mean };
    const site = fit.calibration.predict(place);
    const belief = beliefOfRecord(reading, base, site, lag);
    const sites = cuesFor(reading, table);
    if (event.profile === null || sites.length === 0) {
      return { reading, belief, site, sites, candidates: [], probabilities: [] };
    }
    const clutterPerSec = fit.clutterPerSec[event.profile.cue ?? ""] ?? 0.005;
    const candidates = candidatesOf(belief, event.profile, sites, { recall: fit.recall, clutterPerSec });
    const claimed = claims();
    const shares = candidates.map(
      (candidate) => candidate.ratio * (1.001 - (claimed.get(sites[candidate.cue]?.cueId ?? "") ?? 0)),
    );
    const total = 1 + shares.reduce((sum, share) => sum + share, 0);
    return { reading, belief, site, sites, candidates, probabilities: shares.map((share) => share / total) };
  }

  #voiceOf({ reading, belief, site, sites, candidates, probabilities }: Judged): Voice {
    const { event } = reading;
    const unlinked = normalise(belief.parts);
    const ranked = candidates
      .map((candidate, index) => ({ candidate, p: probabilities[index] ?? 0 }))
      .filter(({ p }) => p > 0.002)
      .sort((a, b) => b.p - a.p)
      .slice(0, MAX_LINKS + 1);
    const linkedMass = Math.min(
      0.9995,
      ranked.reduce((sum, { p }) => sum + p, 0),
    );
    const parts = scaled(unlinked, 1 - linkedMass);
    const links = [];
    for (const { candidate, p } of ranked) {
      const cue = sites[candidate.cue];
      if (cue === undefined || event.profile === null) continue;
      parts.push(...scaled(linkedBelief(belief, event.profile as EventClassProfile, cue), p));
      links.push({ cueId: cue.cueId, at: cue.at - event.profile.cueDelay.medianSec, p });
    }
    const oddMass = ranked.reduce((sum, { candidate, p }) => sum + p * (1 - candidate.clean), 0);
    return {
      parts: normalise(parts),
      links,
      clockMean: mainMean(unlinked),
      odd: oddMass + (1 - linkedMass) * reading.gross,
      offsetSec: baseOf(this.#state, event.period) + site.mean,
    };
  }
}

/** One list of links: a cue's probability is what the voices give it together. */
function joinLinks(voices: readonly { readonly weight: number; readonly voice: Voice }[]): Outcome["links"] {
  const joined = new Map<string, { cueId: string; at: number; p: number }>();
  for (const { weight, voice } of voices) {
    for (const { cueId, at, p } of voice.links) {
      const known = joined.get(cueId);
      if (known === undefined) joined.set(cueId, { cueId, at, p: weight * p });
      else known.p += weight * p;
    }
  }
  return [...joined.values()].sort((a, b) => b.p - a.p).slice(0, MAX_LINKS);
}
