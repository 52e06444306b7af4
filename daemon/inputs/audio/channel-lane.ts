import type { InvalidRange } from "../../../dsp/index.js";
import type { SampleClock } from "../../../sync/index.js";
import type { ChannelReport } from "../audio-input.js";
import { AheadGate } from "./ahead-gate.js";
import type { ChannelFeeder, FeederSnapshot } from "./channel-feeder.js";
import type { ChannelRecorder } from "./channel-recorder.js";

/** 20 Hz: what a page can show. */
const REPORT_MICROS = 50_000;
const FAST_REPORT_SEC = 1;
/** Reports under way to a main thread that does not answer: 2.5 s of one channel. Then they are gathered here. */
const MAX_UNACKNOWLEDGED = 50;

export interface LaneOptions {
  readonly feeder: ChannelFeeder;
  readonly recorder: ChannelRecorder | null;
  /** Index of the channel within its source. */
  readonly index: number;
  readonly isFast: boolean;
  readonly granted: number;
  readonly maxAheadSec: number;
  readonly emit: (report: ChannelReport) => void;
}

/** One channel on its way from blocks to reports: when a report is due, and how far it may run ahead. */
export class ChannelLane {
  readonly feeder: ChannelFeeder;
  readonly gate: AheadGate;
  readonly index: number;
  readonly recorder: ChannelRecorder | null;
  readonly #options: LaneOptions;
  #sentAt = Number.NEGATIVE_INFINITY;
  #sentUpTo = 0;
  /** `heardUpTo` of the reports that were not acknowledged, oldest first. */
  #underWay: number[] = [];

  constructor(options: LaneOptions) {
    this.#options = options;
    this.feeder = options.feeder;
    this.recorder = options.recorder;
    this.index = options.index;
    const maxAhead = options.isFast ? options.maxAheadSec * options.feeder.sampleRate : Number.POSITIVE_INFINITY;
    this.gate = new AheadGate(options.isFast ? options.granted : Number.POSITIVE_INFINITY, maxAhead);
  }

  restore(snapshot: { version: number; body: string }): FeederSnapshot | null {
    const saved = this.feeder.restore(snapshot);
    if (saved === null) return null;
    this.#sentUpTo = saved.heardUpTo;
    this.gate.acknowledge(saved.heardUpTo);
    return saved;
  }

  get hasUnreported(): boolean {
    return this.feeder.heardUpTo > this.#sentUpTo;
  }

  async push(
    firstSample: number,
    samples: Float32Array,
    invalid: readonly InvalidRange[],
    clock: SampleClock,
  ): Promise<void> {
    this.feeder.push(firstSample, samples, invalid);
    if (this.recorder !== null) await this.recorder.write(firstSample, samples, clock);
  }

  /** @param nowMono microseconds */
  reportIfDue(clock: SampleClock, nowMono: number): void {
    const { isFast } = this.#options;
    if (!isFast && this.#underWay.length >= MAX_UNACKNOWLEDGED) return;
    const isDue = isFast
      ? this.feeder.heardUpTo - this.#sentUpTo >= FAST_REPORT_SEC * this.feeder.sampleRate
      : nowMono - this.#sentAt >= REPORT_MICROS;
    const isAwaited = this.gate.isExhausted(this.feeder.heardUpTo);
    if (isDue || isAwaited || this.feeder.hasCues) this.report(clock, nowMono, false);
  }

  report(clock: SampleClock, nowMono: number, wantsSnapshot: boolean): void {
    const report = this.feeder.takeReport(clock, wantsSnapshot);
    this.#sentAt = nowMono;
    this.#sentUpTo = report.heardUpTo;
    this.#underWay.push(report.heardUpTo);
    this.#options.emit(report);
  }

  acknowledge(heardUpTo: number): void {
    while (this.#underWay.length > 0 && (this.#underWay[0] as number) <= heardUpTo) this.#underWay.shift();
    this.gate.acknowledge(heardUpTo);
  }
}
