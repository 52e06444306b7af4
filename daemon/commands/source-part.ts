import { InvalidArgumentError } from "commander";
import { TouchlineError } from "../errors.js";
import type { SampleSource } from "../inputs/index.js";

export interface Part {
  readonly fromSec: number;
  /** Infinite: to the end. */
  readonly toSec: number;
}

/** Heard before the part, so that floors and the crowd's baseline (20 s) are known where it begins. */
const WARM_UP_SEC = 25;
/** Heard after it, so that cues that begin at its end are told. */
const REST_SEC = 2;
const CLOCK = /^(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)$/;

/** Seconds, m:ss or h:mm:ss. */
export function parseTime(text: string): number {
  const [, hours, minutes, seconds] = CLOCK.exec(text.trim()) ?? [];
  if (seconds === undefined) throw new InvalidArgumentError("It must be a time in seconds, m:ss or h:mm:ss.");
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds);
}

/** @throws TouchlineError USAGE */
export function partOf(from: number | undefined, to: number | undefined): Part {
  const part = { fromSec: from ?? 0, toSec: to ?? Number.POSITIVE_INFINITY };
  if (part.toSec > part.fromSec) return part;
  throw new TouchlineError("USAGE", [`--to ${part.toSec} is not after --from ${part.fromSec}`]);
}

/** The source from a little before the part to a little after it; frames keep their numbers. */
export async function cutSource(source: SampleSource, { fromSec, toSec }: Part): Promise<SampleSource> {
  const { sampleRate } = source.format;
  const first = Math.max(0, Math.round((fromSec - WARM_UP_SEC) * sampleRate));
  const end = Math.round((toSec + REST_SEC) * sampleRate);
  let next = first > 0 ? await source.skipTo(first) : 0;
  return {
    label: source.label,
    format: source.format,
    startTime: source.startTime,
    expectedFrames: source.expectedFrames === null ? null : Math.min(source.expectedFrames, end),
    get warnings() {
      return source.warnings;
    },
    get notFinite() {
      return source.notFinite;
    },
    read: async (maxFrames) => {
      if (next >= end) return null;
      const block = await source.read(Math.min(maxFrames, end - next));
      if (block !== null) next = block.firstFrame + block.frames;
      return block;
    },
    skipTo: async (frame) => {
      next = await source.skipTo(frame);
      return next;
    },
    close: () => source.close(),
  };
}
