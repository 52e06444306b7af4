import type { Level, SpectrumColumn } from "../../dsp/index.js";
import { type SampleClock, timeOfSample, type UnixMicros } from "../../sync/index.js";
import { COLUMN_MIN_DB, COLUMN_STEP_DB, ColumnRing } from "./column-ring.js";

const WINDOW_SEC = 60;
/** Levels and columns a second, as `dsp` makes them. */
const COLUMN_RATE_HZ = 20;
/** More channels than a page can show or a box should send. */
const MAX_CHANNELS = 32;

export interface LiveLevel extends Omit<Level, "at"> {
  readonly time: UnixMicros;
}

export interface LiveColumn {
  readonly time: UnixMicros;
  readonly bandsDb: ArrayLike<number>;
}

/** What the head of the page tells. */
export interface LiveStatus {
  readonly venue: string;
  readonly box: string;
  readonly version: string;
  readonly state: "ok" | "degraded" | "failed";
  /** What is not ok, in words, one entry a part. */
  readonly reasons: readonly string[];
  readonly sessions: readonly {
    readonly session: string;
    readonly name: string | null;
    readonly sport: string;
    readonly state: string;
  }[];
  readonly outputs: readonly {
    readonly name: string;
    readonly type: string;
    readonly state: "connecting" | "up" | "stalled" | "down";
    readonly detail: string | null;
    readonly backlog: number;
  }[];
  /** How far a replay or the demo is, 0..1; `null` on a live box. */
  readonly progress: { readonly share: number; readonly note: string } | null;
}

/** A table for the page, e.g. the demo's result; cells are ready to be shown. */
export interface LiveSummary {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly note: string | null;
}

/** The part of an audio report the view shows. */
export interface LiveReport {
  readonly channel: string;
  readonly clock: SampleClock;
  readonly pathDelayMs: number | null;
  readonly levels: readonly Level[];
  readonly columns: readonly SpectrumColumn[];
}

interface Channel {
  readonly columns: ColumnRing;
  level: LiveLevel | null;
  levels: number;
}

/** Where one reader stands; made by `cursor()`. */
export interface LiveCursor {
  readonly channels: Map<string, { columns: number; levels: number }>;
  notices: number;
}

/**
 * What a page shows that opens now: the last minute of every channel's spectrogram, its level, the box's status, the summary of a finished demo.
 * This memory is the only buffer: each reader has a cursor into it, so a slow one misses columns and nothing grows.
 */
export class LiveView {
  readonly #bandsHz: readonly number[];
  readonly #channels = new Map<string, Channel>();
  #status: LiveStatus | null = null;
  #summary: LiveSummary | null = null;
  #notices = 0;

  /** `bandsHz`: centre of each band of a spectrum column, rising. */
  constructor(bandsHz: readonly number[]) {
    this.#bandsHz = bandsHz;
  }

  /** All of a channel's report at once, at the source's time as far as the path delay is known (as the cues are). */
  pushReport({ channel, clock, pathDelayMs, levels, columns }: LiveReport): void {
    const timeOf = (sample: number) => (timeOfSample(clock, sample) - (pathDelayMs ?? 0) * 1000) as UnixMicros;
    for (const column of columns) this.pushColumn(channel, { time: timeOf(column.at), bandsDb: column.bandsDb });
    for (const { at, ...level } of levels) this.pushLevel(channel, { ...level, time: timeOf(at) });
  }

  pushLevel(channel: string, level: LiveLevel): void {
    const entry = this.#channel(channel);
    if (entry === null) return;
    entry.level = level;
    entry.levels += 1;
  }

  pushColumn(channel: string, column: LiveColumn): void {
    this.#channel(channel)?.columns.push(Math.round(column.time / 1000), column.bandsDb);
  }

  pushStatus(status: LiveStatus): void {
    this.#status = status;
    this.#notices += 1;
  }

  pushSummary(summary: LiveSummary): void {
    this.#summary = summary;
    this.#notices += 1;
  }

  cursor(): LiveCursor {
    return { channels: new Map(), notices: 0 };
  }

  /** The first message to a reader: how to read the others. */
  hello(): Record<string, unknown> {
    return {
      type: "hello",
      bandsHz: this.#bandsHz,
      windowSec: WINDOW_SEC,
      columnRateHz: COLUMN_RATE_HZ,
      minDb: COLUMN_MIN_DB,
      stepDb: COLUMN_STEP_DB,
    };
  }

  /** What is new since the cursor, as messages, and moves it on; empty when nothing is. */
  read(cursor: LiveCursor): Record<string, unknown>[] {
    const messages: Record<string, unknown>[] = [];
    if (cursor.notices !== this.#notices) {
      cursor.notices = this.#notices;
      if (this.#status !== null) messages.push({ type: "status", ...this.#status });
      if (this.#summary !== null) messages.push({ type: "summary", ...this.#summary });
    }
    const channels = [...this.#channels].flatMap(([name, channel]) => readChannel(name, channel, cursor));
    if (channels.length > 0) messages.push({ type: "frame", channels });
    return messages;
  }

  #channel(name: string): Channel | null {
    const known = this.#channels.get(name);
    if (known !== undefined) return known;
    if (this.#channels.size >= MAX_CHANNELS) return null;
    const columns = new ColumnRing(WINDOW_SEC * COLUMN_RATE_HZ, this.#bandsHz.length);
    const channel: Channel = { columns, level: null, levels: 0 };
    this.#channels.set(name, channel);
    return channel;
  }
}

function readChannel(name: string, channel: Channel, cursor: LiveCursor): Record<string, unknown>[] {
  const at = cursor.channels.get(name) ?? { columns: 0, levels: 0 };
  const { timesMs, bytes, next } = channel.columns.readFrom(at.columns);
  const isNewLevel = at.levels !== channel.levels;
  if (timesMs.length === 0 && !isNewLevel) return [];
  cursor.channels.set(name, { columns: next, levels: channel.levels });
  return [
    {
      channel: name,
      ...(isNewLevel ? { level: channel.level } : {}),
      timesMs,
      columns: Buffer.from(bytes).toString("base64"),
    },
  ];
}
