import type { Cue } from "../cue.js";
import type { Detector } from "../detector.js";
import type { Frame, Front } from "../front.js";
import type { Transforms } from "../transform.js";
import { Floor } from "./floor.js";
import { OnsetFinder } from "./onset.js";
import { type Ridge, Ridges, type Surroundings } from "./ridges.js";

const EVAL_AGES = [26, 33, 40, 48, 60, 80, 110, 150, 200, 300];

export class WhistleDetector implements Detector {
  readonly state: object;
  readonly #front: Front;
  readonly floor: Floor;
  readonly ridges: Ridges;
  readonly onset: OnsetFinder;
  readonly #around: Surroundings = { band: 1, top: 1, lowNew: 0, lowTone: 0, lowRecent: 0, total: 1 };
  lowRecent = 0;
  past = Array.from({ length: 32 }, () => ({ start: -1e9, end: -1e9, peak: 0, hz: 0 }));
  pastAt = 0;

  static trace: ((row: Record<string, number>) => void) | null = null;

  constructor(front: Front, transforms: Transforms) {
    this.#front = front;
    this.floor = new Floor(front.binHz, front.bins);
    this.ridges = new Ridges(front.binHz, this.floor);
    this.onset = new OnsetFinder(front, transforms);
    this.state = { floor: this.floor.state, ridges: this.ridges.ridges };
  }

  step(frame: Frame, _tell: (cue: Cue) => void): void {
    if (!frame.valid) return;
    this.floor.step(frame);
    if (!this.floor.isSettled) return;
    this.#look(frame);
    this.ridges.step(frame.hop, this.floor, frame.power, this.#around);
    for (const r of this.ridges.ridges) {
      if (r.alive === 0) continue;
      const age = frame.hop - r.startHop;
      if (r.alive === 2) { if (r.hits >= 12) { this.#eval(r, frame, 1); if (r.sumLogRatio / r.hits > 0.7) { const p = this.past[this.pastAt]!; this.pastAt = (this.pastAt + 1) % 32; p.start = r.startHop; p.end = r.lastHop; p.peak = r.peakPower; p.hz = r.sumBin / r.hits; } } r.alive = 0; }
      else if (r.lastHop === frame.hop && EVAL_AGES.includes(age)) this.#eval(r, frame, 0);
    }
  }

  #eval(r: Ridge, frame: Frame, ended: number): void {
    if (WhistleDetector.trace === null) return;
    const n = r.hits;
    if (r.sumLogRatio / n < 0.7) return;
    const hz = (r.sumBin / n) * this.#front.binHz;
    if (r.onset < 0) {
      const near = r.startHop * this.#front.hopSamples + this.#front.size / 2;
      if (this.onset.find(near, hz)) { r.onset = this.onset.result.at; r.rise = this.onset.result.rise; r.attack = this.onset.result.attackSec; }
    }
    const fs = this.#front.sampleRate;
    const sd = (s: number, q: number) => Math.sqrt(Math.max(0, q / n - (s / n) ** 2));
    let busy = 0, busy10 = 0, same = 0;
    for (const p of this.past) if (p.end < r.startHop - 3 && p.end > r.startHop - 800) { if (p.peak > 0.03 * r.peakPower) busy += 1; if (p.peak > 0.2 * r.peakPower) { busy10 += 1; if (Math.abs(p.hz - r.sumBin / n) > 4) same += 1; } }
    WhistleDetector.trace({ busy, busy10, same, lowRecent: r.sumLowRecent / n, share: r.sumShare / n, ...trend(r),
      id: r.startHop * 1000 + Math.round(r.firstBin), ended, t: (frame.start + this.#front.size) / fs,
      start: (r.startHop * this.#front.hopSamples + this.#front.size / 2) / fs, onset: r.onset / fs,
      age: r.lastHop - r.startHop, hitRatio: n / (r.lastHop - r.startHop + 1), logR: r.sumLogRatio / n, khz: hz / 1000,
      fsd: sd(r.sumBin, r.sumBinSquares), move: r.sumMove / n, glide: r.bin - r.firstBin, inBand: r.sumInBand / n, top: r.sumTop / n,
      lowNew: r.sumLowNew / n, lowTone: r.sumLowTone / n, lsd: sd(r.sumLevel, r.sumLevelSquares), neigh: r.sumNeighbours / n,
      spread: r.sumSpread / n, octave: r.sumOctave / n, rise: Math.log10(Math.max(r.rise, 1e-3)), attack: r.attack, level: Math.log10(r.slowPower),
      peak: Math.log10(r.peakPower), lev: r.sumLevel / n,
    });
  }

  #look(frame: Frame): void {
    const { power } = frame;
    const { smooth } = this.floor;
    const { inTime } = this.floor.state;
    const around = this.#around;
    let band = 1e-13;
    for (let k = Math.round(1200/this.#front.binHz); k < this.floor.to; k += 1) band += power[k]!;
    let top = 1e-14;
    let lowNew = 0;
    let lowTone = 0;
    let total = 1e-13;
    for (let k = 4; k < power.length; k += 1) total += power[k]!;
    around.total = total;
    const lowEnd = Math.round(1500 / this.#front.binHz);
    for (let k = this.floor.from; k < this.floor.to; k += 1) {
      const now = smooth[k]!;
      if (now > top) top = now;
      if (k < lowEnd && now > 6 * inTime[k]!) {
        if (now > lowNew) lowNew = now;
        if (now > lowTone && power[k]! > 4 * power[k - 2]! && power[k]! > 4 * power[k + 2]!) lowTone = now;
      }
    }
    around.band = band;
    around.top = top;
    around.lowNew = lowNew;
    around.lowTone = lowTone;
    this.lowRecent = Math.max(this.lowRecent * 0.985, lowTone);
    around.lowRecent = this.lowRecent;
  }

  finish(_tell: (cue: Cue) => void): void {}
}

function trend(r: Ridge): { trend: number; wobble: number } {
  const n = r.lateHits;
  if (n < 4) return { trend: 0, wobble: 0 };
  const mt = r.lateTime / n, mb = r.lateBin / n;
  const vt = r.lateTimeSquares / n - mt * mt, vb = r.lateBinSquares / n - mb * mb, c = r.lateProduct / n - mt * mb;
  const slope = vt > 0 ? c / vt : 0;
  return { trend: slope, wobble: Math.sqrt(Math.max(0, vb - slope * c)) };
}
