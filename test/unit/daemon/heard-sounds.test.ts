import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import type { ChannelTiming } from "../../../daemon/cue-timing.js";
import { Pipeline, type PipelineInput } from "../../../daemon/pipeline.js";
import { toPipelineInput } from "../../../daemon/read-message.js";
import { type RecordDraft, toEnvelope, validateRecord, withSequence } from "../../../daemon/records/index.js";
import { SoundMetrics } from "../../../daemon/sound-metrics.js";
import { profileOf } from "../../../daemon/sport-profiles.js";
import type { Cue } from "../../../dsp/index.js";
import { timeOfSample, type UnixMicros } from "../../../sync/index.js";
import { addWhistle, crowd, listen } from "../dsp/sound.js";

const RATE = 32_000;
const START = (Date.UTC(2026, 4, 16, 18, 30) * 1000) as UnixMicros;
const CLOCK = { anchorSample: 0, anchorTime: START, rateHz: RATE };
const SPEC = {
  session: "cup",
  sport: "football",
  name: null,
  scheduledStart: START,
  scheduledEnd: null,
  channels: null,
};
const at = (sec: number) => Math.round(START + sec * 1e6) as UnixMicros;

function newPipeline(): Pipeline {
  return new Pipeline({ sessions: [SPEC], defaultSession: SPEC, profileOf, utcUncertaintySec: 0.005, maxSessions: 2 });
}

interface Timed {
  readonly at: UnixMicros;
  readonly input: PipelineInput;
}

/** Pushes in the order of time, with all ticks that fall due. */
function drive(pipeline: Pipeline, inputs: readonly Timed[]): RecordDraft[] {
  const drafts: RecordDraft[] = [];
  const tickUntil = (limit: UnixMicros) => {
    for (let due = pipeline.nextDue(); due !== null && due <= limit; due = pipeline.nextDue()) {
      const told = pipeline.push({ type: "tick" }, due);
      drafts.push(...told);
      if (pipeline.nextDue() === due) return;
    }
  };
  for (const { at: time, input } of [...inputs].sort((a, b) => a.at - b.at)) {
    tickUntil(time);
    drafts.push(...pipeline.push(input, time));
  }
  const end = at(400);
  tickUntil(end);
  return [...drafts, ...pipeline.push({ type: "endAll" }, end)];
}

const told = (cue: Cue, timing: ChannelTiming, isFaint = false): Timed => ({
  at: timeOfSample(CLOCK, cue.reported),
  input: { type: "cue", cue, timing, isFaint },
});
const cuesOf = (drafts: readonly RecordDraft[]) =>
  drafts.filter(({ kind, data }) => kind === "cue" && data.state === "final");

const MICROPHONES: readonly ChannelTiming[] = [
  { channel: "north", clock: CLOCK, pathDelayMs: 0, position: [0, 38] },
  { channel: "west", clock: CLOCK, pathDelayMs: 0, position: [-58, -20] },
  { channel: "east", clock: CLOCK, pathDelayMs: 0, position: [58, -20] },
];
const MIX: ChannelTiming = { channel: "mix", clock: CLOCK, pathDelayMs: null, role: "programme" };
const MIX_DELAY_SEC = 1.4;

/** Blasts of one whistle, blown at other places, each a bit different. */
const BLASTS = [0, 1, 2, 3, 4, 5].map((i) => ({
  sec: [4, 9.1, 16.7, 20.2, 28.9, 34.4][i] ?? 0,
  place: [
    [-40, 20],
    [30, -10],
    [0, 0],
    [45, 25],
    [-10, -30],
    [15, 12],
  ][i] as [number, number],
  blast: { lengthSec: 0.35 + 0.05 * (i % 3), hz: 2900 + 37 * i },
}));
const REPLAY_SEC = 43;

/** What a channel hears: the crowd, the blasts after their way; the mix hears one of them once more. */
async function hear(timing: ChannelTiming, seed: number): Promise<Timed[]> {
  const sound = crowd(47, RATE, 0.006, seed);
  for (const { sec, place, blast } of BLASTS) {
    const [x, y] = timing.position ?? [0, -40];
    const travelSec = Math.hypot(place[0] - x, place[1] - y) / 343;
    const delaySec = timing === MIX ? MIX_DELAY_SEC : 0;
    addWhistle(sound, RATE, { ...blast, atSec: sec + travelSec + delaySec, amplitude: 0.1 });
  }
  const again = BLASTS[5]?.blast ?? { lengthSec: 0.4 };
  if (timing === MIX) addWhistle(sound, RATE, { ...again, atSec: REPLAY_SEC, amplitude: 0.06 });
  const { cues } = await listen(sound, RATE);
  return cues.filter((cue) => cue.kind === "whistle").map((cue) => told(cue, timing));
}

describe("three microphones and a programme mix", () => {
  it("tell each whistle once, at its source, and the replay for what it is", async () => {
    const heard = (await Promise.all([...MICROPHONES, MIX].map((timing, i) => hear(timing, 50 + i)))).flat();
    const pipeline = newPipeline();
    const registry = new Registry();
    new SoundMetrics(registry, pipeline);
    const drafts = drive(pipeline, heard);
    const cues = cuesOf(drafts);
    const whistles = cues.filter(({ data }) => !(data.flags as string[]).includes("replay"));
    expect(whistles.length).toBe(BLASTS.length);
    whistles.forEach(({ time, data }, i) => {
      expect(Math.abs((time - START) / 1e6 - (BLASTS[i]?.sec ?? 0))).toBeLessThan(0.02);
      expect(data.reference).toBe("source");
      expect(data.channels).toEqual(expect.arrayContaining(["east", "north", "west"]));
    });
    const [replay, ...others] = cues.filter(({ data }) => (data.flags as string[]).includes("replay"));
    expect(others).toEqual([]);
    expect(replay?.data).toMatchObject({ channel: "mix", replayOf: whistles[5]?.subject });
    drafts.forEach((draft, index) => {
      const record = withSequence(toEnvelope(draft, { venue: "v", box: "a" }, "e1", index + 1), index + 1);
      expect(validateRecord(record)).toEqual([]);
    });
    const text = await registry.metrics();
    expect(text).toContain(`touchline_cues_fused_total ${BLASTS.length}`);
    expect(text).toContain("touchline_cues_replays_total 1");
    const measured = Number(/path_delay_seconds\{channel="mix"\} ([\d.]+)/.exec(text)?.[1]);
    expect(Math.abs(measured - MIX_DELAY_SEC - 0.12)).toBeLessThan(0.08);
  });
});

describe("a whistle too faint to tell", () => {
  const cueAt = (sec: number, change: Partial<Cue> = {}): Cue => ({
    key: `whistle-${Math.round(sec * RATE)}`,
    kind: "whistle",
    onset: sec * RATE,
    end: (sec + 0.4) * RATE,
    onsetSdSec: 0.01,
    score: 0.95,
    count: 1,
    levelDb: -30,
    tonesHz: [3000],
    reported: (sec + 0.6) * RATE,
    isFinal: true,
    flags: [],
    ...change,
  });
  const timing: ChannelTiming = { channel: "stand", clock: CLOCK, pathDelayMs: 0 };
  const foulAt = (sec: number, id: number): Timed => {
    const arrival = at(sec + 2.3);
    const message = {
      id: `f${id}`,
      logger: "scout",
      class: "foul",
      period: "1",
      stamp: new Date((arrival - 300_000) / 1000).toISOString(),
    };
    return { at: arrival, input: toPipelineInput("log", message, arrival, "cup") as PipelineInput };
  };
  const ACTS = Array.from({ length: 9 }, (_, i) => 10 + 30 * i + (i % 3));
  const inputs = ACTS.flatMap((sec, i) => [
    foulAt(sec, i),
    told(cueAt(sec, i === 7 ? { score: 0.08 } : {}), timing, i === 7),
    told(cueAt(sec + 13, { score: 0.08 }), timing, true),
  ]);

  it("is told as primed where its event is, anchors it, and nowhere else", () => {
    const drafts = drive(newPipeline(), inputs);
    const primed = cuesOf(drafts).filter(({ data }) => data.primed === true);
    expect(primed.map(({ time, data }) => [time, data.score])).toEqual([[at(ACTS[7] ?? 0), 0.08]]);
    const event = drafts.filter(({ kind, subject }) => kind === "event" && subject === "scout/f7").at(-1);
    expect(event?.data).toMatchObject({ anchor: "whistle", cues: [primed[0]?.subject] });
    expect(cuesOf(drafts).length).toBe(ACTS.length);
  });

  it("is the same after a restart at any point", () => {
    const expected = drive(newPipeline(), inputs).filter(({ kind }) => kind === "cue");
    let pipeline = newPipeline();
    const snapshots = new Map<string, ReturnType<Pipeline["takeSnapshots"]>[number]>();
    const drafts: RecordDraft[] = [];
    for (const { at: time, input } of [...inputs].sort((a, b) => a.at - b.at)) {
      for (let due = pipeline.nextDue(); due !== null && due <= time; due = pipeline.nextDue()) {
        drafts.push(...pipeline.push({ type: "tick" }, due));
      }
      drafts.push(...pipeline.push(input, time));
      for (const snapshot of pipeline.takeSnapshots(time)) snapshots.set(snapshot.core, snapshot);
      pipeline = newPipeline();
      expect(pipeline.restore([...snapshots.values()])).toEqual([]);
    }
    expect(drafts.filter(({ kind }) => kind === "cue")).toEqual(expected);
  });
});
