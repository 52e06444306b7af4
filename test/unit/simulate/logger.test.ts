import { describe, expect, it } from "vitest";
import {
  clockErrorSec,
  FOOTBALL,
  type LoggerFault,
  logMatch,
  makeMatch,
  PERSONA_NAMES,
  type PersonaName,
} from "../../../daemon/simulate/index.js";
import { parseRfc3339, secondsBetween, unixMicros } from "../../../sync/index.js";

const START = unixMicros(Date.UTC(2026, 4, 16, 18, 30) * 1000);
const OPTIONS = { start: START, minutes: 90, breakMinutes: 3 };
const SEEDS = Array.from({ length: 60 }, (_, seed) => seed);
const matches = new Map(SEEDS.map((seed) => [seed, makeMatch(seed, OPTIONS)]));
const matchOf = (seed: number) => matches.get(seed)!;

function log(seed: number, persona: PersonaName, faults: LoggerFault[] = []) {
  return logMatch(matchOf(seed), persona, seed, { logger: "a", session: "s", faults });
}

/** Stamps of the records that stand, with the clock's error and the stream's delay taken off: press minus truth. */
function lagsOf(seed: number, persona: PersonaName, faults: LoggerFault[] = []) {
  const logged = log(seed, persona, faults);
  const last = new Map(logged.messages.map((message) => [`a/${message.id}`, message]));
  for (const message of logged.messages) {
    if (message.version >= (last.get(`a/${message.id}`)?.version ?? 0)) last.set(`a/${message.id}`, message);
  }
  return logged.records.map((record) => {
    const stamp = secondsBetween(START, parseRfc3339(last.get(record.eventId)!.stamp)!);
    const clock = clockErrorSec(logged.truth, matchOf(seed), record.timeSec);
    const lag = stamp - clock - logged.truth.streamDelaySec - record.timeSec;
    return { class: record.class, lag, fault: record.fault, person: logged.truth.lagSec[record.class]! };
  });
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

describe("logMatch", () => {
  it("is the same for a seed and another for another seed or logger", () => {
    expect(log(1, "venue")).toEqual(log(1, "venue"));
    const other = logMatch(matchOf(1), "venue", 1, { logger: "b", session: "s", faults: [] });
    expect(other.truth.offsetSec).not.toBe(log(1, "venue").truth.offsetSec);
    expect(log(2, "venue").truth.offsetSec).not.toBe(log(1, "venue").truth.offsetSec);
  });

  it("is late by the class's median, as people are", () => {
    const lags = SEEDS.flatMap((seed) => lagsOf(seed, "venue"));
    for (const eventClass of ["foul", "goal", "throw_in", "corner", "substitution", "period_start"]) {
      const own = lags.filter((one) => one.class === eventClass).map((one) => one.lag);
      const expected = FOOTBALL[eventClass]!.lagSec;
      expect(Math.abs(median(own) - expected), eventClass).toBeLessThan(0.15 * expected + 0.1);
    }
  });

  it("spreads one person's lags of one class by a lognormal of 0.45", () => {
    const ratios = SEEDS.flatMap((seed) => lagsOf(seed, "venue"))
      .filter((one) => one.class === "substitution" && one.fault === null && one.lag > 0)
      .map((one) => Math.log(one.lag / one.person));
    const sd = 1.4826 * median(ratios.map((ratio) => Math.abs(ratio - median(ratios))));
    expect(sd).toBeGreaterThan(0.36);
    expect(sd).toBeLessThan(0.56);
  });

  it("is hardly late at all when tagged after the match, and then arrives after it", () => {
    const lags = SEEDS.flatMap((seed) => lagsOf(seed, "post-match")).map((one) => one.lag);
    expect(Math.abs(median(lags))).toBeLessThan(0.05);
    expect(median(lags.map(Math.abs))).toBeLessThan(0.25);
    const end = matchOf(0).durationSec;
    for (const message of log(0, "post-match").messages) {
      expect(secondsBetween(START, parseRfc3339(message.arrival)!)).toBeGreaterThan(end);
    }
  });

  it("has the faults of a feed at their rates", () => {
    const logs = SEEDS.map((seed) => log(seed, "venue"));
    const messages = logs.flatMap((one) => one.messages);
    const records = logs.flatMap((one) => one.records);
    const plays = SEEDS.reduce((sum, seed) => sum + matchOf(seed).plays.length, 0);
    const share = (n: number, of: number) => n / of;
    expect(share(messages.filter((message) => message.op === "delete").length, messages.length)).toBeCloseTo(0.06, 1.7);
    expect(share(records.filter((record) => record.fault === "gross").length, records.length)).toBeCloseTo(0.02, 1.9);
    expect(share(records.filter((record) => record.fault === "late").length, records.length)).toBeCloseTo(0.01, 1.9);
    expect(1 - share(records.length, plays)).toBeCloseTo(0.01, 1.9);
    let back = 0;
    let pairs = 0;
    for (const { messages: own } of logs) {
      const stamps = own
        .filter((message) => message.version === 1 && message.op === "upsert")
        .map((message) => parseRfc3339(message.stamp)!);
      for (let i = 1; i < stamps.length; i++) if (stamps[i]! < stamps[i - 1]!) back += 1;
      pairs += stamps.length - 1;
    }
    expect(back / pairs).toBeGreaterThan(0.09);
    expect(back / pairs).toBeLessThan(0.15);
  });

  it("errs ten times as often when dirty as when post-match", () => {
    const gross = (persona: PersonaName) => {
      const records = SEEDS.flatMap((seed) => log(seed, persona).records);
      return records.filter((record) => record.fault === "gross").length / records.length;
    };
    expect(gross("dirty")).toBeGreaterThan(0.07);
    expect(gross("post-match")).toBeLessThan(0.02);
  });

  it.each(PERSONA_NAMES)(
    "tells in order of arrival and lets every record that stands have its truth: %s",
    (persona) => {
      const { messages, records } = log(5, persona);
      const arrivals = messages.map((message) => message.arrival);
      expect(arrivals).toEqual([...arrivals].sort());
      const deleted = new Set(
        messages.filter((message) => message.op === "delete").map((message) => `a/${message.id}`),
      );
      const told = new Set(messages.map((message) => `a/${message.id}`));
      expect(new Set(records.map((record) => record.eventId))).toEqual(
        new Set([...told].filter((id) => !deleted.has(id))),
      );
    },
  );

  it("lets the last version of a record have the true class", () => {
    for (const seed of SEEDS.slice(0, 20)) {
      const { messages, records } = log(seed, "venue");
      for (const record of records) {
        const own = messages.filter((message) => `a/${message.id}` === record.eventId);
        const last = own.reduce((a, b) => (b.version > a.version ? b : a));
        expect(last.class).toBe(record.class);
      }
    }
  });

  it("floors stamps to whole seconds and says so", () => {
    for (const message of SEEDS.slice(0, 10).flatMap((seed) => log(seed, "venue", ["floor"]).messages)) {
      expect(message.resolutionMs).toBe(1000);
      expect(message.stamp.endsWith(".000000Z")).toBe(true);
    }
    const lags = SEEDS.slice(0, 20)
      .flatMap((seed) => lagsOf(seed, "post-match", ["floor"]))
      .map((one) => one.lag);
    expect(median(lags)).toBeLessThan(-0.4);
    expect(median(lags)).toBeGreaterThan(-0.6);
  });

  it("puts the programme's time on kick-offs when these are scheduled", () => {
    const { messages, records } = log(1, "venue", ["scheduled"]);
    const kickOff = records.find((record) => record.class === "period_start")!;
    expect(kickOff.fault).toBe("scheduled");
    const message = messages.find((one) => `a/${one.id}` === kickOff.eventId)!;
    expect(message.stamp).toBe("2026-05-16T18:30:30.000000Z");
  });

  it("presses kick-offs before the whistle when early, everything twice as late when slow", () => {
    const early = SEEDS.slice(0, 30).flatMap((seed) => lagsOf(seed, "venue", ["early"]));
    expect(median(early.filter((one) => one.class === "period_start").map((one) => one.lag))).toBeLessThan(-0.2);
    const slow = SEEDS.slice(0, 30).flatMap((seed) => lagsOf(seed, "venue", ["slow"]));
    const fouls = slow.filter((one) => one.class === "foul").map((one) => one.lag);
    expect(median(fouls)).toBeGreaterThan(3);
  });

  it("offsets clocks by up to 30 s, by up to 300 s when asked, and steps them at half-time", () => {
    const offsets = SEEDS.map((seed) => log(seed, "venue").truth.offsetSec);
    expect(Math.max(...offsets.map(Math.abs))).toBeLessThanOrEqual(30);
    expect(Math.max(...offsets.map(Math.abs))).toBeGreaterThan(20);
    const wide = SEEDS.map((seed) => log(seed, "venue", ["offset300"]).truth.offsetSec);
    expect(Math.max(...wide.map(Math.abs))).toBeGreaterThan(200);
    const { truth } = log(3, "venue", ["step5"]);
    const second = matchOf(3).periods[1]!.startSec;
    const drift = truth.driftPpm * 1e-6 * 100;
    expect(clockErrorSec(truth, matchOf(3), second) - clockErrorSec(truth, matchOf(3), second - 100)).toBeCloseTo(
      truth.stepSec + drift,
      6,
    );
  });
});
