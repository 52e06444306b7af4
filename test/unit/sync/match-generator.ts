import type { HeardCue, LoggedEvent, UnixMicros } from "../../../sync/index.js";
import { addSeconds } from "../../../sync/index.js";

/** A made-up match for tests: what happened, what a venue scout logged of it, what was heard. All from one seed. */
export interface MadeMatch {
  readonly truth: ReadonlyMap<
    string,
    { readonly time: UnixMicros; readonly class: string; readonly cueId: string | null }
  >;
  readonly events: readonly LoggedEvent[];
  readonly cues: readonly HeardCue[];
}

export interface MatchOptions {
  readonly offsetSec?: number;
  readonly recall?: number;
  readonly falseWhistles?: number;
  readonly halfTimeStepSec?: number;
  readonly hasArrivals?: boolean;
  readonly logger?: string;
  /** Another person's presses on the same match. */
  readonly loggerSeed?: number;
}

export const MATCH_START = (Date.UTC(2026, 4, 16, 18, 30) * 1000) as UnixMicros;

/** Median lag of a venue scout by class, seconds, and how often the class occurs in a half. */
const CLASSES: Readonly<Record<string, readonly [number, number]>> = {
  foul: [1.9, 11],
  offside: [2.1, 2],
  goal: [1.5, 1.5],
  shot_on: [1.8, 4],
  throw_in: [1.3, 20],
  corner: [1.6, 5],
  substitution: [4.0, 3],
};
const WHISTLED = new Set(["period_start", "period_end", "foul", "offside"]);

export function randomFrom(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function makeMatch(seed: number, options: MatchOptions = {}): MadeMatch {
  const random = randomFrom(seed);
  const normalOf = (next: () => number) => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const normal = () => normalOf(random);
  const hand = options.loggerSeed === undefined ? random : randomFrom(options.loggerSeed);
  const logger = options.logger ?? "scout";
  const habit = normal();
  const person = Math.exp(0.2 * (options.loggerSeed === undefined ? habit : normalOf(hand)));
  const acts: { class: string; at: number; period: string }[] = [];
  for (const [period, start] of [["1", 400] as const, ["2", 4200] as const]) {
    acts.push({ class: "period_start", at: start, period }, { class: "period_end", at: start + 2800, period });
    for (const [name, [, perHalf]] of Object.entries(CLASSES)) {
      const count = Math.floor(perHalf + random());
      for (let i = 0; i < count; i++) acts.push({ class: name, at: start + 20 + random() * 2760, period });
    }
  }
  acts.sort((a, b) => a.at - b.at);
  const cues: HeardCue[] = [];
  const hear = (kind: "whistle" | "roar", at: number, score: number): string => {
    const cueId = `cue-${Math.floor(random() * 1e9).toString(36)}`;
    const onset = addSeconds(MATCH_START, at);
    const reported = addSeconds(onset, kind === "whistle" ? 0.5 : 1.5);
    cues.push({
      cueId,
      kind,
      onset,
      end: null,
      onsetSdSec: 0.03,
      score,
      count: 1,
      channel: "m",
      reported,
      isFinal: true,
    });
    return cueId;
  };
  const truth = new Map<string, { time: UnixMicros; class: string; cueId: string | null }>();
  const events: LoggedEvent[] = [];
  acts.forEach((act, index) => {
    let cueId: string | null = null;
    const isHeard = random() < (options.recall ?? 0.97);
    if (WHISTLED.has(act.class) && isHeard) cueId = hear("whistle", act.at + 0.03 * normal(), 0.95);
    if (act.class === "period_end") for (const after of [0.7, 1.3]) hear("whistle", act.at + after, 0.95);
    if (act.class === "goal" && isHeard) cueId = hear("roar", act.at + 0.55 * Math.exp(0.5 * normal()), 0.9);
    const press = act.at + (CLASSES[act.class]?.[0] ?? 1.1) * person * Math.exp(0.45 * normalOf(hand));
    const step = act.period === "2" ? (options.halfTimeStepSec ?? 0) : 0;
    const eventId = `${logger}/${(index * 7919) % 1000}`;
    const stamp = addSeconds(MATCH_START, press + (options.offsetSec ?? 0) + step);
    const arrival = addSeconds(MATCH_START, press + 0.3 * Math.exp(0.5 * normalOf(hand)));
    truth.set(eventId, { time: addSeconds(MATCH_START, act.at), class: act.class, cueId });
    events.push({
      ...logged(eventId, act.class, stamp, options.hasArrivals === false ? null : arrival),
      period: act.period,
    });
  });
  for (let i = 0; i < (options.falseWhistles ?? 15); i++) hear("whistle", random() * 7000, 0.6);
  events.sort((a, b) => (a.arrival ?? a.stamp ?? 0) - (b.arrival ?? b.stamp ?? 0));
  cues.sort((a, b) => a.reported - b.reported);
  return { truth, events, cues };
}

export function logged(
  eventId: string,
  name: string,
  stamp: UnixMicros | null,
  arrival: UnixMicros | null,
  change: Partial<LoggedEvent> = {},
): LoggedEvent {
  const [logger = "", id = ""] = eventId.split("/");
  return {
    eventId,
    logger,
    session: "s",
    version: null,
    op: "upsert",
    class: name,
    period: "1",
    stamp,
    resolutionSec: 0.001,
    arrival,
    occurrence: null,
    input: { id, logger, class: name },
    ...change,
  };
}
