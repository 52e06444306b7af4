import { describe, expect, it } from "vitest";
import { TouchlineError } from "../../../../daemon/errors.js";
import { AudioEngine } from "../../../../daemon/inputs/audio/audio-engine.js";
import type { RunnerParts } from "../../../../daemon/inputs/audio/input-runner.js";
import type { FrameBlock, SampleSource } from "../../../../daemon/inputs/audio/sample-source.js";
import type { AudioInputSpec, ChannelReport } from "../../../../daemon/inputs/audio-input.js";
import { type MonoMicros, timeOfSample, type UnixMicros } from "../../../../sync/index.js";
import { cueAt, FakeListener } from "./fake-listener.js";

/** Ten samples are a millisecond. */
const RATE = 10_000;
const EPOCH = 1_780_000_000_000_000;

/** A clock that moves only by sleeping: what the runner waits for passes at once. */
class FakeTime {
  micros = 0;
  readonly clock = {
    mono: () => this.micros as MonoMicros,
    wall: () => (EPOCH + this.micros) as UnixMicros,
  };
  #waiting: { at: number; wake: () => void }[] = [];

  sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const wake = () => {
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#waiting.push({ at: this.micros + Math.max(0, ms) * 1000, wake });
      signal.addEventListener("abort", wake, { once: true });
    });

  /** Lets `seconds` pass, sleeper by sleeper, in order. */
  async pass(seconds: number): Promise<void> {
    const until = this.micros + seconds * 1e6;
    for (;;) {
      await settle();
      this.#waiting.sort((a, b) => a.at - b.at);
      const next = this.#waiting[0];
      if (next === undefined || next.at > until) break;
      this.#waiting.shift();
      this.micros = Math.max(this.micros, next.at);
      next.wake();
    }
    this.micros = until;
    await settle();
  }
}

/** Until everything that waits for nothing has been done. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Sample n of channel c holds n + c / 10: so that a test sees which samples arrived. */
function fileSource(frames: number, channels = 1, overrides: Partial<SampleSource> = {}): SampleSource {
  let next = 0;
  return {
    label: "a file",
    format: { sampleRate: RATE, channels, writeFormat: "s16" },
    expectedFrames: frames,
    startTime: null,
    warnings: [],
    notFinite: 0,
    read: async (most) => {
      const count = Math.min(most, frames - next);
      if (count <= 0) return null;
      next += count;
      return blockOf(next - count, count, channels);
    },
    skipTo: async (frame) => {
      next = Math.min(frame, frames);
      return next;
    },
    close: async () => undefined,
    ...overrides,
  };
}

function blockOf(firstFrame: number, frames: number, channels = 1): FrameBlock {
  const one = (channel: number) => Float32Array.from({ length: frames }, (_, i) => firstFrame + i + channel / 10);
  return {
    firstFrame,
    frames,
    channels: Array.from({ length: channels }, (_, channel) => one(channel)),
    invalid: Array.from({ length: channels }, () => []),
  };
}

/** A live source: the test pushes blocks into it. */
class LiveSource {
  #next = 0;
  #queue: (FrameBlock | null)[] = [];
  #wake: (() => void) | null = null;
  closed = false;

  push(frames: number | null): void {
    this.#queue.push(frames === null ? null : blockOf(this.#next, frames));
    this.#next += frames ?? 0;
    this.#wake?.();
  }

  readonly source: SampleSource = fileSource(0, 1, {
    expectedFrames: null,
    read: async () => {
      while (this.#queue.length === 0 && !this.closed) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      return this.#queue.shift() ?? null;
    },
    close: async () => {
      this.closed = true;
      this.#wake?.();
    },
  });
}

const FILE: AudioInputSpec = {
  name: "mic",
  role: "ambience",
  source: { type: "wav", path: "x.wav" },
  channel: null,
  pathDelayMs: 5,
  startTime: EPOCH as UnixMicros,
  pace: "fast",
  recordTo: null,
};
const FIFO: AudioInputSpec = {
  ...FILE,
  source: { type: "pcm", from: { fifo: "/x" }, format: "s16le", sampleRate: RATE, channels: 1 },
  startTime: null,
};

interface Rig {
  readonly time: FakeTime;
  readonly engine: AudioEngine;
  readonly reports: ChannelReport[];
  readonly events: string[];
  readonly listeners: FakeListener[];
}

function start(specs: AudioInputSpec[], parts: Partial<RunnerParts> & Pick<RunnerParts, "open">, acks = true): Rig {
  const time = new FakeTime();
  const reports: ChannelReport[] = [];
  const events: string[] = [];
  const listeners: FakeListener[] = [];
  const engine: AudioEngine = new AudioEngine(specs, {
    clock: time.clock,
    sleep: time.sleep,
    giveWay: async () => undefined,
    createListener: async () => {
      const listener = new FakeListener();
      listeners.push(listener);
      return listener;
    },
    snapshots: new Map(),
    granted: Number.POSITIVE_INFINITY,
    maxAheadSec: 1e9,
    handlers: {
      onReport: (report) => {
        reports.push(report);
        if (acks) engine.acknowledge(report.channel, report.heardUpTo);
      },
      onEnd: (input, error, isFinal) => events.push(`end ${input} ${error?.code ?? "ok"} ${isFinal}`),
      onState: (input, state) => events.push(`${input} ${state}`),
      onWarning: (input, { code }) => events.push(`${input} warning ${code}`),
    },
    ...parts,
  });
  return { time, engine, reports, events, listeners };
}

describe("a file, fast", () => {
  it("is heard to its end, in order, each sample once", async () => {
    const { engine, reports, events, listeners } = start([FILE], { open: async () => fileSource(23_450) });
    await engine.ended;
    expect(events).toEqual(["mic connecting", "mic up", "mic down", "end mic ok true"]);
    let next = 0;
    for (const block of listeners[0]!.blocks) {
      expect([block.firstSample, block.first]).toEqual([next, next]);
      next += block.length;
    }
    expect(next).toBe(23_450);
    expect(reports.at(-1)).toMatchObject({ heardUpTo: 23_450, invalidSamples: 0, channel: "mic", pathDelayMs: 5 });
    expect(reports.at(-1)?.snapshot).not.toBeNull();
  });

  it("makes the same reports each time, whatever the machine does", async () => {
    const ends = async (): Promise<number[]> => {
      const { engine, reports } = start([FILE], { open: async () => fileSource(105_000) });
      await engine.ended;
      return reports.map(({ heardUpTo }) => heardUpTo);
    };
    expect(await ends()).toEqual(await ends());
    expect((await ends()).length).toBe(11);
  });

  it("is heard up to what was granted, to the sample, and says so", async () => {
    const { engine, reports, time } = start([FILE], { open: async () => fileSource(100_000), granted: 0 });
    await time.pass(1);
    expect(reports).toEqual([]);
    engine.grant("mic", 12_345.5);
    await time.pass(1);
    expect(reports.at(-1)?.heardUpTo).toBe(12_345);
    engine.grant("other", 90_000);
    await time.pass(1);
    expect(reports.at(-1)?.heardUpTo).toBe(12_345);
    engine.grant(null, Number.POSITIVE_INFINITY);
    await time.pass(1);
    await engine.ended;
    expect(reports.at(-1)?.heardUpTo).toBe(100_000);
  });

  it("remembers what was granted before the source was open", async () => {
    const { engine, reports, time } = start([FILE], { open: async () => fileSource(50_000, 2), granted: 0 });
    engine.grant("mic.1", 2000);
    engine.grant("mic.0", 3000);
    engine.grant("microphone", 40_000);
    await time.pass(1);
    expect(Math.max(...reports.map(({ heardUpTo }) => heardUpTo))).toBe(2000);
    await engine.stop();
  });

  it("never runs further ahead of the acknowledged reports than it may", async () => {
    const { engine, reports, time, listeners } = start(
      [FILE],
      { open: async () => fileSource(600_000), maxAheadSec: 5 },
      false,
    );
    await time.pass(1);
    const heard = () => listeners[0]!.blocks.reduce((sum, { length }) => sum + length, 0);
    expect(heard()).toBe(50_000);
    engine.acknowledge("mic", reports.at(-1)!.heardUpTo);
    await time.pass(1);
    expect(heard()).toBe(100_000);
    await engine.stop();
  });

  it("names the channels of a file with several, and hears one where one is named", async () => {
    const all = start([FILE], { open: async () => fileSource(1000, 3) });
    await all.engine.ended;
    expect([...new Set(all.reports.map(({ channel }) => channel))]).toEqual(["mic.0", "mic.1", "mic.2"]);
    const one = start([{ ...FILE, channel: 2 }], { open: async () => fileSource(1000, 3) });
    await one.engine.ended;
    expect([...new Set(one.reports.map(({ channel }) => channel))]).toEqual(["mic"]);
    expect(one.listeners[0]!.blocks[0]!.first).toBeCloseTo(0.2);
  });

  it.each([
    ["a channel that it has not", { ...FILE, channel: 3 }, async () => fileSource(100, 3), "AUD_BAD_FORMAT"],
    ["no file", FILE, async () => Promise.reject(new TouchlineError("FILE_UNREADABLE", ["x", "y"])), "FILE_UNREADABLE"],
    ["a defect", FILE, async () => Promise.reject(new TypeError("oops")), "AUD_FAILED"],
  ])("ends with its error: %s", async (_name, spec, open, code) => {
    const { engine, events } = start([spec], { open });
    await engine.ended;
    expect(events.at(-1)).toBe(`end mic ${code} true`);
  });

  it("ends with its error when reading fails in the middle, after telling what it heard", async () => {
    const whole = fileSource(50_000);
    const read: SampleSource["read"] = async (most) => {
      const block = await whole.read(most);
      if (block !== null && block.firstFrame >= 25_000) throw new TouchlineError("FILE_UNREADABLE", ["x", "EIO"]);
      return block;
    };
    const { engine, events, reports } = start([FILE], { open: async () => ({ ...whole, read }) });
    await engine.ended;
    expect(events.at(-1)).toBe("end mic FILE_UNREADABLE true");
    expect(reports.at(-1)?.heardUpTo).toBe(25_000);
  });

  it("goes on from a snapshot without hearing anything twice", async () => {
    const first = start([FILE], { open: async () => fileSource(50_000) });
    await first.engine.ended;
    const snapshot = first.reports.at(-1)!.snapshot!;
    const second = start([FILE], { open: async () => fileSource(80_000), snapshots: new Map([["mic", snapshot]]) });
    await second.engine.ended;
    expect(second.listeners[0]!.blocks[0]).toMatchObject({ firstSample: 50_000, first: 50_000 });
    expect(second.reports.at(-1)).toMatchObject({ heardUpTo: 80_000, invalidSamples: 0 });
  });

  it("says that a snapshot does not fit and hears from the start", async () => {
    const snapshots = new Map([["mic", { version: 99, body: "" }]]);
    const { engine, events, reports } = start([FILE], { open: async () => fileSource(500), snapshots });
    await engine.ended;
    expect(events).toContain("mic warning snapshotRefused");
    expect(reports.at(-1)).toMatchObject({ heardUpTo: 500, invalidSamples: 0 });
  });
});

describe("a file, in real time", () => {
  const realtime: AudioInputSpec = { ...FILE, pace: "realtime" };

  it("is played at its own speed, by the time it began", async () => {
    const { time, reports, engine } = start([realtime], { open: async () => fileSource(100_000) });
    await time.pass(3);
    const report = reports.at(-1)!;
    expect(report.heardUpTo).toBeGreaterThan(29_000);
    expect(report.heardUpTo).toBeLessThanOrEqual(30_000);
    expect(timeOfSample(report.clock, 10_000)).toBe(EPOCH + 1_000_000);
    expect(reports.length).toBeLessThanOrEqual(3 * 20 + 1);
    await engine.stop();
  });

  it("tells a cue within 50 ms of the sound that shows it", async () => {
    const { time, reports, listeners, engine } = start([realtime], { open: async () => fileSource(100_000) });
    await time.pass(0.5);
    listeners[0]!.onBlock = ({ firstSample, samples }) => ({
      cues: firstSample <= 7770 && 7770 < firstSample + samples.length ? [cueAt(7700)] : [],
      levels: [],
      columns: [],
    });
    await time.pass(0.277 + 0.05);
    expect(reports.filter(({ cues }) => cues.length > 0).length).toBe(1);
    await engine.stop();
  });

  it("goes on where the wall clock stands when it began in the past, and counts what it missed", async () => {
    const spec = { ...realtime, startTime: (EPOCH - 4_000_000) as UnixMicros };
    const { time, reports, listeners, engine } = start([spec], { open: async () => fileSource(100_000) });
    await time.pass(1);
    expect(listeners[0]!.blocks[0]).toMatchObject({ firstSample: 40_000, first: 40_000 });
    expect(reports.at(-1)?.invalidSamples).toBe(40_000);
    expect(timeOfSample(reports.at(-1)!.clock, 40_000)).toBe(EPOCH);
    await time.pass(10);
    await engine.ended;
    expect(reports.at(-1)?.heardUpTo).toBe(100_000);
  });

  it("waits for a start that lies months ahead", async () => {
    const spec = { ...realtime, startTime: (EPOCH + 90 * 86_400e6) as UnixMicros };
    const { time, reports, engine } = start([spec], { open: async () => fileSource(10_000) });
    await time.pass(3600);
    expect(reports).toEqual([]);
    await engine.stop();
  });

  it("waits for a start in the future", async () => {
    const spec = { ...realtime, startTime: (EPOCH + 2_000_000) as UnixMicros };
    const { time, reports, engine } = start([spec], { open: async () => fileSource(10_000) });
    await time.pass(1.9);
    expect(reports).toEqual([]);
    await time.pass(1.2);
    expect(reports.at(-1)?.heardUpTo).toBe(10_000);
    await engine.ended;
  });

  it("is heard as if it were live now, whatever day it was recorded", async () => {
    const own = (EPOCH - 1e15) as UnixMicros;
    const { time, reports, engine } = start([{ ...realtime, startTime: null }], {
      open: async () => fileSource(10_000, 1, { startTime: own }),
    });
    await time.pass(0.5);
    expect(reports.at(-1)!.heardUpTo).toBeLessThanOrEqual(5000);
    expect(reports.at(-1)!.clock.anchorTime).toBe(EPOCH);
    await time.pass(1);
    await engine.ended;
  });

  it("goes on at the place of the wall clock after a restart, without a configured start", async () => {
    const spec = { ...realtime, startTime: null };
    const first = start([spec], { open: async () => fileSource(1_000_000) });
    await first.time.pass(3);
    await first.engine.stop();
    const snapshot = first.reports.at(-1)!.snapshot!;
    const second = start([spec], { open: async () => fileSource(1_000_000), snapshots: new Map([["mic", snapshot]]) });
    // Its clock begins at the same epoch: as if it were started at once; then 5 s more.
    second.time.micros = 0;
    await second.time.pass(5);
    await second.engine.stop();
    expect(second.reports.at(-1)!.clock).toEqual(first.reports.at(-1)!.clock);
    expect(second.reports.at(-1)!.heardUpTo).toBeGreaterThan(49_000);
  });
});

describe("a live source", () => {
  /** Pushes 20 ms blocks in time with the clock. */
  async function play(live: LiveSource, time: FakeTime, seconds: number): Promise<void> {
    for (let i = 0; i < seconds * 50; i++) {
      await time.pass(0.02);
      live.push(200);
      await settle();
    }
  }

  it("stamps its samples by their arrival", async () => {
    const live = new LiveSource();
    const { time, reports, engine } = start([FIFO], { open: async () => live.source });
    await play(live, time, 5);
    const { clock, heardUpTo } = reports.at(-1)!;
    expect(heardUpTo).toBeGreaterThan(49_000);
    expect(Math.abs(timeOfSample(clock, 50_000) - EPOCH - 5_000_000)).toBeLessThan(2000);
    await engine.stop();
  });

  it("is stalled after five seconds without sound, and up again with the next", async () => {
    const live = new LiveSource();
    const { time, events, engine } = start([FIFO], { open: async () => live.source });
    await play(live, time, 1);
    await time.pass(4);
    expect(events).toEqual(["mic connecting", "mic up"]);
    await time.pass(2);
    expect(events.at(-1)).toBe("mic stalled");
    await play(live, time, 1);
    expect(events.at(-1)).toBe("mic up");
    await engine.stop();
  });

  it("is opened again when it ends; the samples go on at their time, the gap is counted", async () => {
    const sources = [new LiveSource(), new LiveSource()];
    let opened = 0;
    const { time, reports, events, listeners, engine } = start([FIFO], { open: async () => sources[opened++]!.source });
    await play(sources[0]!, time, 3);
    sources[0]!.push(null);
    await settle();
    expect(reports.at(-1)?.heardUpTo).toBe(30_000);
    await time.pass(2);
    await play(sources[1]!, time, 3);
    expect(events).toEqual(["mic connecting", "mic up", "mic down", "end mic ok false", "mic connecting", "mic up"]);
    expect(listeners.length).toBe(1);
    const report = reports.at(-1)!;
    expect(Math.abs(report.heardUpTo - 80_000)).toBeLessThan(600);
    expect(Math.abs(report.invalidSamples - 20_000)).toBeLessThan(600);
    expect(Math.abs(timeOfSample(report.clock, report.heardUpTo) - time.clock.wall())).toBeLessThan(60_000);
    await engine.stop();
  });

  it("is tried again ever more slowly while it cannot be opened", async () => {
    const attempts: number[] = [];
    const rig = start([FIFO], {
      open: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        attempts.push(rig.time.micros / 1e6);
        throw new TouchlineError("FILE_UNREADABLE", ["x", "ENOENT"]);
      },
    });
    await rig.time.pass(100);
    const waits = attempts.slice(1).map((at, i) => at - attempts[i]!);
    expect(waits.slice(0, 8)).toEqual([0.5, 1, 2, 4, 8, 16, 30, 30]);
    await rig.engine.stop();
  });

  it("waits for the next writer of a FIFO without ever longer pauses", async () => {
    let opened = 0;
    const { time, engine } = start([FIFO], {
      open: async () => {
        opened += 1;
        return fileSource(0);
      },
    });
    await time.pass(10.1);
    expect(opened).toBe(21);
    await engine.stop();
  });

  it("is not opened again when it is standard input", async () => {
    const live = new LiveSource();
    const spec: AudioInputSpec = { ...FIFO, source: { ...FIFO.source, from: "stdin" } as AudioInputSpec["source"] };
    const { time, events, engine } = start([spec], { open: async () => live.source });
    await play(live, time, 1);
    live.push(null);
    await engine.ended;
    expect(events.at(-1)).toBe("end mic ok true");
  });

  it("opens a network stream anew when it gave nothing for fifteen seconds", async () => {
    const sources = [new LiveSource(), new LiveSource()];
    let opened = 0;
    const spec: AudioInputSpec = { ...FIFO, source: { type: "ffmpeg", url: "rtsp://mic" } };
    const { time, events, engine } = start([spec], { open: async () => sources[opened++]!.source });
    await play(sources[0]!, time, 1);
    await time.pass(17);
    expect(sources[0]!.closed).toBe(true);
    await play(sources[1]!, time, 1);
    expect(events).toContain("mic stalled");
    expect(events.at(-1)).toBe("mic up");
    await engine.stop();
  });

  it("gathers reports while the main thread does not answer, and loses no cue", async () => {
    const live = new LiveSource();
    const { time, reports, listeners, engine } = start([FIFO], { open: async () => live.source }, false);
    await play(live, time, 1);
    let told = 0;
    listeners[0]!.onBlock = ({ firstSample }) => {
      told += 1;
      return { cues: [cueAt(firstSample)], levels: [], columns: [] };
    };
    await play(live, time, 60);
    expect(reports.length).toBeLessThanOrEqual(51);
    engine.acknowledge("mic", reports.at(-1)!.heardUpTo);
    await play(live, time, 0.1);
    expect(reports.flatMap(({ cues }) => cues).length).toBe(told);
    await engine.stop();
  });

  it("goes on with its numbering after a restart: the pause is a gap", async () => {
    const before = new LiveSource();
    const first = start([FIFO], { open: async () => before.source });
    await play(before, first.time, 4);
    await first.engine.stop();
    const snapshots = new Map([["mic", first.reports.at(-1)!.snapshot!]]);
    const after = new LiveSource();
    const second = start([FIFO], { open: async () => after.source, snapshots });
    second.time.micros = 10_000_000;
    await play(after, second.time, 2);
    const report = second.reports.at(-1)!;
    expect(Math.abs(report.heardUpTo - 120_000)).toBeLessThan(600);
    expect(Math.abs(report.invalidSamples - 60_000)).toBeLessThan(600);
    await second.engine.stop();
  });

  it("stops at once while it waits for sound, and tells its last report with a snapshot", async () => {
    const live = new LiveSource();
    const { time, reports, events, engine } = start([FIFO], { open: async () => live.source });
    await play(live, time, 1);
    await engine.stop();
    await engine.stop();
    expect(live.closed).toBe(true);
    expect(events.at(-1)).toBe("mic down");
    expect(reports.at(-1)).toMatchObject({ heardUpTo: 10_000 });
    expect(reports.at(-1)?.snapshot).not.toBeNull();
  });

  it("can be stopped while it is being opened", async () => {
    const { engine, events } = start([FIFO], {
      open: (_source, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error("aborted")));
        }),
    });
    await settle();
    await engine.stop();
    expect(events).toEqual(["mic connecting", "mic down"]);
  });
});

describe("several inputs", () => {
  it("do not wait for each other, and one that fails leaves the others alone", async () => {
    const live = new LiveSource();
    const specs = [
      { ...FIFO, name: "stuck" },
      { ...FILE, name: "fine" },
      { ...FILE, name: "gone", source: { type: "wav" as const, path: "gone" } },
    ];
    const { time, events, reports, engine } = start(specs, {
      open: async (source) => {
        if (source.type === "pcm") return live.source;
        if (source.type === "wav" && source.path === "gone") throw new TouchlineError("FILE_UNREADABLE", ["x", "y"]);
        return fileSource(30_000);
      },
    });
    await time.pass(0.1);
    expect(events).toContain("end fine ok true");
    expect(events).toContain("end gone FILE_UNREADABLE true");
    expect(reports.at(-1)?.heardUpTo).toBe(30_000);
    await engine.stop();
  });
});
