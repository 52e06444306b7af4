import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import wav from "node-wav";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtThread } from "../../daemon/package-files.js";
import { replayRecording } from "../../daemon/replay.js";
import { addWhistle, crowd } from "../unit/dsp/sound.js";

const RATE = 16_000;
const isBuilt = existsSync(fileURLToPath(builtThread("daemon/inputs/audio/audio-thread.ts")));
const folder = mkdtempSync(join(tmpdir(), "touchline-venue-"));
const MICROPHONES = [
  { name: "north", position: [0, 38] },
  { name: "west", position: [-58, -20] },
  { name: "east", position: [58, -20] },
] as const;
const BLASTS = [
  { sec: 3.2, x: -30, y: 10 },
  { sec: 8.9, x: 20, y: -25 },
  { sec: 13.1, x: 5, y: 30 },
];
const START = "2026-05-16T18:30:00.000000Z";

/** What one microphone records, as a file of the recording. */
function writeChannel(name: string, [x, y]: readonly [number, number], seed: number): void {
  const sound = crowd(18, RATE, 0.006, seed);
  for (const [i, blast] of BLASTS.entries()) {
    const travelSec = Math.hypot(blast.x - x, blast.y - y) / 343;
    addWhistle(sound, RATE, { atSec: blast.sec + travelSec, lengthSec: 0.4, amplitude: 0.1, hz: 2900 + 60 * i });
  }
  writeFileSync(
    join(folder, "audio", `${name}.wav`),
    wav.encode([sound], { sampleRate: RATE, float: false, bitDepth: 16 }),
  );
}

async function replayed(name: string): Promise<string> {
  const path = join(folder, name);
  await replayRecording(folder, path);
  return readFileSync(path, "utf8");
}

describe("a recording of three placed microphones", () => {
  beforeAll(() => {
    mkdirSync(join(folder, "audio"));
    MICROPHONES.forEach(({ name, position }, i) => {
      writeChannel(name, position, 60 + i);
    });
    const channels = MICROPHONES.map(({ name, position }) =>
      [`  - name: ${name}`, `    startTime: ${START}`, "    pathDelayMs: 0", `    position: [${position}]`].join("\n"),
    );
    const session = `session: { session: cup, sport: football, scheduledStart: ${START} }`;
    writeFileSync(join(folder, "session.yaml"), ["venue: arena", session, "channels:", ...channels, ""].join("\n"));
    writeFileSync(join(folder, "log.jsonl"), "");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.skipIf(!isBuilt)(
    `${isBuilt ? "" : "skipped: build first: "}replays to one cue a whistle at its source, the same to the byte each time`,
    async () => {
      const first = await replayed("first.jsonl");
      expect(await replayed("second.jsonl")).toBe(first);
      const cues = first
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { type: string; time: string; data: Record<string, unknown> })
        .filter(({ type, data }) => type === "touchline.cue.v1" && data.kind === "whistle" && data.state === "final");
      expect(cues.length).toBe(BLASTS.length);
      cues.forEach(({ time, data }, i) => {
        expect(data).toMatchObject({ reference: "source", channels: ["east", "north", "west"] });
        const sec = (Date.parse(time) - Date.parse(START)) / 1000;
        expect(Math.abs(sec - (BLASTS[i]?.sec ?? 0))).toBeLessThan(0.03);
      });
    },
  );
});
