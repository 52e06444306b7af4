import { powerToDb } from "../bands.js";
import type { Cue } from "../cue.js";
import type { Front } from "../front.js";
import { RateLimit } from "../rate-limit.js";
import type { Ridge } from "../ridge.js";
import { probability } from "./net.js";
import { PRINT_SEC, type Print, Printer, roughness } from "./print.js";
import { Replays } from "./replays.js";

/** Blasts that may sound at once (two referees, a whistle over a fan's). */
const MOST = 4;
/** A pause shorter than this does not end a blast. */
const PAUSE_HOPS = 12;
/** A tone belongs to a blast while it is within 12 dB of its peak and 600 Hz of its main tone. */
const SOUNDING_SHARE = 0.06;
const NEAR_HZ = 600;
/** A tone that starts this late and this much louder than a sounding blast is another blast. */
const LOUDER = 4;
const LATER_SEC = 0.12;
/** The echo: the same tone, 7 dB down, within half a second after the blast. */
const ECHO_SHARE = 0.2;
const ECHO_SEC = 0.5;
const ECHO_HZ = 150;
const LONGEST_SEC = 10;
const TRAIN_GAP_SEC = 1.5;
/** From the peak of the smoothed Hann lobe to the power of the tone. */
const LOBE = 2.4;
const STRONG_SHARE = 0.1;
/** A tone this smooth comes from fingers or lips: 104 blasts of referees' whistles were all rougher, seven in ten made finger whistles well above the crowd were not. */
const SMOOTH = 0.08;

interface Blast {
  isOpen: boolean;
  /** Held back by the rate limit: followed, not told. */
  isSilent: boolean;
  onset: number;
  onsetSdSec: number;
  hz: number;
  peak: number;
  logOdds: number;
  lastHop: number;
  count: number;
  flag: string;
  tonesHz: number[];
  /** Whether it was compared with earlier blasts, and the key of the one it repeats. */
  isPrinted: boolean;
  replayOf: string;
  isSmooth: boolean;
}

interface BlastsState {
  open: Blast[];
  lastEnd: number;
  lastCount: number;
  echoHz: number;
  echoPeak: number;
  echoUntil: number;
  limit: object;
  faintLimit: object;
  replays: object;
}

/** From ridges that were judged to be whistles to blasts with an end and a place in their train. */
export class Blasts {
  readonly state: BlastsState;
  readonly #front: Front;
  readonly #limit: RateLimit;
  readonly #faintLimit: RateLimit;
  readonly #printer: Printer;
  readonly #replays: Replays;
  /** For tools that measure how alike blasts are. */
  onPrint: ((blast: { readonly onset: number }, print: Print) => void) | null = null;

  constructor(front: Front) {
    this.#front = front;
    this.#limit = new RateLimit(front.sampleRate / front.hopSamples);
    this.#faintLimit = new RateLimit(front.sampleRate / front.hopSamples);
    this.#printer = new Printer(front);
    this.#replays = new Replays(front.sampleRate, this.#printer.rateHz);
    this.state = {
      open: Array.from({ length: MOST }, closedBlast),
      lastEnd: -1e12,
      lastCount: 0,
      echoHz: 0,
      echoPeak: 0,
      echoUntil: -1,
      limit: this.#limit.state,
      faintLimit: this.#faintLimit.state,
      replays: this.#replays.state,
    };
  }

  get suppressed(): number {
    return this.#limit.state.suppressed;
  }

  /** A ridge passed: it joins a blast that sounds, is its echo, or begins a new one (told at once, provisional). */
  accept(ridge: Ridge, odds: number, hop: number, ridges: readonly Ridge[], tell: (cue: Cue) => void): void {
    ridge.isTold = true;
    const hz = (ridge.sumBin / ridge.hits) * this.#front.binHz;
    for (const blast of this.state.open) {
      if (!blast.isOpen || !this.#belongs(blast, ridge)) continue;
      blast.logOdds = Math.max(blast.logOdds, odds);
      blast.peak = Math.max(blast.peak, ridge.peakPower);
      return;
    }
    if (this.#isTailOrEcho(ridge, hz)) return;
    this.#begin(ridge, hz, odds, hop, ridges, tell);
  }

  /** A ridge that ended without passing, but nearly: its cue, unless it is part of a blast that was told. */
  faint(ridge: Ridge, odds: number, hop: number, ridges: readonly Ridge[]): Cue | null {
    const hz = (ridge.sumBin / ridge.hits) * this.#front.binHz;
    if (this.state.open.some((blast) => blast.isOpen) || this.#isTailOrEcho(ridge, hz)) return null;
    if (ridge.onset < this.state.lastEnd || !this.#faintLimit.allow(hop)) return null;
    const blast: Blast = {
      ...closedBlast(),
      onset: ridge.onset,
      onsetSdSec: ridge.onsetSdSec,
      peak: ridge.peakPower,
      logOdds: odds,
      count: 1,
      flag: this.#gapFlag(ridge),
      tonesHz: this.#tones(ridge, hz, ridges),
    };
    return this.#cue(blast, Math.max(this.#timeOf(ridge.lastHop), ridge.onset));
  }

  /** Once per hop: who still sounds, who has ended. */
  step(hop: number, ridges: readonly Ridge[], tell: (cue: Cue) => void): void {
    for (const blast of this.state.open) {
      if (!blast.isOpen) continue;
      for (const ridge of ridges) {
        if (ridge.phase !== "alive" || ridge.lastHop !== hop || ridge.power < SOUNDING_SHARE * blast.peak) continue;
        if (Math.abs(ridge.bin * this.#front.binHz - blast.hz) > NEAR_HZ) continue;
        blast.lastHop = hop;
        if (ridge.power > blast.peak) blast.peak = ridge.power;
      }
      const isPrintable = this.#front.heardUpTo - blast.onset > PRINT_SEC * this.#front.sampleRate;
      if (isPrintable && !blast.isPrinted) this.#compare(blast, this.#front.heardUpTo);
      const isLong = this.#timeOf(hop) - blast.onset > LONGEST_SEC * this.#front.sampleRate;
      if (hop - blast.lastHop > PAUSE_HOPS || isLong) this.#close(blast, tell);
    }
  }

  finish(tell: (cue: Cue) => void): void {
    for (const blast of this.state.open) if (blast.isOpen) this.#close(blast, tell);
  }

  #belongs(blast: Blast, ridge: Ridge): boolean {
    const isOtherBlast =
      ridge.peakPower > LOUDER * blast.peak && ridge.onset > blast.onset + LATER_SEC * this.#front.sampleRate;
    return !isOtherBlast;
  }

  #isTailOrEcho(ridge: Ridge, hz: number): boolean {
    const { state } = this;
    if (ridge.onset < state.lastEnd) return ridge.peakPower < LOUDER * state.echoPeak;
    const isLikeLast = Math.abs(hz - state.echoHz) < ECHO_HZ && ridge.peakPower < ECHO_SHARE * state.echoPeak;
    return isLikeLast && ridge.onset < state.echoUntil;
  }

  #begin(
    ridge: Ridge,
    hz: number,
    odds: number,
    hop: number,
    ridges: readonly Ridge[],
    tell: (cue: Cue) => void,
  ): void {
    const { state } = this;
    const blast = state.open.find((one) => !one.isOpen);
    if (blast === undefined) return;
    const isInTrain = ridge.onset - state.lastEnd < TRAIN_GAP_SEC * this.#front.sampleRate;
    blast.isOpen = true;
    blast.isSilent = !this.#limit.allow(hop);
    blast.onset = ridge.onset;
    blast.onsetSdSec = ridge.onsetSdSec;
    blast.hz = hz;
    blast.peak = ridge.peakPower;
    blast.logOdds = odds;
    blast.lastHop = ridge.lastHop;
    blast.count = isInTrain ? state.lastCount + 1 : 1;
    blast.flag = this.#gapFlag(ridge);
    blast.tonesHz = this.#tones(ridge, hz, ridges);
    blast.isPrinted = false;
    blast.replayOf = "";
    blast.isSmooth = false;
    state.lastCount = blast.count;
    if (!blast.isSilent) tell(this.#cue(blast, null));
  }

  #gapFlag(ridge: Ridge): string {
    return ridge.onset - this.#front.state.invalidUntil < 0.03 * this.#front.sampleRate ? "afterGap" : "";
  }

  /** The tones that sound with it, within 10 dB, strongest first; at most three. */
  #tones(main: Ridge, hz: number, ridges: readonly Ridge[]): number[] {
    const { binHz } = this.#front;
    const isWithMain = (ridge: Ridge): boolean =>
      ridge !== main &&
      ridge.phase === "alive" &&
      ridge.hits > 8 &&
      Math.abs(ridge.startHop - main.startHop) < 16 &&
      ridge.peakPower > STRONG_SHARE * main.peakPower;
    const others = ridges
      .filter(isWithMain)
      .map((ridge) => ({ power: ridge.peakPower, hz: (ridge.sumBin / ridge.hits) * binHz }));
    const all = [{ power: main.peakPower, hz }, ...others].sort((a, b) => b.power - a.power);
    return all.slice(0, 3).map((tone) => Math.round(tone.hz));
  }

  #close(blast: Blast, tell: (cue: Cue) => void): void {
    const { state } = this;
    const end = Math.max(this.#timeOf(blast.lastHop), blast.onset);
    if (!blast.isPrinted) this.#compare(blast, end);
    blast.isOpen = false;
    state.lastEnd = Math.max(state.lastEnd, end);
    state.echoHz = blast.hz;
    state.echoPeak = blast.peak;
    state.echoUntil = end + ECHO_SEC * this.#front.sampleRate;
    if (!blast.isSilent) tell(this.#cue(blast, end));
  }

  /** Is it an earlier blast once more? Asked once, as soon as enough of it was heard. */
  #compare(blast: Blast, end: number): void {
    blast.isPrinted = true;
    const print = this.#printer.take(blast.onset, end, blast.hz);
    if (print === null) return;
    blast.replayOf = this.#replays.compare(blast.onset, this.#keyOf(blast), print);
    blast.isSmooth = (roughness(print, this.#printer.rateHz) ?? 1) < SMOOTH;
    this.onPrint?.(blast, print);
  }

  #keyOf(blast: Blast): string {
    return `whistle-${Math.round(this.#front.state.origin + blast.onset)}`;
  }

  #timeOf(hop: number): number {
    return hop * this.#front.hopSamples + this.#front.size / 2;
  }

  #cue(blast: Blast, end: number | null): Cue {
    const { origin } = this.#front.state;
    const onset = origin + blast.onset;
    return {
      key: this.#keyOf(blast),
      kind: "whistle",
      onset,
      end: end === null ? null : origin + end,
      onsetSdSec: blast.flag === "afterGap" ? Math.max(0.1, blast.onsetSdSec) : blast.onsetSdSec,
      score: probability(blast.logOdds),
      count: blast.count,
      levelDb: powerToDb(LOBE * blast.peak),
      tonesHz: blast.tonesHz,
      reported: origin + this.#front.heardUpTo,
      isFinal: end !== null,
      flags: flagsOf(blast),
      ...(blast.replayOf === "" ? {} : { replayOf: blast.replayOf }),
    };
  }
}

function closedBlast(): Blast {
  return {
    isOpen: false,
    isSilent: false,
    onset: 0,
    onsetSdSec: 0,
    hz: 0,
    peak: 0,
    logOdds: 0,
    lastHop: 0,
    count: 0,
    flag: "",
    tonesHz: [],
    isPrinted: false,
    replayOf: "",
    isSmooth: false,
  };
}

function flagsOf(blast: Blast): string[] {
  const flags = blast.flag === "" ? [] : [blast.flag];
  if (blast.replayOf !== "") flags.push("replay");
  if (blast.isSmooth) flags.push("crowdWhistle");
  return flags;
}
