import { Random } from "../random.js";
import type { Match, MatchOptions, Period, Play } from "./match.js";
import { MatchNotes, roundMicros } from "./match-notes.js";

/** Whether a pause ends in this outcome; scaled so that 90 minutes hold about 160 records (40 throw-ins, 21 fouls, 2.8 goals). */
const OUTCOMES = {
  throw_in: 0.41,
  foul: 0.235,
  goal_kick: 0.16,
  corner: 0.107,
  offside: 0.036,
  goal: 0.031,
  drop_ball: 0.009,
  penalty: 0.004,
} as const;

/** The ball stays in play this long between two pauses, seconds. */
const IN_PLAY_SHORTEST_SEC = 5;
const IN_PLAY_MEAN_SEC = 36;

/**
 * A plausible football match: two halves with added time, a break, and what happens in them. `seed` alone decides.
 *
 * 1. Each half is a chain of play and pause; the pause's outcome is drawn from `OUTCOMES`.
 * 2. What whistles, whistles: fouls, offsides, kick-offs; restarts sometimes do too, and no record tells of those (about 18 a match).
 * 3. The crowd roars at goals, most shots on target, half of those off it, some cards.
 */
export function makeMatch(seed: number, options: MatchOptions): Match {
  const random = new Random(`${seed}/match`);
  const notes = new MatchNotes(random.fork("notes"));
  const halfSec = options.minutes * 30;
  const scale = Math.min(1, options.minutes / 90);
  const first = makePeriod(random, "1", 30, random.uniform(2, 25), halfSec, random.uniform(60, 200) * scale);
  const secondAt = first.endSec + options.breakMinutes * 60;
  const second = makePeriod(random, "2", secondAt, random.uniform(-8, 25), halfSec, random.uniform(150, 420) * scale);
  for (const period of [first, second]) new Half(random.fork(`half${period.period}`), notes, period).play();
  return {
    start: options.start,
    durationSec: roundMicros(second.endSec + 30),
    periods: [first, second],
    ...notes.finish(),
  };
}

function makePeriod(
  random: Random,
  period: string,
  scheduledSec: number,
  lateSec: number,
  lengthSec: number,
  addedSec: number,
): Period {
  const startSec = roundMicros(scheduledSec + lateSec);
  // The referee ends a half at a quiet moment, not on the second.
  const endSec = roundMicros(startSec + lengthSec + addedSec + random.uniform(1, 12));
  return { period, startSec, endSec, scheduledSec };
}

/** One half, told to the notes as it goes. */
class Half {
  readonly #random: Random;
  readonly #notes: MatchNotes;
  readonly #period: Period;
  #attacker: "home" | "away" = "home";

  constructor(random: Random, notes: MatchNotes, period: Period) {
    this.#random = random;
    this.#notes = notes;
    this.#period = period;
  }

  play(): void {
    const { period, startSec, endSec } = this.#period;
    const random = this.#random;
    this.#notes.whistled("period_start", period, startSec, null, [random.uniform(0.4, 1)]);
    let at = startSec;
    while (true) {
      const from = at;
      at += IN_PLAY_SHORTEST_SEC + random.exponential(IN_PLAY_MEAN_SEC - IN_PLAY_SHORTEST_SEC);
      if (at > endSec - 10) break;
      this.#attacker = random.chance(0.54) ? "home" : "away";
      this.#inPlay(from, at);
      at = this.#pause(random.weighted(OUTCOMES), at);
    }
    const blasts = period === "1" ? [0.4, 0.7] : [0.35, 0.35, 0.9];
    const lengths = blasts.map((sec) => roundMicros(sec * random.uniform(0.8, 1.25)));
    this.#notes.whistled("period_end", period, endSec, null, lengths);
  }

  /** What happens without a pause: caught shots, fouls with advantage. */
  #inPlay(from: number, to: number): void {
    const random = this.#random;
    if (to - from < 15) return;
    if (random.chance(0.06)) this.#act("shot_on", random.uniform(from + 4, to - 6), this.#attacker);
    if (random.chance(0.025)) this.#act("foul_advantage", random.uniform(from + 4, to - 6), this.#defender());
  }

  /** Returns when the ball is in play again. */
  #pause(outcome: keyof typeof OUTCOMES, at: number): number {
    const random = this.#random;
    switch (outcome) {
      case "throw_in":
        return this.#restart("throw_in", at, random.lognormal(13, 0.4), 0, 0);
      case "goal_kick":
        if (random.chance(0.75)) this.#act("shot_off", at, this.#attacker);
        return this.#restart("goal_kick", at, random.lognormal(26, 0.25), 0.04, 2.5);
      case "corner":
        if (random.chance(0.6)) this.#act(random.chance(0.75) ? "shot_on" : "shot_off", at - 1, this.#attacker);
        return this.#restart("corner", at, random.lognormal(29, 0.25), 0.3, 4.5);
      case "offside":
        this.#whistled("offside", at, this.#attacker);
        return this.#restart("free_kick", at, random.lognormal(22, 0.3), 0.1, 1.7);
      case "drop_ball":
        this.#notes.loneWhistle("stop", at);
        return this.#kick("drop_ball", at + random.lognormal(40, 0.3));
      case "penalty":
        this.#whistled("foul", at, this.#defender());
        return this.#penalty(at + random.lognormal(80, 0.2));
      case "goal":
        return this.#goal(at);
      case "foul":
        return this.#foul(at);
    }
  }

  #foul(at: number): number {
    const random = this.#random;
    this.#whistled("foul", at, this.#defender());
    let dead = random.lognormal(20, 0.35);
    if (random.chance(0.19)) {
      this.#act("card", at + random.uniform(6, 18), this.#defender());
      dead += random.uniform(12, 30);
    }
    if (random.chance(0.1)) {
      this.#act("injury", at + random.uniform(5, 15), this.#attacker);
      dead += random.uniform(30, 70);
    } else if (random.chance(0.05)) {
      this.#loneWhistle("warning", at + dead - 8);
    }
    return this.#restart("free_kick", at, dead, 0.36, 1.7);
  }

  #goal(at: number): number {
    const random = this.#random;
    this.#act("goal", at, this.#attacker);
    if (random.chance(0.4)) this.#loneWhistle("goalSignal", at + random.uniform(2, 6));
    this.#attacker = this.#defender();
    return this.#kick("kick_off", at + random.lognormal(58, 0.2));
  }

  #penalty(at: number): number {
    if (at > this.#period.endSec - 12) return at;
    this.#whistled("penalty_kick", at, this.#attacker);
    return this.#random.chance(0.77) ? this.#goal(at + this.#random.uniform(1.2, 3)) : at + 10;
  }

  /** The ball is put back by a kick the referee whistles for. */
  #kick(eventClass: string, at: number): number {
    this.#whistled(eventClass, at, this.#attacker);
    return at;
  }

  /** A restart whose truth is the act; now and then the referee whistles ahead of it, and substitutions lengthen the pause. */
  #restart(eventClass: string, at: number, deadSec: number, whistleChance: number, leadSec: number): number {
    const random = this.#random;
    let until = at + deadSec;
    if (deadSec > 12 && random.chance(this.#period.period === "2" ? 0.16 : 0.02)) {
      const subAt = at + deadSec * random.uniform(0.4, 0.7);
      this.#act("substitution", subAt, random.chance(0.5) ? "home" : "away");
      until += random.uniform(15, 30);
      if (random.chance(0.5)) this.#loneWhistle("substitution", until - random.uniform(6, 10));
    }
    if (random.chance(whistleChance)) this.#loneWhistle("restart", until - random.lognormal(leadSec, 0.35));
    this.#act(eventClass, until, this.#attacker);
    return until;
  }

  #whistled(eventClass: string, at: number, team: Play["team"]): void {
    const random = this.#random;
    const lengths = [random.uniform(0.15, 0.7)];
    // Hard fouls get a second blast.
    if (eventClass === "foul" && random.chance(0.05)) lengths.push(random.uniform(0.2, 0.5));
    if (this.#isOpen(at)) this.#notes.whistled(eventClass, this.#period.period, roundMicros(at), team, lengths);
  }

  #act(eventClass: string, at: number, team: Play["team"]): void {
    if (this.#isOpen(at)) this.#notes.act(eventClass, this.#period.period, roundMicros(at), team);
  }

  #loneWhistle(what: string, at: number): void {
    if (this.#isOpen(at)) this.#notes.loneWhistle(what, at);
  }

  #isOpen(at: number): boolean {
    return at > this.#period.startSec + 3 && at < this.#period.endSec - 4;
  }

  #defender(): "home" | "away" {
    return this.#attacker === "home" ? "away" : "home";
  }
}
