import type { Cue } from "../../dsp/index.js";
import type { LevelSecond, UnixMicros } from "../../sync/index.js";
import type { ChannelTiming } from "../cue-timing.js";
import type { RecordedMessage } from "./message-file.js";

export type MergedItem =
  | { readonly type: "message"; readonly at: UnixMicros; readonly message: RecordedMessage }
  | {
      readonly type: "cue";
      readonly at: UnixMicros;
      readonly cue: Cue;
      readonly timing: ChannelTiming;
      readonly isFaint?: boolean;
    }
  | { readonly type: "level"; readonly at: UnixMicros; readonly level: LevelSecond };

/** What is heard, at the time at which it could first be told. */
export type HeardItem = Exclude<MergedItem, { type: "message" }>;

/**
 * Puts messages, cues and levels into one order of time, whatever order the threads deliver them in, so that a replay is the same each
 * time. An item is given out only when every channel has been heard beyond it. At one instant messages come first, then cues in the
 * order of channel and key, then levels in the order of channel.
 */
export class TimeMerge {
  readonly #messages: readonly RecordedMessage[];
  #nextMessage = 0;
  #heard: HeardItem[] = [];
  /** How far each channel of each input has been heard. */
  readonly #inputs = new Map<string, Map<string, number>>();

  /** `messages` in the order of arrival; `inputs`: all that will be heard. */
  constructor(messages: readonly RecordedMessage[], inputs: readonly string[]) {
    this.#messages = messages;
    for (const input of inputs) this.#inputs.set(input, new Map());
  }

  /** The channels of an input make their first reports one after the other, of the same block: from then on all are known. */
  heard(input: string, channel: string, upTo: UnixMicros, items: readonly HeardItem[]): void {
    this.#inputs.get(input)?.set(channel, upTo);
    this.#heard.push(...items);
  }

  ended(input: string): void {
    this.#inputs.delete(input);
  }

  /** Everything before this time has been heard on all channels. */
  get watermark(): number {
    let watermark = Number.POSITIVE_INFINITY;
    for (const channels of this.#inputs.values()) {
      if (channels.size === 0) return Number.NEGATIVE_INFINITY;
      for (const upTo of channels.values()) watermark = Math.min(watermark, upTo);
    }
    return watermark;
  }

  get isDone(): boolean {
    return this.watermark === Number.POSITIVE_INFINITY;
  }

  /** The items that are due, in order; each is given out once. */
  take(): MergedItem[] {
    const limit = this.watermark;
    const items: MergedItem[] = [];
    for (let next = this.#messages[this.#nextMessage]; next !== undefined && next.arrival < limit; ) {
      items.push({ type: "message", at: next.arrival, message: next });
      this.#nextMessage += 1;
      next = this.#messages[this.#nextMessage];
    }
    items.push(...this.#heard.filter((item) => item.at < limit));
    this.#heard = this.#heard.filter((item) => item.at >= limit);
    return items.sort(inOrder);
  }
}

const RANK: Readonly<Record<MergedItem["type"], number>> = { message: 0, cue: 1, level: 2 };

function inOrder(a: MergedItem, b: MergedItem): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.type === "cue" && b.type === "cue") {
    return compareText(a.timing.channel, b.timing.channel) || compareText(a.cue.key, b.cue.key);
  }
  if (a.type === "level" && b.type === "level") return compareText(a.level.channel, b.level.channel);
  // The sort is stable: messages of one instant stay in the order of their file.
  return RANK[a.type] - RANK[b.type];
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
