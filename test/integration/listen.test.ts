import { spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import wav from "node-wav";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PACKAGE_ROOT } from "../../daemon/package-files.js";
import { CLI, eventually, runTouchline } from "../touchline-process.js";
import { chunk, fmt, ints, riff } from "../unit/inputs/audio/wav-corpus.js";

const EXAMPLE = join(PACKAGE_ROOT, "config", "example", "whistles.wav");
const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
const withFfmpeg = (name: string): string => (hasFfmpeg ? name : `skipped: no ffmpeg on the PATH (${name})`);

interface Line {
  readonly kind: string;
  readonly onsetSec: number;
  readonly endSec: number;
  readonly reportedSec: number;
  readonly channel: number;
  readonly file?: string;
}

const folder = mkdtempSync(join(tmpdir(), "touchline-listen-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function listen(args: readonly string[], input: Uint8Array | null = null): Promise<Line[]> {
  const { code, stdout, stderr } = await runTouchline(["listen", ...args, "--json"], input);
  expect([code, stderr.replace(/^Warning.*\n/gm, "")]).toEqual([0, ""]);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

/** The samples behind a header, as raw PCM. */
function rawOf(path: string): Buffer {
  const bytes = readFileSync(path);
  return bytes.subarray(bytes.indexOf("data") + 8);
}

describe("touchline listen", () => {
  let cues: Line[] = [];
  beforeAll(async () => {
    cues = await listen([EXAMPLE]);
  });

  it("tells the whistles of the example, in the order in which they were told, each with the documented fields", () => {
    expect(cues.filter(({ kind }) => kind === "whistle").length).toBeGreaterThan(0);
    for (const cue of cues) {
      expect(Object.keys(cue)).toEqual([
        "kind",
        "onsetSec",
        "endSec",
        "sdSec",
        "score",
        "channel",
        "count",
        "reportedSec",
      ]);
      expect(cue.endSec).toBeGreaterThan(cue.onsetSec);
      expect(cue.reportedSec).toBeGreaterThan(cue.onsetSec);
    }
    const reported = cues.map(({ reportedSec }) => reportedSec);
    expect(reported).toEqual([...reported].sort((a, b) => a - b));
  });

  it("is causal: what follows does not change what was told before it", async () => {
    const raw = rawOf(EXAMPLE);
    const half = Math.floor(raw.length / 4) * 2;
    const path = join(folder, "half.wav");
    writeFileSync(path, riff([fmt({ rate: rateOf(EXAMPLE) }), chunk("data", raw.subarray(0, half))]));
    const heardSec = half / 2 / rateOf(EXAMPLE);
    const toldBefore = (lines: Line[]): number[] =>
      lines
        .filter(({ reportedSec, endSec }) => reportedSec < heardSec - 3 && endSec < heardSec - 3)
        .map((cue) => cue.onsetSec);
    const told = toldBefore(await listen([path]));
    expect(told).toEqual(toldBefore(cues));
  });

  it("hears the same in a file, a piped WAV, raw PCM on standard input and on a FIFO", async () => {
    const rate = String(rateOf(EXAMPLE));
    expect(await listen(["-"], readFileSync(EXAMPLE))).toEqual(cues);
    expect(await listen(["-", "--format", "s16le", "--rate", rate], rawOf(EXAMPLE))).toEqual(cues);
    const fifo = join(folder, "fifo");
    const raw = join(folder, "raw");
    writeFileSync(raw, rawOf(EXAMPLE));
    spawnSync("mkfifo", [fifo]);
    const writer = spawn("sh", ["-c", 'cat "$0" > "$1"', raw, fifo]);
    const written = new Promise((resolve) => writer.once("close", resolve));
    expect(await listen([fifo, "--format", "s16le", "--rate", rate])).toEqual(cues);
    expect(await written).toBe(0);
  });

  it("hears all channels, or the one that is named, and names the file where there are several", async () => {
    const mono = rawOf(EXAMPLE);
    const stereo = Buffer.alloc(mono.length * 2);
    for (let i = 0; i < mono.length; i += 2) mono.copy(stereo, i * 2 + 2, i, i + 2);
    const path = join(folder, "stereo.wav");
    writeFileSync(path, riff([fmt({ rate: rateOf(EXAMPLE), channels: 2 }), chunk("data", stereo)]));
    const onlyRight = cues.map((cue) => ({ ...cue, channel: 1 }));
    expect(await listen([path])).toEqual(onlyRight);
    expect(await listen([path, "--channel", "1"])).toEqual(onlyRight);
    expect(await listen([path, "--channel", "0"])).toEqual([]);
    const several = await listen([path, EXAMPLE]);
    expect([...new Set(several.map(({ file }) => file))]).toEqual(cues.length > 0 ? [path, EXAMPLE] : []);
  });

  it("writes a clip of each cue, a second around it", async () => {
    const clips = join(folder, "clips");
    await listen([EXAMPLE, "--clips", clips]);
    const files = readdirSync(clips);
    expect(files.length).toBe(cues.length);
    for (const cue of cues) {
      const name = files.find((file) => {
        const [, onset, kind] = /-ch0-(\d{5}\.\d{3})s-(\w+)\.wav$/.exec(file) ?? [];
        return kind === cue.kind && Math.abs(Number(onset) - cue.onsetSec) < 0.002;
      });
      expect(name).toBeDefined();
      const { sampleRate, channelData } = wav.decode(Uint8Array.from(readFileSync(join(clips, name ?? ""))));
      const lengthSec = (channelData[0]?.length ?? 0) / sampleRate;
      const wantedSec = Math.min(cue.endSec - cue.onsetSec, 10) + 1 + Math.min(1, cue.onsetSec);
      expect(Math.abs(lengthSec - wantedSec)).toBeLessThan(1.01);
    }
  });

  it("shows people a table", async () => {
    const { code, stdout } = await runTouchline(["listen", EXAMPLE, "--kinds", "whistle"]);
    expect([code, stdout.includes("onset") || stdout.includes("no cues heard")]).toEqual([0, true]);
  });

  it("draws a PNG beside its table, and leaves nothing else in the folder", async () => {
    const path = join(folder, "plots");
    mkdirSync(path);
    const { code, stdout } = await runTouchline(["listen", EXAMPLE, "--plot", join(path, "cues.png")]);
    expect([code, stdout.includes("whistle")]).toEqual([0, true]);
    expect(readdirSync(path)).toEqual(["cues.png"]);
    const png = readFileSync(join(path, "cues.png"));
    expect(png.toString("latin1", 1, 4)).toBe("PNG");
    expect([png.readUInt32BE(16) > 1000, png.readUInt32BE(20) > 400]).toEqual([true, true]);
  });

  it("draws in the terminal, and hears a part as it hears the whole", async () => {
    const args = ["--from", "4", "--to", "0:09", "--kinds", "whistle"];
    const inPart = cues.filter(({ kind, onsetSec }) => kind === "whistle" && onsetSec >= 4 && onsetSec < 9);
    expect(inPart.length).toBeGreaterThan(0);
    expect(await listen([EXAMPLE, ...args])).toEqual(inPart);
    const { code, stdout } = await runTouchline(["listen", EXAMPLE, ...args, "--plot", "-"]);
    expect([code, stdout.includes("\u2580"), stdout.includes(`W whistle ${inPart.length}`)]).toEqual([0, true, true]);
  });

  it("says before it hears that a picture cannot be written, and keeps the one that is there when the sound fails", async () => {
    for (const target of [join(folder, "none", "a.png"), folder]) {
      const { code, stdout, stderr } = await runTouchline(["listen", EXAMPLE, "--plot", target]);
      expect([code, stdout, stderr.includes(`cannot write ${target}`)]).toEqual([69, "", true]);
    }
    const kept = join(folder, "kept.png");
    writeFileSync(kept, "older");
    const { code } = await runTouchline(["listen", EXAMPLE, "--channel", "7", "--plot", kept]);
    expect([code, readFileSync(kept, "utf8"), readdirSync(folder).filter((name) => name.endsWith(".part"))]).toEqual([
      64,
      "older",
      [],
    ]);
  });

  it.each([
    ["--json", "--plot", "-"],
    [EXAMPLE, "--plot", "two.png"],
    ["--from", "9", "--to", "4"],
    ["--from", "noon"],
  ])("refuses what does not go together: %s %s %s", async (...args) => {
    expect((await runTouchline(["listen", EXAMPLE, ...args])).code).toBe(64);
  });

  it("tells people line by line what it hears in a stream, and ends in order with Ctrl-C", async () => {
    const child = spawn(process.execPath, [CLI, "listen", "-"], { stdio: ["pipe", "pipe", "pipe"] });
    let stdout = "";
    child.stdout.on("data", (text: Buffer) => {
      stdout += text.toString();
    });
    const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
    child.stdin.on("error", () => undefined); // it may leave before all is written
    const head = riff([fmt({ rate: rateOf(EXAMPLE) }), chunk("data", Buffer.alloc(0), { size: 0xffff_ffff })]);
    child.stdin.write(Buffer.concat([head, rawOf(EXAMPLE)]));
    await eventually("a line for a person", async () => (stdout.includes("whistle") ? true : null));
    child.kill("SIGINT");
    expect(await closed).toBe(0);
    expect(stdout).toMatch(/^ +\d+:\d\d\.\d{3} {2}whistle /);
  });

  it.each([
    ["a file that is not there", ["none.wav"], 69, "cannot read none.wav"],
    ["no audio", [join(PACKAGE_ROOT, "package.json")], 1, "not a WAV file"],
    ["no file", [], 64, "missing required argument"],
    ["a channel it has not", [EXAMPLE, "--channel", "9"], 64, "no channel 9"],
    ["a wrong channel", [EXAMPLE, "--channel", "left"], 64, "whole number"],
    ["a kind that is none", [EXAMPLE, "--kinds", "whistle,bell"], 64, '"bell" is none of'],
    ["raw PCM without its format", ["-"], 64, "--format"],
  ])("leaves with a code and a next step: %s", async (_name, args, code, part) => {
    const finished = await runTouchline(["listen", ...args, "--json"], Buffer.alloc(1000, 1));
    expect([finished.code, finished.stdout]).toEqual([code, ""]);
    expect(finished.stderr).toContain(part);
  });

  it("goes on with the other files when one fails, and fails in the end", async () => {
    const { code, stdout } = await runTouchline(["listen", "none.wav", EXAMPLE, "--json"]);
    expect([code, stdout.split("\n").length - 1]).toEqual([69, cues.length]);
  });

  it("warns of a damaged file on stderr and hears what is there", async () => {
    const path = join(folder, "cut.wav");
    writeFileSync(path, readFileSync(EXAMPLE).subarray(0, -40_001));
    const { code, stderr } = await runTouchline(["listen", path, "--json"]);
    expect(code).toBe(0);
    expect(stderr).toContain("(truncated)");
    expect(stderr).toContain("(partialFrame)");
  });

  it("ends quietly when its reader goes away", async () => {
    const script = 'i=0; while [ $i -lt 40 ]; do cat "$2"; i=$((i+1)); done | "$0" "$1" listen - --format s16le --json';
    const raw = join(folder, "again.raw");
    writeFileSync(raw, rawOf(EXAMPLE));
    const child = spawn("sh", ["-c", `${script} | head -n 1; exit 0`, process.execPath, CLI, raw]);
    let stderr = "";
    child.stderr.on("data", (text: Buffer) => {
      stderr += text.toString();
    });
    await new Promise((resolve) => child.once("close", resolve));
    expect(stderr.replace(/^cat:.*\n/gm, "")).toBe("");
  });

  it.skipIf(!hasFfmpeg).each(["flac", "mp3"])(withFfmpeg("hears a %s as it hears the WAV"), async (ending) => {
    const path = join(folder, `example.${ending}`);
    spawnSync("ffmpeg", ["-v", "error", "-i", EXAMPLE, path]);
    const heard = await listen([path]);
    if (ending === "flac") expect(heard).toEqual(cues);
    else expect(Math.abs(heard.length - cues.length)).toBeLessThanOrEqual(1);
  });

  it("stays under 200 MB for half an hour of sound", async () => {
    const path = join(folder, "long.wav");
    writeNoise(path, 30 * 60, 1);
    const probe = `import("${CLI}").then(() => process.stderr.write("rss " + process.resourceUsage().maxRSS))`;
    const measure = (file: string) =>
      new Promise<{ code: number | null; rssKb: number }>((resolve) => {
        const args = ["--input-type=module", "-e", probe, "--", "listen", file, "--json"];
        const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
        let stderr = "";
        child.stderr.on("data", (text: Buffer) => {
          stderr += text.toString();
        });
        child.once("close", (code) => resolve({ code, rssKb: Number(/rss (\d+)/.exec(stderr)?.[1]) }));
      });
    const { code, rssKb } = await measure(path);
    expect(code).toBe(0);
    expect(rssKb).toBeGreaterThan(10_000);
    expect(rssKb).toBeLessThan(200 * 1024);
    rmSync(path);
  }, 180_000);
});

function rateOf(path: string): number {
  const bytes = readFileSync(path);
  return bytes.readUInt32LE(bytes.indexOf("fmt ") + 12);
}

function writeNoise(path: string, seconds: number, channels: number): void {
  const rate = 48_000;
  let seed = 1;
  const second = ints(
    Array.from({ length: rate * channels }, () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return (seed >> 16) % 3000;
    }),
    2,
  );
  const fd = openSync(path, "w");
  const head = riff([fmt({ rate, channels }), chunk("data", Buffer.alloc(0), { size: second.length * seconds })]);
  writeSync(fd, head);
  for (let i = 0; i < seconds; i++) writeSync(fd, second);
  closeSync(fd);
}
