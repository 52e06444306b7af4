import { describe, expect, it } from "vitest";
import { spanOf, wordsOf } from "../../../../daemon/web/page/moment-words.js";

describe("wordsOf", () => {
  it("says each reason in words, each thing once, and an unknown code as it is", () => {
    const reasons = [
      { code: "eventLogged", params: { eventId: "a/1", class: "penalty_kick", team: "home" } },
      { code: "eventLogged", params: { eventId: "b/1", class: "penalty_kick", team: "home" } },
      { code: "eventLogged", params: { eventId: "a/2", class: "card" } },
      { code: "crowdLoud", params: { channel: "a", riseDb: 11.4, seconds: 24 } },
      { code: "roarHeard", params: { cueId: "c", seconds: 26.5 } },
      { code: "roarHeard", params: { cueId: "d", seconds: 8, character: "applause" } },
      { code: "roarHeard", params: { cueId: "e", seconds: 9, character: "something new" } },
      { code: "constructor", params: {} },
    ];
    expect(wordsOf(reasons)).toBe(
      "penalty kick (home), card, crowd 11.4 dB up for 24 s, roar of 26.5 s, applause of 8 s, roar of 9 s, constructor",
    );
  });

  it("says what a race was about", () => {
    const reasons = [
      { code: "cautionBegan", params: {} },
      { code: "restarted", params: { after: "caution", seconds: 312 } },
      { code: "leadChanged", params: { car: "07", before: "24" } },
      { code: "greenStop", params: { car: "11" } },
      { code: "fuelCritical", params: { car: "12", lapsLeft: 2.1, lapsToGo: 5.5, pReach: 0.01 } },
    ];
    expect(wordsOf(reasons)).toBe(
      "caution, restart after 312 s of caution, car 07 leads, before 24, car 11 stops under green, " +
        "car 12 has fuel for 2.1 laps of 5.5",
    );
  });

  it("says when a moment was", () => {
    expect(spanOf({ in: "2026-05-16T18:47:05.012345Z", out: "2026-05-16T18:47:47.512345Z" })).toBe(
      "18:47:05 – 18:47:47",
    );
  });
});
