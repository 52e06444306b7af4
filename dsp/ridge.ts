/** Hops of attack that are left out of the regression of frequency on time. */
const ATTACK_HOPS = 8;
/** Two running means of the frequency, over about 3 and 12 hops: jitter moves both little, a glide parts them. */
const FAST = 0.3;
const SLOW = 0.08;
/** Ratios are compared in decades between these. */
const LEAST = 1e-4;
const MOST = 1e4;
const UNDER_SHARE = 0.01;

/** One tone as it moves. Sums run over the `hits` hops at which it was seen. Frequencies in bins, powers as mean square. */
export interface Ridge {
  phase: "free" | "alive" | "ended";
  /** First and newest hop that shows it. */
  startHop: number;
  lastHop: number;
  bin: number;
  /** Bins per hop, smoothed. */
  slope: number;
  power: number;
  peakPower: number;
  /** Peak power that sinks slowly: what a jump is measured against. */
  latePeak: number;
  hits: number;
  sumLogRatio: number;
  sumBin: number;
  sumBinSquares: number;
  sumMove: number;
  sumInBand: number;
  sumShare: number;
  sumTop: number;
  sumLowTone: number;
  sumLowRecent: number;
  sumLevel: number;
  sumLevelSquares: number;
  sumNeighbours: number;
  sumPurity: number;
  sumOctave: number;
  sumUnder: number;
  sumFlicker: number;
  sumGlide: number;
  fastBin: number;
  slowBin: number;
  /** Sums for the regression of the level on time. */
  sumAge: number;
  sumAgeSquares: number;
  sumAgeLevel: number;
  lateHits: number;
  lateTime: number;
  lateTimeSquares: number;
  lateBin: number;
  lateBinSquares: number;
  lateProduct: number;
  /** Onset by the fine envelope, relative to the stream's start; -1 before it was looked for. */
  onset: number;
  onsetSdSec: number;
  /** Plateau over the noise before, decades of power. */
  rise: number;
  /** From the onset to 3 dB below the plateau. */
  attackSec: number;
  isTold: boolean;
}

/** What a frame tells beside its peaks. Powers as mean square. */
export interface Surroundings {
  /** Of 1.2-5.2 kHz. */
  band: number;
  /** Of all above 200 Hz. */
  total: number;
  /** Largest smoothed bin of 0.2-5.2 kHz. */
  top: number;
  /** Largest smoothed bin of 0.2-1.5 kHz that is new (more than 6 times its floor in time) and stands out of its neighbours: a voice. */
  lowTone: number;
  /** The largest `lowTone` of late, halving in 0.23 s. */
  lowRecent: number;
}

export function emptyRidge(): Ridge {
  return {
    phase: "free",
    startHop: 0,
    lastHop: 0,
    bin: 0,
    slope: 0,
    power: 0,
    peakPower: 0,
    latePeak: 0,
    hits: 0,
    sumLogRatio: 0,
    sumBin: 0,
    sumBinSquares: 0,
    sumMove: 0,
    sumInBand: 0,
    sumShare: 0,
    sumTop: 0,
    sumLowTone: 0,
    sumLowRecent: 0,
    sumLevel: 0,
    sumLevelSquares: 0,
    sumNeighbours: 0,
    sumPurity: 0,
    sumOctave: 0,
    sumUnder: 0,
    sumFlicker: 0,
    sumGlide: 0,
    fastBin: 0,
    slowBin: 0,
    sumAge: 0,
    sumAgeSquares: 0,
    sumAgeLevel: 0,
    lateHits: 0,
    lateTime: 0,
    lateTimeSquares: 0,
    lateBin: 0,
    lateBinSquares: 0,
    lateProduct: 0,
    onset: -1,
    onsetSdSec: 0,
    rise: 0,
    attackSec: 0,
    isTold: false,
  };
}

const BLANK: Readonly<Ridge> = emptyRidge();

/** The slot begins a new tone, all sums at zero. */
export function restart(ridge: Ridge, hop: number, bin: number): void {
  Object.assign(ridge, BLANK);
  ridge.phase = "alive";
  ridge.startHop = hop;
  ridge.lastHop = hop;
  ridge.bin = bin;
}

/** Adds what one hop shows of the tone. `ratio`: power over floor; `neighbours`: other peaks near it; `clusterBins`: half width of what belongs to it. */
export function see(
  ridge: Ridge,
  hop: number,
  bin: number,
  now: number,
  ratio: number,
  neighbours: number,
  clusterBins: number,
  power: Float32Array,
  around: Surroundings,
): void {
  const center = Math.round(bin);
  const age = hop - ridge.startHop;
  const level = Math.log10(now);
  if (ridge.hits > 0 && ridge.lastHop === hop - 1) ridge.sumFlicker += Math.abs(level - Math.log10(ridge.power));
  ridge.lastHop = hop;
  ridge.bin = bin;
  ridge.power = now;
  if (now > ridge.latePeak) ridge.latePeak = now;
  if (now > ridge.peakPower) ridge.peakPower = now;
  ridge.hits += 1;
  ridge.sumLogRatio += Math.log10(ratio);
  ridge.sumBin += bin;
  ridge.sumBinSquares += bin * bin;
  ridge.sumLevel += level;
  ridge.sumAge += age;
  ridge.sumAgeSquares += age * age;
  ridge.sumAgeLevel += age * level;
  ridge.sumLevelSquares += level * level;
  let cluster = 0;
  for (let k = center - clusterBins; k <= center + clusterBins; k += 1) cluster += power[k]!;
  ridge.sumInBand += Math.min(1, cluster / around.band);
  ridge.sumShare += Math.min(1, cluster / around.total);
  ridge.sumPurity += Math.min(1, (1.5 * now) / cluster);
  ridge.sumTop += Math.min(1, now / around.top);
  ridge.sumLowTone += Math.log10(LEAST + Math.min(MOST, around.lowTone / now));
  ridge.sumLowRecent += Math.log10(LEAST + Math.min(MOST, around.lowRecent / now));
  ridge.sumNeighbours += neighbours;
  ridge.sumOctave += Math.log10(octaveProminence(power, 2 * center));
  ridge.sumUnder += Math.log10(underProminence(power, center, now));
  seeLate(ridge, age, bin);
}

function seeLate(ridge: Ridge, age: number, bin: number): void {
  if (age < ATTACK_HOPS) {
    ridge.fastBin = bin;
    ridge.slowBin = bin;
    return;
  }
  ridge.fastBin += FAST * (bin - ridge.fastBin);
  ridge.slowBin += SLOW * (bin - ridge.slowBin);
  ridge.sumGlide += Math.abs(ridge.fastBin - ridge.slowBin);
  ridge.lateHits += 1;
  ridge.lateTime += age;
  ridge.lateTimeSquares += age * age;
  ridge.lateBin += bin;
  ridge.lateBinSquares += bin * bin;
  ridge.lateProduct += age * bin;
}

/** How far the strongest bin within 3 of `octave` stands above the mean of those 5 to 14 away, 1-100; 1 where the spectrum ends before. */
function octaveProminence(power: Float32Array, octave: number): number {
  if (octave + 14 >= power.length) return 1;
  let peak = 0;
  for (let k = octave - 3; k <= octave + 3; k += 1) if (power[k]! > peak) peak = power[k]!;
  let around = 1e-14;
  for (let d = 5; d <= 14; d += 1) around += power[octave - d]! + power[octave + d]!;
  return Math.max(1, Math.min(100, (20 * peak) / around));
}

/** The same for tones that this one may be a harmonic of, at a half, a third and two thirds of it; those 20 dB below it do not count. */
function underProminence(power: Float32Array, center: number, now: number): number {
  const half = standsOut(power, Math.round(center / 2), now);
  const third = standsOut(power, Math.round(center / 3), now);
  const twoThirds = standsOut(power, Math.round((2 * center) / 3), now);
  return Math.max(half, third, twoThirds);
}

function standsOut(power: Float32Array, at: number, now: number): number {
  const peak = Math.max(power[at - 1]!, power[at]!, power[at + 1]!);
  if (peak < UNDER_SHARE * now) return 1;
  let around = 1e-14;
  for (let d = 3; d <= 6; d += 1) around += power[at - d]! + power[at + d]!;
  return Math.max(1, Math.min(100, (8 * peak) / around));
}
