import { addSeconds, type HeardCue } from "../../../sync/index.js";
import { Random } from "../random.js";
import type { Match, TrueCue } from "./match.js";

/** How well the ears hear, for simulations without sound. */
export interface Detector {
  /** Share of the referee's blasts that are heard, 0..1. */
  readonly recall: number;
  /** Share of the whistles told that were blown by the referee, 0..1. */
  readonly precision: number;
  readonly jitterSec: number;
  readonly falseRoarsPerHour: number;
}

export const DETECTORS = {
  "97/95": { recall: 0.97, precision: 0.95, jitterSec: 0.04, falseRoarsPerHour: 12 },
  "90/85": { recall: 0.9, precision: 0.85, jitterSec: 0.04, falseRoarsPerHour: 12 },
  perfect: { recall: 1, precision: 1, jitterSec: 0.005, falseRoarsPerHour: 0 },
} as const satisfies Record<string, Detector>;

const CHANNEL = "ambience";
/** Share of false whistles that come in bursts of two to four. */
const BURST_SHARE = 0.3;

export interface SimulatedCues {
  /** In order of `reported`. */
  readonly cues: readonly HeardCue[];
  /** True cue id by heard cue id. */
  readonly truth: ReadonlyMap<string, string>;
}

type Heard = Pick<HeardCue, "kind" | "score"> & {
  readonly onsetSec: number;
  readonly endSec: number;
  readonly of: TrueCue | null;
};

/** What a detector of this quality would tell of the match. */
export function simulateCues(
  match: Pick<Match, "start" | "durationSec" | "cues">,
  detector: Detector,
  seed: number,
): SimulatedCues {
  const random = new Random(`${seed}/detector`);
  const heard = match.cues.flatMap((cue) => hearTrue(cue, detector, random));
  const whistles = heard.filter((cue) => cue.kind === "whistle").length;
  const falseWhistles = Math.round((whistles * (1 - detector.precision)) / detector.precision);
  heard.push(...hearFalse("whistle", falseWhistles, match.durationSec, random));
  const falseRoars = Math.round((detector.falseRoarsPerHour * match.durationSec) / 3600);
  heard.push(...hearFalse("roar", falseRoars, match.durationSec, random));
  heard.sort((a, b) => a.onsetSec - b.onsetSec);
  return nameAll(heard, match, detector);
}

function hearTrue(cue: TrueCue, detector: Detector, random: Random): Heard[] {
  const isHeard = cue.kind === "roar" || random.chance(detector.recall);
  const jitter = random.normal(0, cue.kind === "roar" ? 0.12 : detector.jitterSec);
  const score = cue.kind === "roar" ? random.uniform(0.6, 0.99) : 1 - random.exponential(0.06);
  if (!isHeard) return [];
  const { kind, onsetSec, endSec } = cue;
  return [{ kind, onsetSec: onsetSec + jitter, endSec, score: Math.max(0.4, score), of: cue }];
}

function hearFalse(kind: "whistle" | "roar", count: number, durationSec: number, random: Random): Heard[] {
  const heard: Heard[] = [];
  while (heard.length < count) {
    const at = random.uniform(0, durationSec);
    const burst = kind === "whistle" && random.chance(BURST_SHARE / 2) ? random.integer(2, 4) : 1;
    for (let i = 0; i < burst && heard.length < count; i++) {
      const onsetSec = at + i * random.uniform(0.6, 2.5);
      heard.push({
        kind,
        onsetSec,
        endSec: onsetSec + random.uniform(0.2, 1.5),
        score: random.uniform(0.45, 0.97),
        of: null,
      });
    }
  }
  return heard;
}

function nameAll(heard: readonly Heard[], match: Pick<Match, "start">, detector: Detector): SimulatedCues {
  const truth = new Map<string, string>();
  const cues: HeardCue[] = [];
  const lastOf = new Map<string, { endSec: number; count: number }>();
  for (const [index, cue] of heard.entries()) {
    const cueId = `${CHANNEL}-${cue.kind}-${index + 1}`;
    const last = lastOf.get(cue.kind);
    const isWhistle = cue.kind === "whistle";
    const count = isWhistle && last !== undefined && cue.onsetSec - last.endSec < 1.5 ? last.count + 1 : 1;
    lastOf.set(cue.kind, { endSec: cue.endSec, count });
    if (cue.of !== null) truth.set(cueId, cue.of.cueId);
    cues.push({
      cueId,
      kind: cue.kind,
      onset: addSeconds(match.start, cue.onsetSec),
      end: addSeconds(match.start, cue.endSec),
      onsetSdSec: isWhistle ? detector.jitterSec : 0.2,
      score: Math.round(cue.score * 1000) / 1000,
      count,
      channel: CHANNEL,
      reported: addSeconds(match.start, cue.onsetSec + (isWhistle ? 0.25 : 1.4)),
      isFinal: true,
    });
  }
  cues.sort((a, b) => a.reported - b.reported);
  return { cues, truth };
}
