import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { type AudioInputSpec, type AudioThread, type ChannelReport, startAudio } from "../../daemon/inputs/index.js";
import { PACKAGE_ROOT } from "../../daemon/package-files.js";
import { timeOfSample, type UnixMicros } from "../../sync/index.js";
import { eventually as poll } from "../touchline-process.js";

const EXAMPLE = join(PACKAGE_ROOT, "config", "example", "whistles.wav");
const folder = mkdtempSync(join(tmpdir(), "touchline-thread-"));
const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
const withFfmpeg = (name: string): string => (hasFfmpeg ? name : `skipped: no ffmpeg on the PATH (${name})`);

const SPEC: AudioInputSpec = {
  name: "mic",
  role: "ambience",
  source: { type: "wav", path: EXAMPLE },
  channel: null,
  pathDelayMs: null,
  startTime: 1_780_000_000_000_000 as UnixMicros,
  pace: "fast",
  recordTo: null,
};

interface Running {
  readonly thread: AudioThread;
  readonly reports: ChannelReport[];
  readonly events: string[];
  /** Resolves with the error's code, or `null`, when the input has ended for good. */
  readonly ended: Promise<string | null>;
}

async function eventually(what: string, isSo: () => boolean): Promise<void> {
  await poll(what, async () => (isSo() ? true : null), 20_000);
}

const running: AudioThread[] = [];
afterEach(async () => {
  for (const thread of running.splice(0)) await thread.stop();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(spec: AudioInputSpec, options: Parameters<typeof startAudio>[2] = {}): Running {
  const reports: ChannelReport[] = [];
  const events: string[] = [];
  let thread: AudioThread | null = null;
  const ended = new Promise<string | null>((resolve) => {
    thread = startAudio(
      [spec],
      {
        onReport: (report) => reports.push(report),
        onEnd: (_input, error, isFinal) => {
          events.push(`end ${error?.code ?? "ok"}`);
          if (isFinal) resolve(error?.code ?? null);
        },
        onState: (_input, state) => events.push(state),
        onWarning: (_input, { code }) => events.push(`warning ${code}`),
      },
      options,
    );
  });
  if (thread === null) throw new Error("no thread");
  running.push(thread);
  return { thread, reports, events, ended };
}

describe("the audio thread", () => {
  it("hears a file to its end, and records what it heard to the bit", async () => {
    const { ended, reports, events } = start({ ...SPEC, recordTo: folder });
    expect(await ended).toBeNull();
    expect(events).toEqual(["connecting", "up", "down", "end ok"]);
    const last = reports.at(-1);
    expect(last?.heardUpTo).toBe(dataOf(readFileSync(EXAMPLE)).length / 2);
    expect(last?.levels).toBeDefined();
    const recording = join(folder, "mic.wav");
    await eventually("a recording", () => existsSync(recording));
    expect(dataOf(readFileSync(recording)).equals(dataOf(readFileSync(EXAMPLE)))).toBe(true);
  });

  it("tells the same cues when it is stopped in the middle and goes on from its snapshot", async () => {
    const whole = start(SPEC);
    await whole.ended;
    const first = start(SPEC, { waitForGrants: true });
    const middle = Math.round((whole.reports.at(-1)?.heardUpTo ?? 0) / 2.5);
    first.thread.grant(null, middle);
    await eventually("heard what was granted", () => first.reports.at(-1)?.heardUpTo === middle);
    await first.thread.stop();
    const snapshot = first.reports.at(-1)?.snapshot;
    expect(snapshot).not.toBeNull();
    const second = start(SPEC, { snapshots: new Map([["mic", snapshot!]]) });
    await second.ended;
    const tellings = (reports: readonly ChannelReport[]) => reports.flatMap(({ cues }) => cues);
    expect([...tellings(first.reports), ...tellings(second.reports)]).toEqual(tellings(whole.reports));
  });

  it("loses no sound while the main thread is stuck for two seconds", async () => {
    const fifo = join(folder, "fifo");
    spawnSync("mkfifo", [fifo]);
    const source = { type: "pcm", from: { fifo }, format: "s16le", sampleRate: 48_000, channels: 1 } as const;
    const { thread, reports } = start({ ...SPEC, source, startTime: null });
    const pace = `const fs = require("node:fs"); const out = fs.createWriteStream(process.argv[1]); let n = 0;
      const timer = setInterval(() => { if (n === 200) { clearInterval(timer); out.end(); } else { n += 1; out.write(Buffer.alloc(1920)); } }, 20);`;
    const writer = spawn(process.execPath, ["-e", pace, fifo]);
    const written = new Promise((resolve) => writer.once("close", resolve));
    await eventually("a first report", () => reports.length > 0);
    const until = performance.now() + 2000;
    while (performance.now() < until); // The main thread does nothing else.
    await written;
    await eventually("all was heard", () => reports.at(-1)?.heardUpTo === 200 * 960);
    expect(reports.at(-1)).toMatchObject({ invalidSamples: 0, shedCues: 0 });
    const { clock, heardUpTo } = reports.at(-1)!;
    expect(Math.abs(timeOfSample(clock, heardUpTo) - Date.now() * 1000)).toBeLessThan(5_000_000);
    await thread.stop();
  });

  it("tells that a source is not there, and leaves", async () => {
    const { ended, thread } = start({ ...SPEC, source: { type: "wav", path: join(folder, "none.wav") } });
    expect(await ended).toBe("FILE_UNREADABLE");
    await thread.stop();
    await thread.stop();
  });

  it("tells that the thread itself is gone", async () => {
    const broken = { ...SPEC, source: null as unknown as AudioInputSpec["source"] };
    const { ended, events, thread } = start(broken);
    expect(await ended).toBe("AUD_THREAD_LOST");
    expect(events).toEqual(["down", "end AUD_THREAD_LOST"]);
    await thread.stop();
  });

  it.skipIf(!hasFfmpeg)(
    withFfmpeg("starts ffmpeg again when it was killed, and goes on with the samples at their time"),
    async () => {
      const server = await serveForEver();
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/live.wav`;
      const { thread, reports, events } = start({ ...SPEC, source: { type: "ffmpeg", url }, startTime: null });
      await eventually("a second was heard", () => (reports.at(-1)?.heardUpTo ?? 0) > 48_000);
      const before = reports.at(-1)!;
      process.kill(pidOfFfmpeg(url), "SIGKILL");
      await eventually("the end is told", () => events.includes("end AUD_FFMPEG_FAILED"));
      const count = reports.length;
      await eventually("it is heard again", () => reports.length > count + 10);
      const after = reports.at(-1)!;
      expect(after.heardUpTo).toBeGreaterThan(before.heardUpTo);
      expect(after.invalidSamples).toBeGreaterThan(before.invalidSamples);
      expect(events.at(-1)).toBe("up");
      await thread.stop();
      expect(() => pidOfFfmpeg(url)).toThrow();
      server.closeAllConnections();
      server.close();
    },
  );
});

function dataOf(wav: Buffer): Buffer {
  return wav.subarray(wav.indexOf("data") + 8);
}

/** A web radio: PCM at its own speed, a little ahead. */
async function serveForEver(): Promise<Server> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "Content-Type": "audio/wav" });
    response.write(endlessHeader());
    const timer = setInterval(() => response.write(Buffer.alloc(9600, 3)), 100);
    response.write(Buffer.alloc(48_000, 3));
    response.on("close", () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

function endlessHeader(): Buffer {
  const head = Buffer.alloc(44);
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(0xffff_ffff, 4);
  head.write("WAVEfmt ", 8, "latin1");
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(48_000, 24);
  head.writeUInt32LE(96_000, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36, "latin1");
  head.writeUInt32LE(0xffff_ffff, 40);
  return head;
}

/** The child of this very process that reads the URL; throws when there is none. */
function pidOfFfmpeg(url: string): number {
  const lines = execFileSync("ps", ["-o", "pid=,args=", "--ppid", String(process.pid)], { encoding: "utf8" }).split(
    "\n",
  );
  const line = lines.find((text) => text.includes("ffmpeg") && text.includes(url));
  if (line === undefined) throw new Error("no ffmpeg");
  return Number(line.trim().split(" ")[0]);
}
