import type { Random } from "../random.js";
import { anchorOf, FOOTBALL } from "./classes.js";
import type { Play, TrueCue } from "./match.js";

type DraftCue = Omit<TrueCue, "cueId" | "play"> & { readonly draft: number; readonly owner: number | null };
type DraftPlay = Omit<Play, "key" | "cueId"> & { readonly draft: number };

/** Gap between two blasts of one train, seconds: below the 1.5 s that joins them, above the 50 ms that melts them. */
const BLAST_GAP_SEC = [0.2, 0.45] as const;

/** Collects what happens while a match is made, then puts it in order of time and gives it its names. */
export class MatchNotes {
  readonly #random: Random;
  readonly #plays: DraftPlay[] = [];
  readonly #cues: DraftCue[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** An act; classes told by the crowd get their roar here, when there is one. */
  act(eventClass: string, period: string, timeSec: number, team: Play["team"]): number {
    const draft = this.#plays.length;
    this.#plays.push({ draft, class: eventClass, period, timeSec, anchor: anchorOf(eventClass), team });
    if (this.#random.chance(FOOTBALL[eventClass]?.roar ?? 0)) this.#roar(draft, eventClass, timeSec);
    return draft;
  }

  /** An act whose truth is the referee's whistle; `blasts` in a row. */
  whistled(
    eventClass: string,
    period: string,
    timeSec: number,
    team: Play["team"],
    lengthsSec: readonly number[],
  ): void {
    this.#blasts(this.act(eventClass, period, timeSec, team), eventClass, timeSec, lengthsSec);
  }

  /** A whistle that no record of a log belongs to. */
  loneWhistle(what: string, timeSec: number): void {
    this.#blasts(null, what, timeSec, [this.#random.uniform(0.15, 0.5)]);
  }

  finish(): { plays: Play[]; cues: TrueCue[] } {
    const plays = [...this.#plays].sort((a, b) => a.timeSec - b.timeSec || a.draft - b.draft);
    const keys = new Map(plays.map((play, index) => [play.draft, name("p", index)]));
    const sorted = [...this.#cues].sort((a, b) => a.onsetSec - b.onsetSec || a.draft - b.draft);
    const cues = sorted
      .filter((cue) => !isLone(cue) || !sorted.some((other) => other !== cue && isTooClose(cue, other)))
      .map(({ draft: _, owner, ...cue }, index) => ({
        ...cue,
        cueId: name("c", index),
        play: owner === null ? null : (keys.get(owner) ?? null),
      }));
    const cueOf = new Map(cues.map((cue) => [cue.play, cue.cueId]));
    return {
      plays: plays.map(({ draft, ...play }) => {
        const key = keys.get(draft) ?? "";
        return { ...play, key, cueId: cueOf.get(key) ?? null };
      }),
      cues,
    };
  }

  #blasts(owner: number | null, what: string, timeSec: number, lengthsSec: readonly number[]): void {
    let onsetSec = roundMicros(timeSec);
    for (const [index, lengthSec] of lengthsSec.entries()) {
      const endSec = roundMicros(onsetSec + lengthSec);
      this.#cues.push({
        draft: this.#cues.length,
        kind: "whistle",
        onsetSec,
        endSec,
        count: index + 1,
        owner: index === 0 ? owner : null,
        what: index === 0 ? what : "nextBlast",
      });
      onsetSec = roundMicros(endSec + this.#random.uniform(...BLAST_GAP_SEC));
    }
  }

  /** People need half a second to shout: onset = act + lognormal(0.55 s, 0.5). */
  #roar(owner: number, what: string, timeSec: number): void {
    const onsetSec = roundMicros(timeSec + this.#random.lognormal(0.55, 0.5));
    const lengthSec = what === "goal" ? this.#random.uniform(8, 18) : this.#random.uniform(1.8, 5);
    this.#cues.push({
      draft: this.#cues.length,
      kind: "roar",
      onsetSec,
      endSec: roundMicros(onsetSec + lengthSec),
      count: 1,
      owner,
      what,
    });
  }
}

function isLone(cue: DraftCue): boolean {
  return cue.kind === "whistle" && cue.owner === null && cue.what !== "nextBlast";
}

/** One referee, one whistle: a lone one that would fall on another's train is not blown. */
function isTooClose(a: DraftCue, b: DraftCue): boolean {
  return b.kind === "whistle" && a.onsetSec < b.endSec + 2 && b.onsetSec < a.endSec + 2;
}

function name(prefix: string, index: number): string {
  return `${prefix}${String(index + 1).padStart(3, "0")}`;
}

/** Truth is told in microseconds; what is rendered must be what is told. */
export function roundMicros(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}
