import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { PACKAGE_ROOT } from "../../../daemon/package-files.js";
import { publishedSchemas } from "../../../daemon/publish-schemas.js";
import {
  cueDraft,
  eventDraft,
  RECORD_KINDS,
  type RecordDraft,
  type RecordKind,
  type SoundedCue,
  toEnvelope,
  tombstoneData,
  validateData,
  validateRecord,
  withSequence,
} from "../../../daemon/records/index.js";
import { addSeconds, type EventRevision, formatRfc3339, type UnixMicros } from "../../../sync/index.js";

const AT = 1_778_956_200_123_456 as UnixMicros;
const NOW = addSeconds(AT, 2);
const time = (seconds: number) => formatRfc3339(addSeconds(AT, seconds));

const REVISION: EventRevision = {
  eventId: "scout/17",
  revision: 2,
  occurrenceId: "o-17",
  session: "cup-final",
  input: { id: "17", logger: "scout", class: "foul", period: 1, team: "home", odd: { kept: true } },
  class: "foul",
  period: "1",
  state: "confirmed",
  anchor: "whistle",
  flags: [],
  corrected: { time: AT, intervals: [{ p: 0.95, lo: addSeconds(AT, -0.1), hi: addSeconds(AT, 0.1) }], notBefore: AT },
  shiftSec: -1.900_000_04,
  confidence: 0.97,
  cues: ["c-1"],
  alternatives: [{ time: addSeconds(AT, 4), p: 0.02 }],
  sources: [],
  clock: { logger: "scout", offsetSec: 0.31, driftPpm: -3, version: 4, persona: "live" },
  utcUncertaintySec: 0.001,
  finalBy: addSeconds(AT, 60),
  reason: { code: "linkedWhistle", params: { cueId: "c-1", count: 1 } },
};

const CUE: SoundedCue = {
  cueId: "c-1",
  kind: "whistle",
  onset: AT,
  end: addSeconds(AT, 0.6),
  onsetSdSec: 0.012,
  score: 0.97,
  count: 1,
  channel: "pitch.0",
  reported: addSeconds(AT, 0.5),
  isFinal: true,
  levelDb: -31.234,
  tonesHz: [3812.34, 3950],
  reference: "microphone",
  flags: [],
};

/** The design's example of each kind, as its maker would write it. */
const DATA: Record<Exclude<RecordKind, "event" | "cue">, Record<string, unknown>> = {
  session: {
    session: "cup-final",
    sport: "football",
    state: "running",
    scheduledStart: time(0),
    channels: ["pitch"],
    periods: [{ period: 1, start: time(0), startAnchor: "whistle" }],
    matchClock: [{ period: 1, zero: time(0), startsAtSec: 0 }],
    loggers: [{ logger: "scout", offsetSec: 0.3 }],
  },
  moment: {
    momentId: "m-1",
    in: time(-10),
    out: time(20),
    interest: 0.8,
    parts: { crowd: 0.6, event: 0.9 },
    reasons: [{ code: "goal", params: { team: "home" } }],
    events: ["scout/17"],
    cues: ["c-1"],
  },
  fuel: {
    car: "07",
    window: { from: time(-5), to: time(0) },
    fuelKgTotal: 12.4,
    fuelKgTotalSd: 0.2,
    mpg: 4.6,
    trend: "saving",
    densityKgPerL: 0.747,
    rebased: true,
  },
  timecode: {
    generator: "truck/timecode",
    feed: "truck",
    form: "timecode",
    offsetSec: 0.04,
    offsetSdSec: 0.2,
    driftPpm: 1.2,
    driftSdPpm: 8,
    rate: "25",
    segment: { number: 2, from: time(0), to: null, jumpSec: -12.04 },
    diagnosis: "jumped",
    pairs: 3,
    outliers: 0,
  },
  health: {
    state: "ok",
    live: true,
    ready: true,
    versions: { touchline: "0.1.0" },
    configHash: "0123456789abcdef",
    uptimeSec: 10,
    sessions: [{ session: "cup-final", sport: "football", state: "running" }],
    inputs: [],
    clock: { source: "none", synchronised: null, utcUncertaintySec: null },
    store: { epoch: "e1", records: 4, depth: 0, databaseBytes: 4096, walBytes: 0, lastCommit: time(0) },
    outputs: [
      {
        name: "cloud",
        type: "jetstream",
        state: "up",
        since: time(0),
        detail: null,
        lastAcknowledgement: null,
        backlog: 0,
      },
    ],
    alarms: [],
  },
  gap: {
    what: "records",
    count: 12,
    reason: "tooOld",
    output: "cloud",
    lane: "analysis",
    fromSequence: 3,
    toSequence: 14,
  },
};

const SUBJECTS: Partial<Record<RecordKind, string>> = {
  session: "cup-final",
  moment: "m-1",
  timecode: "truck/timecode",
};

function draftOf(kind: RecordKind): RecordDraft {
  if (kind === "event") return eventDraft(REVISION, "home", NOW);
  if (kind === "cue") return cueDraft(CUE, "cup-final", NOW);
  const subject = SUBJECTS[kind] ?? "s";
  return { kind, session: "cup-final", subject, class: "_", key: "_", time: AT, recordedAt: NOW, data: DATA[kind] };
}

function recordOf(draft: RecordDraft): Record<string, unknown> {
  return { ...withSequence(toEnvelope(draft, { venue: "arena", box: "a" }, "e1", 7), 3) };
}

describe("a record", () => {
  it.each(RECORD_KINDS)("of kind %s as the design describes it is valid", (kind) => {
    expect(validateRecord(recordOf(draftOf(kind)))).toEqual([]);
  });

  it.each(RECORD_KINDS)("of kind %s may carry fields and words that nobody knows yet", (kind) => {
    const draft = draftOf(kind);
    const words = kind === "event" ? { anchor: "drone", state: "disputed" } : {};
    expect(validateRecord(recordOf({ ...draft, data: { ...draft.data, ...words, later: { a: [1] } } }))).toEqual([]);
  });

  it.each(RECORD_KINDS)("of kind %s may be a tombstone", (kind) => {
    expect(validateRecord(recordOf({ ...draftOf(kind), data: tombstoneData("damaged") }))).toEqual([]);
  });

  it.each(RECORD_KINDS)("of kind %s lacks nothing without being told of", (kind) => {
    const { data } = draftOf(kind);
    const complaints = Object.keys(data).map((key) => {
      const { [key]: _, ...rest } = data;
      return validateData(kind, rest);
    });
    expect(complaints.some((complaint) => complaint.some((line) => line.endsWith("is missing")))).toBe(true);
  });

  const event = draftOf("event");
  it.each<[string, Record<string, unknown>, string]>([
    ["a time without microseconds", { finalBy: "2026-05-16T18:30:00Z" }, "data.finalBy: must match"],
    ["a day that does not exist", { finalBy: "2026-02-30T18:30:00.000000Z" }, "data.finalBy: must be a time"],
    ["a confidence above 1", { confidence: 1.2 }, "data.confidence: must be at most 1 (got 1.2)"],
    ["a number that is none", { shiftSec: null }, "data.shiftSec: must be a number (got nothing)"],
    ["revision 0", { revision: 0 }, "data.revision: must be at least 1 (got 0)"],
    ["an id that is a number", { eventId: 17 }, "data.eventId: must be text (got 17)"],
    ["another event's data", { eventId: "scout/18" }, "subject: is not data.eventId"],
    [
      "an interval beside the time",
      { corrected: { ...(event.data.corrected as object), intervals: [{ p: 0.95, lo: time(1), hi: time(2) }] } },
      "data.corrected.intervals[0]: does not hold the time",
    ],
  ])("is refused with %s", (_name, wrong, expected) => {
    const complaints = validateRecord(recordOf({ ...event, data: { ...event.data, ...wrong } }));
    expect(complaints.join("\n")).toContain(expected);
  });

  it.each([
    [{ sequence: "3" }, "sequence: must match"],
    [{ lane: "bulk" }, "lane: event goes by live, not bulk"],
    [{ type: "touchline.goal.v1" }, "type: no kind of record"],
    [{ time: time(1) }, "time: is not data.corrected.time"],
    [{ id: "a.7" }, "id: must match"],
    [{ dataschema: "/schemas/cue.v1.schema.json" }, "dataschema: is not that of event"],
  ])("is refused with the envelope %o", (wrong, expected) => {
    expect(validateRecord({ ...recordOf(event), ...wrong }).join("\n")).toContain(expected);
  });

  it.each([null, [], "x", 3, {}])("that is %o is refused without an exception", (value) => {
    expect(validateRecord(value).length).toBeGreaterThan(0);
  });
});

describe("an event record", () => {
  it("is addressed by class and team, and stands at the corrected time", () => {
    expect(draftOf("event")).toMatchObject({
      subject: "scout/17",
      class: "foul",
      key: "home",
      time: AT,
      recordedAt: NOW,
    });
    expect(eventDraft({ ...REVISION, class: "" }, null, NOW)).toMatchObject({ class: "_", key: "_" });
  });

  it("keeps the message whole and the period as it came", () => {
    expect(draftOf("event").data).toMatchObject({ input: REVISION.input, period: 1 });
    expect(eventDraft({ ...REVISION, input: { period: "1" } }, null, NOW).data.period).toBe("1");
    expect(eventDraft({ ...REVISION, input: {}, period: null }, null, NOW).data.period).toBeNull();
  });

  it("writes times with microseconds and seconds without noise", () => {
    expect(draftOf("event").data).toMatchObject({ corrected: { time: "2026-05-16T18:30:00.123456Z" }, shiftSec: -1.9 });
  });

  it("has a reason only where there is one", () => {
    expect(draftOf("event").data.reason).toEqual(REVISION.reason);
    expect("reason" in eventDraft({ ...REVISION, reason: null }, null, NOW).data).toBe(false);
  });
});

describe("a cue record", () => {
  it("is told as it begins and at its end under one subject", () => {
    const begun = cueDraft({ ...CUE, isFinal: false, end: null }, "cup-final", NOW);
    expect([begun.data.state, begun.data.end, begun.subject]).toEqual(["provisional", null, "c-1"]);
    expect(validateRecord(recordOf(begun))).toEqual([]);
    expect(draftOf("cue")).toMatchObject({ class: "whistle", key: "pitch.0", data: { state: "final" } });
  });

  it("says when a hint from the log helped, and leaves out tones where there are none", () => {
    expect(cueDraft({ ...CUE, primed: true }, "s", NOW).data.primed).toBe(true);
    const roar = cueDraft({ ...CUE, kind: "roar", tonesHz: [] }, "s", NOW).data;
    expect("tonesHz" in roar || "primed" in roar).toBe(false);
  });
});

describe("the published schemas", () => {
  it.each([...publishedSchemas().keys()])("%s is what the code says now (else: npm run generate)", (path) => {
    expect(readFileSync(join(PACKAGE_ROOT, path), "utf8")).toBe(publishedSchemas().get(path));
  });

  it.each(RECORD_KINDS)("accept data of kind %s and its tombstone, in a validator that knows nothing of us", (kind) => {
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
    ajv.addFormat("date-time", (text: string) => Number.isFinite(Date.parse(text)));
    const path = join(PACKAGE_ROOT, `config/schema/records/${kind}.v1.schema.json`);
    const validate = ajv.compile(JSON.parse(readFileSync(path, "utf8")) as object);
    expect([draftOf(kind).data, tombstoneData("tooLarge"), {}].map((data) => validate(data))).toEqual([
      true,
      true,
      false,
    ]);
  });
});
