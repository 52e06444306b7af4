import { describe, expect, it } from "vitest";
import { Pipeline } from "../../../daemon/pipeline.js";
import { toPipelineInput } from "../../../daemon/read-message.js";
import { type RecordDraft, toEnvelope, validateRecord, withSequence } from "../../../daemon/records/index.js";
import type { SessionSpec } from "../../../daemon/session-cores.js";
import { profileOf } from "../../../daemon/sport-profiles.js";
import type { Cue } from "../../../dsp/index.js";
import type { UnixMicros } from "../../../sync/index.js";

const START = (Date.UTC(2026, 4, 16, 18, 30) * 1000) as UnixMicros;
const at = (seconds: number) => (START + seconds * 1e6) as UnixMicros;
const stamp = (seconds: number) => new Date((START + seconds * 1e6) / 1000).toISOString();
const spec = (session: string, channels: readonly string[] | null = null): SessionSpec => ({
  session,
  sport: "football",
  name: null,
  scheduledStart: START,
  scheduledEnd: null,
  channels,
});

function pipelineOf(sessions: readonly SessionSpec[], maxSessions = 8): Pipeline {
  const defaultSession = sessions[0] ?? spec("default");
  return new Pipeline({ sessions, defaultSession, profileOf, utcUncertaintySec: 0.02, maxSessions });
}

/** A whistle on a 1 kHz sample clock that begins at START. */
function whistle(channel: string, onsetSec: number, isFinal = true): Parameters<Pipeline["push"]>[0] {
  const cue: Cue = {
    key: `w${onsetSec}`,
    kind: "whistle",
    onset: onsetSec * 1000,
    end: isFinal ? onsetSec * 1000 + 400 : null,
    onsetSdSec: 0.01,
    score: 0.95,
    count: 1,
    levelDb: -20,
    tonesHz: [3900],
    reported: onsetSec * 1000 + 150,
    isFinal,
    flags: [],
  };
  return {
    type: "cue",
    cue,
    timing: { channel, clock: { anchorSample: 0, anchorTime: START, rateHz: 1000 }, pathDelayMs: 0 },
  };
}

const level = (channel: string, sec: number, riseDb: number): Parameters<Pipeline["push"]>[0] => ({
  type: "level",
  level: { channel, at: at(sec), rmsDb: -30 + riseDb, crowdRiseDb: riseDb, excitement: 0 },
});

const log = (fields: Record<string, unknown>, arrivalSec: number) =>
  toPipelineInput("log", { logger: "scout", class: "foul", ...fields }, at(arrivalSec), "cup") as Parameters<
    Pipeline["push"]
  >[0];
const ofKind = (drafts: readonly RecordDraft[], kind: string) => drafts.filter((draft) => draft.kind === kind);

describe("Pipeline", () => {
  it("tells a session before its first event, and every record fits its schema", () => {
    const pipeline = pipelineOf([spec("cup")]);
    const drafts = [
      ...pipeline.open(at(0)),
      ...pipeline.push(whistle("ambience", 10), at(10.2)),
      ...pipeline.push(log({ id: "1", stamp: stamp(12), team: "home" }, 12.3), at(12.3)),
      ...pipeline.push({ type: "tick" }, at(13.3)),
      ...pipeline.push({ type: "endAll" }, at(100)),
    ];
    expect(drafts[0]?.kind).toBe("session");
    drafts.forEach((draft, index) => {
      const record = withSequence(toEnvelope(draft, { venue: "v", box: "a" }, "e1", index + 1), index + 1);
      expect({ kind: draft.kind, problems: validateRecord(record) }).toEqual({ kind: draft.kind, problems: [] });
    });
    expect(ofKind(drafts, "event").at(-1)?.data.state).toBe("final");
    expect(ofKind(drafts, "session").at(-1)?.data.state).toBe("ended");
  });

  it("gives the provisional and the final telling of a cue one id", () => {
    const pipeline = pipelineOf([spec("cup")]);
    const drafts = [
      ...pipeline.push(whistle("ambience", 10, false), at(10.2)),
      ...pipeline.push(whistle("ambience", 10, true), at(10.5)),
    ];
    const cues = ofKind(drafts, "cue");
    expect(cues.map(({ data }) => data.state)).toEqual(["provisional", "final"]);
    expect(new Set(cues.map(({ subject }) => subject)).size).toBe(1);
  });

  it("hears a channel only in the sessions it belongs to", () => {
    const pipeline = pipelineOf([spec("east", ["mic-e"]), spec("west", ["mic-w"])]);
    const drafts = pipeline.push(whistle("mic-w", 5), at(5.2));
    expect(ofKind(drafts, "cue").map(({ session }) => session)).toEqual(["west"]);
  });

  it("keeps events of a session nobody announced, and moves none of them by another session's whistles", () => {
    const pipeline = pipelineOf([spec("cup")]);
    pipeline.push(whistle("ambience", 10), at(10.2));
    const drafts = pipeline.push(log({ id: "1", session: "unheard-of", stamp: stamp(12) }, 12.3), at(12.3));
    const [event] = ofKind(drafts, "event");
    expect(event?.session).toBe("unheard-of");
    expect(event?.data).toMatchObject({ anchor: "none", shiftSec: 0 });
  });

  it("tells moments of the crowd's levels and the log, each of which fits its schema, and not for levels alone", () => {
    const pipeline = pipelineOf([spec("cup", ["mic"])]);
    const quiet = Array.from({ length: 60 }, (_, sec) => pipeline.push(level("mic", sec, 0), at(sec))).flat();
    expect({ quiet, snapshots: pipeline.takeSnapshots(at(60)) }).toEqual({ quiet: [], snapshots: [] });
    for (let sec = 60; sec < 75; sec++) pipeline.push(level("other", sec, 12), at(sec));
    const drafts: RecordDraft[] = [];
    for (let sec = 60; sec < 80; sec++) drafts.push(...pipeline.push(level("mic", sec, sec < 75 ? 12 : 0), at(sec)));
    drafts.push(...pipeline.push(log({ id: "1", class: "goal", stamp: stamp(61) }, 81), at(81)));
    drafts.push(...pipeline.push({ type: "tick" }, at(83)), ...pipeline.push({ type: "endAll" }, at(120)));
    const moments = ofKind(drafts, "moment");
    expect(moments.at(-1)?.data).toMatchObject({ momentId: "cup-m1", state: "closed", events: ["scout/1"] });
    expect(moments.at(-1)?.data.parts).toMatchObject({ event: 0.8, cue: 0 });
    moments.forEach((draft, index) => {
      const record = withSequence(toEnvelope(draft, { venue: "v", box: "a" }, "e1", index + 1), index + 1);
      expect(validateRecord(record)).toEqual([]);
    });
  });

  it("puts an event's place in its feeds right, in a record that fits its schema", () => {
    const pipeline = pipelineOf([spec("cup")]);
    const media = [
      { feed: "main", timecode: "10:00:00;00", rate: "29.97" },
      { feed: "web", pts: 12.5, programDateTime: "2026-05-16T18:30:12.000Z" },
      { feed: "odd", timecode: "10:00:00:00" },
    ];
    const drafts = pipeline.push(log({ id: "1", stamp: stamp(12), media }, 12.3), at(12.3));
    const [event] = ofKind(drafts, "event");
    expect(event?.data).toHaveProperty("corrected.media", [
      { feed: "main", timecode: "10:00:00;00", rate: "29.97", movedSec: 0, flags: [] },
      { feed: "web", pts: 12.5, programDateTime: "2026-05-16T18:30:12.000000Z", movedSec: 0, flags: [] },
      { feed: "odd", timecode: "10:00:00:00", movedSec: 0, flags: ["timecodeUnread"] },
    ]);
    const record = withSequence(toEnvelope(event as RecordDraft, { venue: "v", box: "a" }, "e1", 1), 1);
    expect(validateRecord(record)).toEqual([]);
  });

  it("holds no more sessions than it may: events for one more go to the first", () => {
    const pipeline = pipelineOf([spec("cup")], 3);
    for (let index = 0; index < 20; index++) pipeline.push(log({ id: "1", session: `s${index}` }, index), at(index));
    expect(pipeline.sessions().length).toBe(3);
  });

  it("makes the same records whether or not it was restarted in between", () => {
    const inputs: [Parameters<Pipeline["push"]>[0], number][] = [];
    for (let index = 0; index < 12; index++) {
      inputs.push([whistle("ambience", 30 * index), 30 * index + 0.2]);
      inputs.push([log({ id: String(index), stamp: stamp(30 * index + 2) }, 30 * index + 2.3), 30 * index + 2.3]);
      inputs.push([
        log({ id: `g${index}`, class: "goal", stamp: stamp(30 * index + 3) }, 30 * index + 3.5),
        30 * index + 3.5,
      ]);
      inputs.push([{ type: "tick" }, 30 * index + 5]);
    }
    const whole = pipelineOf([spec("cup")]);
    const expected = inputs.flatMap(([input, time]) => whole.push(input, at(time)));

    let running = pipelineOf([spec("cup")]);
    const snapshots = new Map<string, ReturnType<Pipeline["takeSnapshots"]>[number]>();
    const actual = inputs.flatMap(([input, time]) => {
      const drafts = running.push(input, at(time));
      for (const snapshot of running.takeSnapshots(at(time))) snapshots.set(snapshot.core, snapshot);
      running = pipelineOf([spec("cup")]);
      expect(running.restore([...snapshots.values()])).toEqual([]);
      return drafts;
    });
    expect(actual).toEqual(expected);
  });
});
