import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { correctedMedia, type EventRevision, parseRfc3339, type UnixMicros } from "../../../sync/index.js";

const AT = parseRfc3339("2026-05-16T18:30:00Z") as UnixMicros;

/** An event whose stamp was moved by `shiftSec`, of a logger whose clock is `offsetSec` ahead. */
function revision(
  media: unknown,
  shiftSec: number,
  offsetSec: number | null,
  input: Record<string, unknown> = { stamp: "2026-05-16T18:30:00Z" },
  flags: readonly string[] = [],
): EventRevision {
  return {
    eventId: "scout/1",
    revision: 1,
    occurrenceId: "scout/1",
    session: "cup",
    input: { ...input, media },
    class: "goal",
    period: "1",
    state: "confirmed",
    anchor: "whistle",
    flags,
    corrected: { time: AT, intervals: [], notBefore: AT },
    shiftSec,
    confidence: 1,
    cues: [],
    alternatives: [],
    sources: [],
    clock: offsetSec === null ? null : { logger: "scout", offsetSec, driftPpm: 0, version: 1, persona: "live" },
    utcUncertaintySec: 0,
    finalBy: AT,
    reason: null,
  };
}

const feed = "main";

describe("correctedMedia", () => {
  it.each([
    ["25", "10:00:02:00", "10:00:00:12"],
    ["29.97", "10:00:02:00", "10:00:00:15"],
    ["29.97", "10:01:00;02", "10:00:58;15"],
    ["59.94", "00:00:01;00", "23:59:59;30"],
    ["50", "00:00:00:00", "23:59:58:25"],
  ])("moves a timecode at %s from %s to %s with a lag of 1.5 s", (rate, timecode, expected) => {
    const [moved] = correctedMedia(revision([{ feed, timecode, rate }], -1.5, 0));
    expect(moved).toMatchObject({ feed, timecode: expected, rate, movedSec: -1.5, flags: [] });
  });

  it("moves presentation and programme time by the same time", () => {
    const media = [{ feed, pts: 3600.25, programDateTime: "2026-05-16T20:30:00.000+02:00" }];
    expect(correctedMedia(revision(media, -1.5, 0))).toEqual([
      { feed, pts: 3598.75, programDateTime: "2026-05-16T18:29:58.500000Z", movedSec: -1.5, flags: [] },
    ]);
  });

  it("takes only the human's lag off a feed's stamp, not the error of the logger's clock", () => {
    const [moved] = correctedMedia(revision([{ feed, timecode: "10:00:02:00", rate: 25 }], -31.5, 30));
    expect(moved).toMatchObject({ timecode: "10:00:00:12", movedSec: -1.5 });
  });

  it("counts from the arrival where the stamp was none: then no clock is in the shift", () => {
    const media = [{ feed, pts: 100 }];
    expect(correctedMedia(revision(media, -2, 30, {}))[0]?.pts).toBe(98);
    expect(correctedMedia(revision(media, -2, 30, { stamp: "1970-01-01" }, ["impossibleStamp"]))[0]?.pts).toBe(98);
  });

  it("keeps what it cannot read as it came, and says so", () => {
    const media = [
      { feed: "a", timecode: "10:00:02:00" },
      { feed: "b", timecode: "10:00:00:29", rate: 25 },
      { feed: "c", timecode: "frame 7", rate: "25" },
      { feed: "d", programDateTime: "at noon" },
    ];
    const moved = correctedMedia(revision(media, -1, 0));
    expect(moved.map(({ timecode, programDateTime }) => timecode ?? programDateTime)).toEqual([
      "10:00:02:00",
      "10:00:00:29",
      "frame 7",
      "at noon",
    ]);
    expect(moved.flatMap(({ flags }) => flags)).toEqual([
      "timecodeUnread",
      "timecodeUnread",
      "timecodeUnread",
      "programDateTimeUnread",
    ]);
  });

  it("marks what was moved by a stamp that contradicts its arrival", () => {
    const [moved] = correctedMedia(revision([{ feed, pts: 5 }], -60, 0, undefined, ["conflict"]));
    expect(moved?.flags).toEqual(["stampConflict"]);
  });

  it("leaves an event without feeds alone, and takes anything for media", () => {
    expect(correctedMedia(revision(undefined, -1, 0))).toEqual([]);
    fc.assert(
      fc.property(fc.anything(), fc.double(), fc.option(fc.double()), (media, shiftSec, offsetSec) => {
        for (const value of [media, [media], [{ feed, timecode: media, pts: media, rate: media }]]) {
          for (const moved of correctedMedia(revision(value, shiftSec, offsetSec))) {
            expect(Number.isFinite(moved.movedSec)).toBe(true);
          }
        }
      }),
    );
  });
});
