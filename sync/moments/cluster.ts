import type { Reason } from "../event-revision.js";
import { addSeconds, secondsBetween, type UnixMicros } from "../time.js";
import type { Evidence, MomentRevision } from "./moment.js";

/** Evidence that belongs to one moment, and what follows from it. */
export interface Cluster {
  readonly in: UnixMicros;
  readonly out: UnixMicros;
  readonly interest: number;
  readonly parts: MomentRevision["parts"];
  readonly evidence: readonly Evidence[];
}

/** Nobody watches a moment longer than this: what would make it longer begins the next one. */
const LONGEST_SEC = 120;

interface Growing {
  in: UnixMicros;
  out: UnixMicros;
  evidence: Evidence[];
}

/**
 * Joins what overlaps. In the order of their in points, each piece of evidence goes to the moment it overlaps, or begins a new one; two
 * moments never overlap. The order of `evidence` does not matter.
 */
export function clusterEvidence(evidence: Iterable<Evidence>): Cluster[] {
  const spans = [...evidence]
    .map((one) => ({ one, in: addSeconds(one.from, -one.leadSec), out: addSeconds(one.to, one.tailSec) }))
    .sort((a, b) => a.in - b.in || a.out - b.out || (a.one.id < b.one.id ? -1 : 1));
  const clusters: Growing[] = [];
  for (const { one, in: from, out } of spans) {
    const last = clusters.at(-1);
    const isJoined = last !== undefined && from <= last.out && secondsBetween(last.in, out) <= LONGEST_SEC;
    if (isJoined) {
      last.out = Math.max(last.out, out) as UnixMicros;
      last.evidence.push(one);
    } else if (last !== undefined && out <= last.out) last.evidence.push(one);
    else clusters.push({ in: Math.max(from, last?.out ?? from) as UnixMicros, out, evidence: [one] });
  }
  return clusters.map(finish);
}

function finish({ in: from, out, evidence }: Growing): Cluster {
  const parts = { event: 0, crowd: 0, cue: 0, race: 0 };
  for (const [part, weights] of strongestOfEach(evidence)) {
    // Independent grounds add up like probabilities: the second never counts more than what the first left open.
    for (const weight of weights.values()) parts[part] = 1 - (1 - parts[part]) * (1 - weight);
  }
  const interest = 1 - (1 - parts.event) * (1 - parts.crowd) * (1 - parts.cue) * (1 - parts.race);
  const { race, ...others } = parts;
  return { in: from, out, interest, parts: race === 0 ? others : parts, evidence };
}

/** By part and thing: the same goal told by two loggers, or one roar on three channels, counts once. */
function strongestOfEach(evidence: readonly Evidence[]): Map<Evidence["part"], Map<string, number>> {
  const strongest = new Map<Evidence["part"], Map<string, number>>();
  for (const { part, what, weight } of evidence) {
    const weights = strongest.get(part) ?? new Map<string, number>();
    weights.set(what, Math.max(weights.get(what) ?? 0, weight));
    strongest.set(part, weights);
  }
  return strongest;
}

/** The strongest ground first. */
export function reasonsOf({ evidence }: Cluster): Reason[] {
  return [...evidence].sort((a, b) => b.weight - a.weight || (a.id < b.id ? -1 : 1)).map(({ reason }) => reason);
}

export function idsOf({ evidence }: Cluster, part: Evidence["part"]): string[] {
  return evidence
    .filter((one) => one.part === part)
    .map(({ id }) => id)
    .sort();
}
