import { describe, expect, it } from "vitest";
import { parseVenueConfig, type VenueConfig } from "../../../config/index.js";
import { toAudioSpec } from "../../../daemon/audio-wiring.js";
import { lostDraft, routesOf } from "../../../daemon/outputs-wiring.js";
import { toEnvelope, validateRecord, withSequence } from "../../../daemon/records/index.js";
import { defaultSessionOf, sessionsOf } from "../../../daemon/session-wiring.js";
import type { UnixMicros } from "../../../sync/index.js";

function configOf(text: string): VenueConfig {
  const result = parseVenueConfig(Buffer.from(`venue: arena\n${text}`), "/etc/venue.yaml", {});
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}

describe("the configuration, wired", () => {
  it("gives every output its own route, and the live feed all records", () => {
    const config = configOf(
      "outputs: [ { name: partner, type: file, path: o.jsonl, only: { kinds: [event], classes: [goal] } } ]",
    );
    expect(routesOf(config, true)).toEqual([
      { output: "live-feed", kinds: null, classes: null },
      { output: "recording", kinds: null, classes: null },
      {
        output: "partner",
        kinds: ["event"],
        classes: ["goal"],
        teams: null,
        cars: null,
        sessions: null,
        minInterest: null,
        maxLagMs: null,
      },
    ]);
  });

  it.each([
    ["teams: [home]", ["event"]],
    ["teams: [home], minInterest: 0.5", ["event", "moment"]],
    ["cars: ['44']", ["fuel"]],
    ["sessions: [cup]", ["session", "event", "cue", "moment", "fuel", "timecode"]],
    ["kinds: [session, event], teams: [home]", ["session", "event"]],
    ["classes: [goal]", null],
  ])("takes { %s } for the kinds it speaks of", (only, kinds) => {
    const config = configOf(`outputs: [ { name: x, type: file, path: o.jsonl, only: { ${only} } } ]`);
    expect(routesOf(config, false).at(-1)?.kinds).toEqual(kinds);
  });

  it("takes a message that names no session for the first declared one, else for the whole venue", () => {
    const declared = configOf("sessions: [ { session: cup, sport: football, scheduledStart: 2026-05-16T18:30:00Z } ]");
    expect(defaultSessionOf(declared)).toEqual(sessionsOf(declared)[0]);
    expect(defaultSessionOf(configOf(""))).toMatchObject({ session: "default", channels: null });
  });

  it("opens each kind of audio input as what it is", () => {
    const config = configOf(`inputs:
  audio:
    - { name: a, file: a.wav, pathDelayMs: 40 }
    - { name: b, stdin: true, format: s24le, channels: 2 }
    - { name: c, fifo: /run/c }
    - { name: d, url: "srt://10.0.0.5:9000", startTime: 2026-05-16T18:30:00Z }`);
    const specs = config.inputs.audio.map((input) => toAudioSpec(input, null));
    expect(specs.map(({ source }) => source)).toEqual([
      { type: "wav", path: "/etc/a.wav" },
      { type: "pcm", from: "stdin", format: "s24le", sampleRate: 48_000, channels: 2 },
      { type: "pcm", from: { fifo: "/run/c" }, format: "s16le", sampleRate: 48_000, channels: 1 },
      { type: "ffmpeg", url: "srt://10.0.0.5:9000" },
    ]);
    expect(specs[0]).toMatchObject({ pathDelayMs: 40, pace: "realtime", startTime: null });
    expect(specs[3]?.startTime).toBe(Date.UTC(2026, 4, 16, 18, 30) * 1000);
  });

  it("tells records that a destination lost as a gap that fits its schema", () => {
    const box = { venue: "arena", box: "a" };
    const draft = lostDraft(
      { output: "cloud", lane: "live", from: 3, to: 7 },
      box,
      1_780_000_000_000_000 as UnixMicros,
    );
    expect(draft.data).toMatchObject({ count: 5, fromSequence: 3, toSequence: 7 });
    expect(validateRecord(withSequence(toEnvelope(draft, box, "e", 1), 1))).toEqual([]);
  });
});
