import type { Cue, Heard, InvalidRange, Level, SampleBlock, SpectrumColumn } from "../../../dsp/index.js";
import type { SampleClock } from "../../../sync/index.js";
import type { ChannelReport } from "../audio-input.js";

/** What the feeder asks of a listener. */
export interface ChannelListener {
  push(block: SampleBlock): Heard;
  flush(): Heard;
  snapshot(): { version: number; body: string };
  restore(snapshot: { readonly version: number; readonly body: string }): boolean;
  /** Cues held back so far because too many came at once. */
  readonly suppressedCues?: number;
}

export interface FeederOptions {
  readonly channel: string;
  readonly input: string;
  readonly sampleRate: number;
  readonly pathDelayMs: number | null;
  readonly role?: string;
  readonly position?: readonly [number, number] | null;
  readonly listener: ChannelListener;
}

/** What a channel needs to go on after a restart: the listener's state and where on which clock it stood. */
export interface FeederSnapshot {
  readonly listener: { readonly version: number; readonly body: string };
  readonly sampleRate: number;
  readonly heardUpTo: number;
  readonly clock: SampleClock;
}

export const FEEDER_SNAPSHOT_VERSION = 1;

/** A snapshot is due after this much sound, and with every report that holds cues. */
const SNAPSHOT_SEC = 10;
/** One minute at 20 Hz: the page draws no more. */
const MAX_PENDING_LEVELS = 1200;
/** Minutes of birds and fans. */
const MAX_PENDING_FAINT = 512;
/** Hours of a lively match. */
const MAX_PENDING_CUES = 4096;

/**
 * Feeds one channel's blocks to its listener and gathers what was heard until a report is taken. While nobody takes reports it keeps
 * the newest minute of levels and thousands of cues; what it sheds is counted. Pure: time comes in with the caller's clock.
 */
export class ChannelFeeder {
  readonly #options: FeederOptions;
  #heardUpTo = 0;
  #blocks = 0;
  #invalidSamples = 0;
  #shedLevels = 0;
  #shedCues = 0;
  /** Held back before this run: what a snapshot brought with it. */
  #heldBackBefore = 0;
  #cues: Cue[] = [];
  #faint: Cue[] = [];
  #levels: Level[] = [];
  #columns: SpectrumColumn[] = [];
  #snapshotAt: number | null = null;
  #isStarted = false;

  constructor(options: FeederOptions) {
    this.#options = options;
  }

  get channel(): string {
    return this.#options.channel;
  }

  get sampleRate(): number {
    return this.#options.sampleRate;
  }

  get heardUpTo(): number {
    return this.#heardUpTo;
  }

  /** False until the first block of this run. */
  get hasHeard(): boolean {
    return this.#blocks > 0;
  }

  /** A cue waits to be told: the report is urgent. */
  get hasCues(): boolean {
    return this.#cues.length > 0;
  }

  /** Samples `firstSample` ... of the channel's stream. A jump ahead is lost sound: the listener masks it, here it is counted. */
  push(firstSample: number, samples: Float32Array, invalid: readonly InvalidRange[]): void {
    const lost = this.#isStarted ? Math.max(0, firstSample - this.#heardUpTo) : firstSample;
    this.#isStarted = true;
    this.#invalidSamples += lost;
    for (const range of invalid) this.#invalidSamples += range.to - range.from;
    this.#blocks += 1;
    this.#gather(this.#options.listener.push({ firstSample, samples, invalid }));
    this.#heardUpTo = Math.max(this.#heardUpTo, firstSample + samples.length);
    this.#snapshotAt ??= this.#heardUpTo;
  }

  /** The stream has ended: what still sounds is told as final. */
  finish(): void {
    this.#gather(this.#options.listener.flush());
  }

  /** What was heard since the last report. */
  takeReport(clock: SampleClock, wantsSnapshot = false): ChannelReport {
    const { channel, input, sampleRate, pathDelayMs, role, position } = this.#options;
    const report: ChannelReport = {
      channel,
      input,
      sampleRate,
      clock,
      pathDelayMs,
      ...(role === undefined ? {} : { role }),
      ...(position === undefined ? {} : { position }),
      heardUpTo: this.#heardUpTo,
      cues: this.#cues,
      ...(this.#faint.length === 0 ? {} : { faint: this.#faint }),
      levels: this.#levels,
      columns: this.#columns,
      invalidSamples: this.#invalidSamples,
      shedLevels: this.#shedLevels,
      shedCues: this.#shedCues,
      heldBackCues: (this.#options.listener.suppressedCues ?? 0) - this.#heldBackBefore,
      blocks: this.#blocks,
      snapshot: wantsSnapshot || this.#isSnapshotDue() ? this.#snapshot(clock) : null,
    };
    this.#cues = [];
    this.#faint = [];
    this.#levels = [];
    this.#columns = [];
    return report;
  }

  /** Goes on where a snapshot was taken; `null` when it is not this channel's, damaged or of another rate: then nothing has changed. */
  restore(snapshot: { readonly version: number; readonly body: string }): FeederSnapshot | null {
    const saved = parseFeederSnapshot(snapshot);
    if (saved === null || saved.sampleRate !== this.#options.sampleRate) return null;
    if (!this.#options.listener.restore(saved.listener)) return null;
    this.#heldBackBefore = this.#options.listener.suppressedCues ?? 0;
    this.#heardUpTo = saved.heardUpTo;
    this.#snapshotAt = saved.heardUpTo;
    this.#isStarted = true;
    return saved;
  }

  #isSnapshotDue(): boolean {
    if (this.#cues.length > 0 || this.#faint.length > 0) return true;
    return this.#snapshotAt !== null && this.#heardUpTo - this.#snapshotAt >= SNAPSHOT_SEC * this.#options.sampleRate;
  }

  #snapshot(clock: SampleClock): { version: number; body: string } {
    this.#snapshotAt = this.#heardUpTo;
    const { sampleRate, listener } = this.#options;
    const saved: FeederSnapshot = { listener: listener.snapshot(), sampleRate, heardUpTo: this.#heardUpTo, clock };
    return { version: FEEDER_SNAPSHOT_VERSION, body: JSON.stringify(saved) };
  }

  #gather(heard: Heard): void {
    if (heard.cues.length > 0) this.#shedCues += keepNewest(this.#cues, heard.cues, MAX_PENDING_CUES);
    if (heard.faint !== undefined) this.#shedCues += keepNewest(this.#faint, heard.faint, MAX_PENDING_FAINT);
    if (heard.levels.length > 0) this.#shedLevels += keepNewest(this.#levels, heard.levels, MAX_PENDING_LEVELS);
    if (heard.columns.length > 0) keepNewest(this.#columns, heard.columns, MAX_PENDING_LEVELS);
  }
}

/** `null` when it is not one. */
export function parseFeederSnapshot(snapshot: { version: number; body: string }): FeederSnapshot | null {
  if (snapshot.version !== FEEDER_SNAPSHOT_VERSION) return null;
  try {
    const saved = JSON.parse(snapshot.body) as Partial<FeederSnapshot> | null;
    const numbers = [
      saved?.sampleRate,
      saved?.heardUpTo,
      saved?.clock?.anchorSample,
      saved?.clock?.anchorTime,
      saved?.clock?.rateHz,
    ];
    const isWhole = numbers.every(Number.isFinite) && typeof saved?.listener?.body === "string";
    return isWhole ? (saved as FeederSnapshot) : null;
  } catch {
    return null; // Damaged: the caller starts fresh and warns.
  }
}

/** Appends, drops the oldest beyond the limit, returns how many were dropped. */
function keepNewest<T>(kept: T[], added: readonly T[], limit: number): number {
  for (const item of added) kept.push(item);
  const excess = Math.max(0, kept.length - limit);
  if (excess > 0) kept.splice(0, excess);
  return excess;
}
