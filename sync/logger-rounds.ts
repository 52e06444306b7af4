import { type AssociationModel, type Candidate, candidatesOf, detectionOf } from "./association.js";
import { Calibration, type CalibrationPoint, type Prediction } from "./calibration.js";
import { meanDelaySec } from "./cue-delay.js";
import type { CueSite, CueTable } from "./cue-table.js";
import { whatIsSeen } from "./lag-site.js";
import { beliefOfRecord, type Reading, type RecordBelief } from "./logger-clocks.js";
import { baseOf, cuesFor, type LoggerState, type PersonaModel, type SolveOptions } from "./logger-state.js";
import { type Link, linkProbabilities } from "./matching.js";
import { lagShape, type Persona } from "./persona.js";
import type { EventClassProfile, SportProfile } from "./sport-profile.js";

/** Points kept for the calibration, latest first. */
const MAX_POINTS = 120;
/** A confident link gives way only to evidence this much better, nats. */
const FREEZE_NATS = 3;

/** Everything needed to judge the records of one logger under one persona and calibration. */
export interface Fit {
  readonly persona: Persona;
  readonly calibration: Calibration;
  readonly points: readonly CalibrationPoint[];
  readonly owners: readonly string[];
  readonly evidence: number;
  readonly recall: number;
  readonly clutterPerSec: Readonly<Record<string, number>>;
  readonly judged: ReadonlyMap<string, Judged>;
}

/** One record with all that was weighed for it. */
export interface Judged {
  readonly reading: Reading;
  readonly belief: RecordBelief;
  readonly site: Prediction;
  readonly sites: readonly CueSite[];
  readonly candidates: readonly Candidate[];
  readonly probabilities: readonly number[];
}

/** Calibration and association in turn, from what `model` knew or (`null`) from nothing: each makes the other better. */
export function runRounds(
  persona: Persona,
  state: LoggerState,
  model: PersonaModel | null,
  anchorable: readonly Reading[],
  table: CueTable,
  options: SolveOptions,
): Fit {
  let points: readonly CalibrationPoint[] = model?.points ?? [];
  let owners: readonly string[] = [];
  let learnt = { recall: model?.recall ?? 1, clutterPerSec: clutterOf(model?.clutterPerSec ?? {}, options.profile) };
  const rounds = model === null ? options.rounds + 2 : options.rounds;
  for (let round = 0; ; round++) {
    const calibration = new Calibration(persona, points);
    const judged = judge(persona, state, calibration, owners, anchorable, table, learnt);
    if (round === rounds) {
      return { persona, calibration, points, owners, evidence: evidenceOf(judged, table, learnt), ...learnt, judged };
    }
    ({ points, owners } = pointsOf(judged, persona, state));
    learnt = learnClutter(judged, anchorable, table, options.profile);
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
  for (const [owner, { reading, site: around, sites, candidates, probabilities }] of judged) {
    const { event } = reading;
    const profile = event.profile as EventClassProfile;
    const best = probabilities.indexOf(Math.max(...probabilities));
    const candidate = candidates[best];
    const site = candidate === undefined ? undefined : sites[candidate.cue];
    if (candidate === undefined || site === undefined || site.isWeak) continue;
    const trust = (probabilities[best] ?? 0) * candidate.clean;
    if (trust < 0.5) continue;
    const lag = lagShape(profile, persona);
    const base = baseOf(state, event.period);
    const residual = reading.stamp - base - (site.at - meanDelaySec(profile.cueDelay)) - lag.mean;
    const seen = whatIsSeen(residual, lag, profile, site.sd ** 2 + event.resolutionSec ** 2 / 12, around);
    linked.push({
      owner,
      point: {
        at: reading.stamp - base,
        residual: seen.mean,
        noise: seen.variance / trust,
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
  for (const { reading, sites, candidates, probabilities } of judged.values()) {
    const eventProfile = reading.event.profile as EventClassProfile;
    // Links by way of a fault of the record count as none: they would feed on themselves.
    const p = Math.min(
      1,
      candidates.reduce((sum, candidate, index) => {
        const isTold = sites[candidate.cue]?.isWeak === false;
        return isTold ? sum + candidate.clean * (probabilities[index] ?? 0) : sum;
      }, 0),
    );
    claimed.set(eventProfile.cue ?? "", (claimed.get(eventProfile.cue ?? "") ?? 0) + p);
    if (eventProfile.detection < 0.6) continue;
    linked += p;
    expected += eventProfile.detection;
  }
  const clutterPerSec: Record<string, number> = {};
  for (const [kind, sites] of table) {
    const hours = spanSec(sites) / 3600;
    const unclaimed = Math.max(0, sites.filter((site) => !site.isWeak).length - (claimed.get(kind) ?? 0));
    const prior = profile.clutterPerHour[kind] ?? 20;
    clutterPerSec[kind] = Math.max(1, (prior * PRIOR_HOURS + unclaimed) / (PRIOR_HOURS + hours)) / 3600;
  }
  const recall = anchorable.length === 0 ? 1 : Math.min(1.06, Math.max(0.4, linked / expected));
  return { clutterPerSec, recall };
}

function spanSec(sites: readonly CueSite[]): number {
  return Math.max(1, (sites.at(-1)?.at ?? 0) - (sites[0]?.at ?? 0));
}

export function clutterOf(learnt: Readonly<Record<string, number>>, profile: SportProfile): Record<string, number> {
  const rates: Record<string, number> = {};
  for (const kind of profile.cues) rates[kind] = learnt[kind] ?? (profile.clutterPerHour[kind] ?? 20) / 3600;
  return rates;
}

/**
 * Log-likelihood of records and cues, each record judged without its own link: what makes one persona better than another. The ratios count from "nothing
 * was heard of any record, all cues are clutter", and how likely that is hangs on what the persona learnt of recall and clutter.
 */
function evidenceOf(
  judged: ReadonlyMap<string, Judged>,
  table: CueTable,
  model: { recall: number; clutterPerSec: Readonly<Record<string, number>> },
): number {
  let sum = 0;
  for (const { reading, candidates, probabilities } of judged.values()) {
    let ratio = 0;
    candidates.forEach((candidate, index) => {
      ratio += candidate.ratio * Math.min(1, 2 * (probabilities[index] ?? 0));
    });
    const profile = reading.event.profile as EventClassProfile;
    sum += Math.log1p(ratio) + Math.log1p(-detectionOf(profile, model.recall));
  }
  for (const [kind, sites] of table) {
    const rate = model.clutterPerSec[kind];
    if (rate === undefined) continue;
    sum += sites.filter((site) => !site.isWeak).length * Math.log(rate) - rate * spanSec(sites);
  }
  return sum;
}
