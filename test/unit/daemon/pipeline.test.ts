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
      inputs.push([{ type: "tick" }, 30 * index + 4]);
    }
    const whole = pipelineOf([spec("cup")]);
    const expected = inputs.flatMap(([input, time]) => whole.push(input, at(time)));

    let running = pipelineOf([spec("cup")]);
    const snapshots = new Map<string, ReturnType<Pipeline["takeSnapshots"]>[number]>();
    const actual = inputs.flatMap(([input, time]) => {
      const drafts = running.push(input, at(time));
      for (const snapshot of running.takeSnapshots()) snapshots.set(snapshot.core, snapshot);
      running = pipelineOf([spec("cup")]);
      expect(running.restore([...snapshots.values()])).toEqual([]);
      return drafts;
    });
    expect(actual).toEqual(expected);
  });
});
