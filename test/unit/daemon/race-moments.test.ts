import { describe, expect, it } from "vitest";
import { fuelLanesOf } from "../../../daemon/fuel-wiring.js";
import { Pipeline } from "../../../daemon/pipeline.js";
import { type RecordDraft, toEnvelope, validateRecord, withSequence } from "../../../daemon/records/index.js";
import type { SessionSpec } from "../../../daemon/session-cores.js";
import { type RaceMessage, SimulatedRace } from "../../../daemon/simulate/race/index.js";
import { profileOf } from "../../../daemon/sport-profiles.js";
import { parseRfc3339, type UnixMicros } from "../../../sync/index.js";

const START = (Date.UTC(2026, 4, 16, 18, 30) * 1000) as UnixMicros;
const MINUTES = 30;
/** A small tank: stops come under green too. */
const CAPACITY_KG = 16;
const LONG_MS = 120_000;
const at = (seconds: number) => (START + Math.round(seconds * 1e6)) as UnixMicros;
const RACE: SessionSpec = {
  session: "race",
  sport: "motorsport",
  name: null,
  scheduledStart: START,
  scheduledEnd: null,
  channels: null,
};

interface Moment {
  readonly momentId: string;
  readonly revision: number;
  readonly state: string;
  readonly in: string;
  readonly out: string;
  readonly interest: number;
  readonly parts: Readonly<Record<string, number>>;
  readonly reasons: readonly { readonly code: string; readonly params: Readonly<Record<string, unknown>> }[];
}

function pipelineOf(): Pipeline {
  return new Pipeline({
    sessions: [RACE],
    defaultSession: RACE,
    profileOf,
    utcUncertaintySec: 0.02,
    maxSessions: 4,
    createFuelLane: fuelLanesOf(() => undefined),
  });
}

interface Driven {
  readonly drafts: readonly RecordDraft[];
  readonly sent: readonly RaceMessage[];
}

/** A race through the pipeline as the engine drives it. `restartAt`: stopped there, and gone on with from its snapshots. */
function drive(seed: number, extra: readonly RaceMessage[] = [], restartAt = Number.POSITIVE_INFINITY): Driven {
  const race = new SimulatedRace({ seed, minutes: MINUTES, cars: 6, hz: 2, capacityKg: CAPACITY_KG });
  let pipeline = pipelineOf();
  const drafts: RecordDraft[] = [];
  const sent: RaceMessage[] = [];
  const tell = (message: RaceMessage, now: UnixMicros) => {
    sent.push(message);
    drafts.push(...pipeline.push({ type: "race", message, arrival: now }, now));
  };
  for (const message of race.opening()) tell(message, START);
  const waiting = [...extra];
  let isRestarted = false;
  for (let step = race.next(); step !== null; step = race.next()) {
    const now = at(step.t + 0.15);
    const due = pipeline.nextDue();
    if (due !== null && due <= now) drafts.push(...pipeline.push({ type: "tick" }, now));
    drafts.push(...pipeline.push({ type: "telemetry", session: null, samples: step.samples, arrival: now }, now));
    for (const message of step.messages) tell(message, now);
    for (let next = waiting[0]; next !== undefined && next.t <= step.t; next = waiting[0]) {
      tell(next, now);
      waiting.shift();
    }
    if (isRestarted || step.t < restartAt) continue;
    isRestarted = true;
    const saved = [...pipeline.takeSnapshots(now), ...pipeline.takeSnapshots(at(step.t + 60))];
    pipeline = pipelineOf();
    expect(pipeline.restore(saved)).toEqual([]);
    // What was consumed after the last snapshot of the fuel comes once more.
    for (const message of sent.filter(({ t }) => t > step.t - 600)) {
      drafts.push(...pipeline.push({ type: "race", message, arrival: at(message.t + 0.15) }, now));
    }
  }
  drafts.push(...pipeline.push({ type: "endAll" }, at(MINUTES * 60 + 5)));
  return { drafts, sent };
}

function momentsOf({ drafts }: Driven): Moment[] {
  const latest = new Map<string, Moment>();
  for (const { kind, data } of drafts) {
    if (kind === "moment") latest.set(String(data.momentId), data as unknown as Moment);
  }
  return [...latest.values()].filter(({ state }) => state !== "retracted");
}

const isIn = (moment: Moment, t: number) =>
  (parseRfc3339(moment.in) ?? 0) <= at(t) && at(t) <= (parseRfc3339(moment.out) ?? 0);
const withReason = (moments: readonly Moment[], code: string) =>
  moments.flatMap((moment) =>
    moment.reasons.filter((reason) => reason.code === code).map((reason) => ({ moment, reason })),
  );
/** Flag changes after the first flag. */
const flagsOf = ({ sent }: Driven, flag: string) =>
  sent.filter((message) => message.type === "flag" && message.t > 0 && message.flag === flag);

function greenStopsOf({ sent }: Driven): RaceMessage[] {
  let flag = "green";
  return sent.filter((message) => {
    if (message.type === "flag") flag = String(message.flag);
    return message.type === "pitIn" && flag === "green";
  });
}

const SEED = 3;
const plain = drive(SEED);

describe("moments of a simulated race", () => {
  it("hold each caution and each restart once, within their in and out points", () => {
    const moments = momentsOf(plain);
    const pairs = [
      ["cautionBegan", flagsOf(plain, "caution")],
      ["restarted", flagsOf(plain, "green")],
    ] as const;
    for (const [code, flags] of pairs) {
      const found = withReason(moments, code);
      expect(flags.length).toBeGreaterThan(0);
      expect(found.length).toBe(flags.length);
      for (const { t } of flags) expect(found.filter(({ moment }) => isIn(moment, t)).length).toBe(1);
    }
  });

  it("hold the stops under green, and not those under a caution", () => {
    const green = greenStopsOf(plain);
    const cars = withReason(momentsOf(plain), "greenStop").map(({ reason }) => reason.params.car);
    expect(cars.length).toBeGreaterThan(0);
    expect(cars.sort()).toEqual(green.map(({ car }) => car).sort());
  });

  it("rank cautions and restarts above stops of the field, all of them from 0 to 1", () => {
    const ranked = momentsOf(plain).sort((a, b) => b.interest - a.interest);
    const codes = ranked.map(({ reasons }) => reasons.map(({ code }) => code));
    const lastFlag = codes.findLastIndex((own) => own.some((code) => code === "cautionBegan" || code === "restarted"));
    expect(codes.slice(0, lastFlag + 1).every((own) => own.some((code) => code !== "greenStop"))).toBe(true);
    for (const { interest, parts } of ranked) {
      expect(interest).toBeGreaterThan(0);
      expect(interest).toBeLessThan(1);
      expect(Math.abs(interest - (parts.race ?? 0))).toBeLessThan(1e-3);
    }
  });

  it("are records as the schema says, with revisions that count from 1", () => {
    const next = new Map<string, number>();
    for (const [index, draft] of plain.drafts.filter(({ kind }) => kind === "moment").entries()) {
      const record = withSequence(toEnvelope(draft, { venue: "v", box: "a" }, "e1", index + 1), index + 1);
      expect(validateRecord(record)).toEqual([]);
      const { momentId, revision } = draft.data as unknown as Moment;
      expect(revision).toBe((next.get(momentId) ?? 0) + 1);
      next.set(momentId, revision);
    }
  });

  it(
    "are none twice after a restart that is told the last ten minutes again",
    () => {
      const restarted = drive(SEED, [], 1200);
      const told = (driven: Driven) =>
        momentsOf(driven)
          .flatMap(({ reasons }) => reasons.map(({ code, params }) => `${code} ${String(params.car ?? "")}`))
          .sort();
      expect(told(restarted)).toEqual(told(plain));
    },
    LONG_MS,
  );

  it(
    "tell who cannot reach the end on its fuel, once between two stops, and a change of the lead",
    () => {
      const stop = greenStopsOf(plain).find(({ t }) => t > 700);
      const [car, soon] = [String(stop?.car), (stop?.t ?? 0) - 45];
      const timing: RaceMessage[] = [
        { type: "timing", t: 300, leader: "01", lapsToGo: 80 },
        { type: "timing", t: 320, leader: "01" },
        { type: "timing", t: 340, leader: "04" },
        { type: "timing", t: soon, lapsToGo: 9 },
        { type: "timing", t: soon + 46, lapsToGo: 200 },
      ];
      const moments = momentsOf(drive(SEED, timing));
      const leads = withReason(moments, "leadChanged");
      expect(leads.map(({ reason }) => reason.params)).toEqual([{ car: "04", before: "01" }]);
      expect(leads.every(({ moment }) => isIn(moment, 340))).toBe(true);
      const critical = withReason(moments, "fuelCritical");
      const own = critical.filter(({ reason }) => reason.params.car === car);
      expect(own.map(({ moment }) => isIn(moment, soon + 5))).toEqual([true]);
      expect(new Set(critical.map(({ reason }) => reason.params.car)).size).toBe(critical.length);
      for (const { reason } of critical) {
        expect(Number(reason.params.lapsLeft)).toBeLessThan(Number(reason.params.lapsToGo));
      }
    },
    LONG_MS,
  );
});
