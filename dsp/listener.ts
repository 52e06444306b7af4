import { BeepDetector } from "./beep.js";
import type { Cue, Heard, Level, SampleBlock, SpectrumColumn } from "./cue.js";
import type { Detector } from "./detector.js";
import { Floor } from "./floor.js";
import { type Frame, Front } from "./front.js";
import { HornDetector } from "./horn.js";
import { Levels } from "./levels.js";
import { RoarDetector } from "./roar.js";
import { adopt, decodeState, encodeState, fits } from "./state.js";
import { loadTransforms, type Transforms } from "./transform.js";
import { WhistleDetector } from "./whistle/whistle.js";

const SNAPSHOT_VERSION = 6;
const NO_CUES: readonly Cue[] = Object.freeze([]);
/** Columns of 50 ms: two seconds. */
const KEPT_COLUMNS = 40;

/** Loads the transform (once per thread) and makes a listener for one channel. `sampleRate` in Hz, from 8000. Rejects when WebAssembly is missing. */
export async function createListener(options: { readonly sampleRate: number }): Promise<Listener> {
  return new Listener(options.sampleRate, await loadTransforms());
}

/** Listens to one channel: sound in, cues, levels and spectrum columns out. Never throws on bad sound. */
export class Listener {
  readonly sampleRate: number;
  /** For tools that fit weights; nobody else needs the parts. */
  readonly whistle: WhistleDetector;
  readonly #front: Front;
  readonly #levels: Levels;
  readonly #floor: Floor;
  readonly #roar: RoarDetector;
  readonly #beep: BeepDetector;
  readonly #horn: HornDetector;
  readonly #detectors: readonly Detector[];
  readonly #onFrame = (frame: Frame): void => this.#step(frame);
  readonly #tell = (cue: Cue): void => this.#keep(cue);
  readonly #state: Record<string, unknown>;
  #cues: Cue[] = [];
  #faint: Cue[] = [];
  /** Filled up to `#columnCount` and then copied: a list that grows anew with each block would be the largest thing that is allocated. */
  readonly #levelsHeard: Level[] = [];
  readonly #columns: SpectrumColumn[] = [];
  #columnCount = 0;

  constructor(sampleRate: number, transforms: Transforms) {
    this.sampleRate = sampleRate;
    this.#front = new Front(sampleRate, transforms);
    this.#levels = new Levels(this.#front);
    this.#floor = new Floor(this.#front.binHz, this.#front.bins);
    this.whistle = new WhistleDetector(this.#front, this.#floor, transforms);
    this.whistle.onFaint = (cue) => this.#faint.push(cue);
    this.#roar = new RoarDetector(this.#front);
    this.#beep = new BeepDetector(this.#front);
    this.#horn = new HornDetector(this.#front);
    this.#detectors = [this.whistle, this.#roar, this.#beep, this.#horn];
    this.#state = {
      front: this.#front.state,
      levels: this.#levels.state,
      floor: this.#floor.state,
      whistle: this.whistle.state,
      roar: this.#roar.state,
      beep: this.#beep.state,
      horn: this.#horn.state,
    };
  }

  /** Cues held back so far because too many came at once. */
  get suppressedCues(): number {
    return this.#detectors.reduce((sum, detector) => sum + detector.suppressed, 0);
  }

  /** Samples so far that held no sound: lost, masked, not a number. */
  get invalidSamples(): number {
    return this.#front.state.invalidSamples;
  }

  push(block: SampleBlock): Heard {
    this.#front.push(block, this.#onFrame);
    return this.#take();
  }

  /** End of the stream: what still sounds is told as final. */
  flush(): Heard {
    for (const detector of this.#detectors) detector.finish(this.#tell);
    return this.#take();
  }

  snapshot(): { version: number; body: string } {
    return { version: SNAPSHOT_VERSION, body: encodeState({ sampleRate: this.sampleRate, ...this.#state }) };
  }

  /** Goes on where the snapshot was taken. False when it is of another version or rate or damaged: then nothing has changed. */
  restore(snapshot: { readonly version: number; readonly body: string }): boolean {
    if (snapshot.version !== SNAPSHOT_VERSION) return false;
    const source = decodeState(snapshot.body) as (Record<string, unknown> & { readonly sampleRate: number }) | null;
    if (!fits({ sampleRate: this.sampleRate, ...this.#state }, source) || source === null) return false;
    if (source.sampleRate !== this.sampleRate) return false;
    adopt(this.#state, source);
    return true;
  }

  #step(frame: Frame): void {
    if (frame.valid) this.#floor.step(frame);
    this.whistle.step(frame, this.#tell);
    this.#roar.step(frame, this.#tell);
    this.#beep.step(frame, this.#tell);
    this.#horn.step(frame, this.#tell);
    if (!this.#levels.add(frame)) return;
    if (this.#levels.hasSound) {
      const at = this.#front.state.origin + frame.start + this.#front.size / 2 - 4.5 * this.#front.hopSamples;
      this.#columns[this.#columnCount] = this.#levels.column(at);
      this.#levelsHeard[this.#columnCount] = this.#levels.level(at, this.#roar);
      this.#columnCount += 1;
    }
    this.#levels.clear();
  }

  /** After a block of many seconds. */
  #forgetColumns(): void {
    this.#levelsHeard.length = 0;
    this.#columns.length = 0;
  }

  #keep(cue: Cue): void {
    this.#cues.push(cue);
  }

  #take(): Heard {
    const count = this.#columnCount;
    const heard = {
      cues: this.#cues.length > 0 ? this.#cues : NO_CUES,
      faint: this.#faint.length > 0 ? this.#faint : NO_CUES,
      levels: this.#levelsHeard.slice(0, count),
      columns: this.#columns.slice(0, count),
    };
    if (this.#cues.length > 0) this.#cues = [];
    if (this.#faint.length > 0) this.#faint = [];
    if (count > KEPT_COLUMNS) this.#forgetColumns();
    this.#columnCount = 0;
    return heard;
  }
}
