import type { BeliefPart } from "./belief.js";
import { delayShape } from "./cue-delay.js";
import { type CueSite, clutterAtScore, firstAtOrAfter, trainFactor } from "./cue-table.js";
import { normalDensity } from "./gaussian.js";
import type { RecordBelief } from "./logger-clocks.js";
import type { EventClassProfile } from "./sport-profile.js";

/** A cue that an event may have made. */
export interface Candidate {
  /** Index within the cues of the class's kind. */
  readonly cue: number;
  /** Likelihood ratio against "the cue is clutter and the event's own was not heard". */
  readonly ratio: number;
  /** Probability that the record's stamp is an ordinary one, if this link is true. */
  readonly clean: number;
}

/** How far a cue may lie from a record, seconds: gross errors and late entries reach a minute. */
const REACH_BEFORE_SEC = 75;
const REACH_AFTER_SEC = 75;
const LEAST_RATIO = 1e-3;

export interface AssociationModel {
  /** Cues per second of this kind that belong to no logged event. */
  readonly clutterPerSec: number;
  /** Factor on the profile's detection probabilities, learnt from the session. */
  readonly recall: number;
}

/** Probability that the class's own cue is heard, with what the session has shown of the detector. */
export function detectionOf(profile: EventClassProfile, recall: number): number {
  return Math.min(0.985, Math.max(0.02, profile.detection * recall));
}

/** Every cue that could be this record's, with its likelihood ratio. */
export function candidatesOf(
  belief: RecordBelief,
  profile: EventClassProfile,
  sites: readonly CueSite[],
  model: AssociationModel,
): Candidate[] {
  const centre = mainMean(belief.parts);
  const detection = detectionOf(profile, model.recall);
  const found: Candidate[] = [];
  for (let cue = firstAtOrAfter(sites, centre - REACH_BEFORE_SEC); cue < sites.length; cue++) {
    const site = sites[cue] as CueSite;
    if (site.at > centre + REACH_AFTER_SEC) break;
    const { total, clean } = densityOfCue(belief, profile, site);
    const ratio = total * trainFactor(site, profile) * site.worth * oddsOf(site, detection, model.clutterPerSec);
    if (ratio > LEAST_RATIO) found.push({ cue, ratio, clean: clean / total });
  }
  return found;
}

/**
 * Odds per second that a cue is an event's own. One that was let through because the log expected it stands against all sounds as faint as it, most of
 * which nobody was told of; that a missed whistle left such a trace is as likely as not.
 */
function oddsOf(site: CueSite, detection: number, clutterPerSec: number): number {
  if (site.backgroundPerSec > 0) return 1 / site.backgroundPerSec;
  return detection / (1 - detection) / (clutterPerSec * clutterAtScore(site.score));
}

/** Density of the class's cue at this onset, given what the record says of the truth. */
function densityOfCue(belief: RecordBelief, profile: EventClassProfile, site: CueSite) {
  const delays = delayShape(profile.cueDelay);
  let total = 1e-12;
  let clean = 0;
  belief.parts.forEach((part, index) => {
    let density = 0;
    for (const delay of delays) {
      density += delay.weight * partDensity(part, site.at - delay.mean, delay.sd ** 2 + site.sd ** 2);
    }
    total += part.weight * density;
    if (index < belief.clean) clean += part.weight * density;
  });
  return { total, clean };
}

function partDensity(part: BeliefPart, x: number, extraVariance: number): number {
  if (part.uniform) return Math.abs(x - part.mean) <= part.spread ? 0.5 / part.spread : 0;
  return normalDensity(x, part.mean, Math.sqrt(part.spread ** 2 + extraVariance));
}

/** The truth if this cue is the event's: the onset itself, or the record and the cue together where the cue only follows the act. */
export function linkedBelief(belief: RecordBelief, profile: EventClassProfile, site: CueSite): BeliefPart[] {
  const delay = profile.cueDelay;
  if (profile.truth !== "act") {
    const spread = Math.hypot(Math.max(site.sd, 0.005), delay.sdSec);
    return [{ weight: 1, mean: site.at - delay.medianSec, spread, uniform: false }];
  }
  const parts = delayShape(delay).flatMap(({ weight: share, mean, sd }) => {
    const variance = sd ** 2 + site.sd ** 2;
    return belief.parts.map((part) => fused(part, share, site.at - mean, variance));
  });
  const total = parts.reduce((sum, part) => sum + part.weight, 0);
  if (!(total > 0)) {
    const spread = Math.hypot(delay.sdSec, site.sd);
    return [{ weight: 1, mean: site.at - delay.medianSec, spread, uniform: false }];
  }
  return parts.map((part) => ({ ...part, weight: part.weight / total }));
}

/** What the record says and what one delay of the cue says, weighed by their variances. */
function fused(part: BeliefPart, share: number, at: number, variance: number): BeliefPart {
  const weight = share * part.weight * partDensity(part, at, variance);
  if (part.uniform) return { weight, mean: at, spread: Math.sqrt(variance), uniform: false };
  const own = part.spread ** 2;
  const mean = (part.mean * variance + at * own) / (own + variance);
  return { weight, mean, spread: Math.sqrt((own * variance) / (own + variance)), uniform: false };
}

/** Mean of the parts that trust the record. */
export function mainMean(parts: readonly BeliefPart[]): number {
  let sum = 0;
  let weight = 0;
  for (const part of parts) {
    if (part.uniform) continue;
    sum += part.weight * part.mean;
    weight += part.weight;
  }
  return weight > 0 ? sum / weight : (parts[0]?.mean ?? 0);
}
