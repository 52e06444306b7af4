import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addSeconds,
  type EventRevision,
  type FrameRate,
  formatRfc3339,
  formatTimecode,
  framesOfMicros,
  GeneratorDesk,
  type GeneratorReport,
  parseFrameRate,
  parseRfc3339,
  type UnixMicros,
} from "../../../sync/index.js";

const MIDNIGHT = parseRfc3339("2026-05-16T00:00:00Z") as UnixMicros;
const START = addSeconds(MIDNIGHT, 18.5 * 3600);
const rateOf = (text: string) => parseFrameRate(text) as FrameRate;

/** A record whose press was at `at`, with a lag of 1.5 s and a logger's clock that is 30 s ahead. */
function revision(index: number, at: UnixMicros, media: unknown, changes: Partial<EventRevision> = {}): EventRevision {
  const time = addSeconds(at, -1.5);
  return {
    eventId: `scout/${index}`,
    revision: 1,
    occurrenceId: `scout/${index}`,
    session: "cup",
    input: { stamp: formatRfc3339(addSeconds(at, 30)), media },
    class: "goal",
    period: "1",
    state: "confirmed",
    anchor: "whistle",
    flags: [],
    corrected: {
      time,
      intervals: [{ p: 0.95, lo: addSeconds(time, -0.3), hi: addSeconds(time, 0.3) }],
      notBefore: time,
    },
    shiftSec: -31.5,
    confidence: 1,
    cues: [],
    alternatives: [],
    sources: [],
    clock: { logger: "scout", offsetSec: 30, driftPpm: 0, version: 1, persona: "live" },
    utcUncertaintySec: 0,
    finalBy: time,
    reason: null,
    ...changes,
  };
}

interface Plan {
  readonly rate?: string;
  /** At which the count really runs; the declared one unless told. */
  readonly runsAt?: string;
  readonly isDropFrame?: boolean;
  readonly offset?: (sec: number) => number;
  readonly from?: UnixMicros;
  readonly every?: number;
  readonly noise?: (index: number) => number;
}

/** What a generator shows at `count` presses. */
function presses(count: number, plan: Plan = {}): EventRevision[] {
  const { rate = "25", from = START, every = 60, offset = () => 0, noise = () => 0 } = plan;
  const [declared, real] = [rateOf(rate), rateOf(plan.runsAt ?? rate)];
  return Array.from({ length: count }, (_, index) => {
    const sec = index * every;
    const base = framesOfMicros(from - MIDNIGHT, declared);
    const frame = base + framesOfMicros((sec + offset(sec) + noise(index)) * 1e6, real);
    const timecode = formatTimecode(frame, { rate: declared, isDropFrame: plan.isDropFrame === true });
    return revision(index, addSeconds(from, sec), [{ feed: "main", timecode, rate }]);
  });
}

function told(revisions: readonly EventRevision[], desk = new GeneratorDesk()): GeneratorReport[] {
  return revisions.flatMap((one) => desk.push(one, one.corrected.time));
}

/** Between -0.2 and 0.2, the same each time. */
const jitter = (index: number) => 0.2 * Math.sin(index * 12.9898 + 4);

describe("GeneratorDesk", () => {
  it.each([
    ["23.976", false],
    ["24", false],
    ["25", false],
    ["29.97", false],
    ["29.97", true],
    ["30", false],
    ["50", false],
    ["59.94", true],
    ["60", false],
  ])("finds the offset of a steady generator at %s (drop-frame: %s)", (rate, isDropFrame) => {
    const last = told(presses(40, { rate, isDropFrame, offset: () => 7.4, noise: jitter })).at(-1);
    expect(last).toMatchObject({ generator: "main/timecode", segment: 1, diagnosis: "steady", likelyRate: null });
    expect(Math.abs((last?.offsetSec ?? 99) - 7.4)).toBeLessThan(0.15);
    expect(Math.abs(last?.driftPpm ?? 999)).toBeLessThan(4 * (last?.driftSdPpm ?? 0));
  });

  it("says at once that it knows little, and more as it learns", () => {
    const reports = told(presses(40, { noise: jitter }));
    expect(reports[0]).toMatchObject({ diagnosis: "tooFew", pairs: 1 });
    expect(reports.find(({ diagnosis }) => diagnosis === "steady")).toMatchObject({ pairs: 5 });
    const sds = reports.map(({ offsetSdSec }) => offsetSdSec);
    expect(sds.at(-1)).toBeLessThan(sds[0] ?? 0);
  });

  it("tells a steady generator every three minutes, not at each stamp", () => {
    expect(told(presses(60, { every: 30 })).length).toBeLessThan(60 / 6 + 3);
  });

  it("tells a crystal that is off", () => {
    const last = told(presses(90, { offset: (sec) => sec * 300e-6, noise: jitter })).at(-1);
    expect(last).toMatchObject({ diagnosis: "drifting", segment: 1 });
    expect(Math.abs((last?.driftPpm ?? 0) - 300)).toBeLessThan(30);
  });

  it.each([
    ["29.97", "25", -165_833],
    ["25", "24", -40_000],
    ["25", "23.976", -40_959],
    ["30", "29.97", -999],
    ["23.976", "24", 1000],
    ["25", "50", 1_000_000],
  ])("tells what is labelled %s and counts at %s", (rate, runsAt, ppm) => {
    const last = told(presses(60, { rate, runsAt, noise: jitter })).at(-1);
    expect(last).toMatchObject({ diagnosis: "wrongRate", likelyRate: runsAt, segment: 1 });
    expect(Math.abs((last?.driftPpm ?? 0) - ppm)).toBeLessThan(100);
  });

  it("begins a segment where the generator jumps, and says by how much", () => {
    const plan = { offset: (sec: number) => (sec < 1500 ? 2 : -10), noise: jitter };
    const reports = told(presses(60, plan));
    const jump = reports.find(({ segment }) => segment === 2);
    expect(jump).toMatchObject({ diagnosis: "jumped", segmentFrom: addSeconds(START, 1500) });
    expect(Math.abs((jump?.jumpSec ?? 0) + 12)).toBeLessThan(0.5);
    expect(Math.abs((reports.at(-1)?.offsetSec ?? 0) + 10)).toBeLessThan(0.15);
    expect(reports.at(-1)).toMatchObject({ segment: 2, diagnosis: "steady" });
  });

  it("is not moved by a tenth of gross errors, wherever they are", () => {
    const noise = (index: number) => (index % 10 === 0 ? 40 + index : jitter(index));
    const last = told(presses(60, { noise })).at(-1);
    expect(last).toMatchObject({ segment: 1, diagnosis: "steady", outliers: 6 });
    expect(Math.abs(last?.offsetSec ?? 99)).toBeLessThan(0.15);
  });

  it.each([
    ["25", false],
    ["29.97", false],
    ["59.94", true],
  ])("goes over midnight at %s without a jump", (rate, isDropFrame) => {
    const from = addSeconds(MIDNIGHT, 23.5 * 3600);
    const last = told(presses(60, { rate, isDropFrame, from, offset: () => 3 })).at(-1);
    expect(last).toMatchObject({ segment: 1, diagnosis: "steady", outliers: 0 });
    expect(Math.abs((last?.offsetSec ?? 99) - 3)).toBeLessThan(0.1);
  });

  it("keeps the clocks of one feed apart", () => {
    const media = (at: UnixMicros) => [
      { feed: "web", pts: (at - START) / 1e6 + 90, programDateTime: formatRfc3339(addSeconds(at, -8)) },
    ];
    const desk = new GeneratorDesk();
    for (let index = 0; index < 10; index++) {
      const at = addSeconds(START, index * 60);
      desk.push(revision(index, at, media(at)), at);
    }
    const offsets = Object.fromEntries(desk.reports().map(({ form, offsetSec }) => [form, offsetSec]));
    expect(offsets.pts).toBeCloseTo(90 - START / 1e6, 3);
    expect(offsets.programDateTime).toBeCloseTo(-8, 3);
  });

  it("learns nothing of events without a lock, in conflict or taken back", () => {
    const [first] = presses(1);
    const base = first as EventRevision;
    const silent = [
      { ...base, anchor: "none" as const },
      { ...base, flags: ["conflict"] },
      { ...base, state: "retracted" as const },
    ];
    expect(told(silent)).toEqual([]);
    const desk = new GeneratorDesk();
    told(presses(5), desk);
    const taken = { ...base, state: "retracted" as const };
    expect(desk.push(taken, base.corrected.time)).toMatchObject([{ pairs: 4, diagnosis: "tooFew" }]);
  });

  it("does not depend on order, repeats or restarts", () => {
    const all = presses(30, { offset: (sec) => (sec < 900 ? 0 : 5), noise: jitter });
    const final = (order: readonly EventRevision[]) => {
      let desk = new GeneratorDesk();
      for (const [index, one] of order.entries()) {
        desk.push(one, one.corrected.time);
        if (index % 7 !== 3) continue;
        const next = new GeneratorDesk();
        expect(next.restore(desk.snapshot())).toBe(true);
        desk = next;
      }
      const saved = JSON.parse(desk.snapshot().body) as { clocks: [string, string, string, { pairs: unknown }][] };
      return saved.clocks.map(([name, , , { pairs }]) => [name, pairs]);
    };
    const expected = final(all);
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (order) => {
        expect(final([...order, ...order.slice(0, 5)])).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it("counts on in a session of days, and stays bounded", () => {
    const desk = new GeneratorDesk();
    const plan = { every: 240, offset: (sec: number) => 2 * Math.floor(sec / 43_200) };
    const reports = told(presses(900, plan), desk);
    expect(reports.at(-1)?.segment).toBe(5);
    expect(desk.snapshot().body.length).toBeLessThan(60_000);
  });

  it("survives anything that claims to be media", () => {
    fc.assert(
      fc.property(fc.array(fc.anything(), { maxLength: 5 }), fc.double(), (media, time) => {
        const at = time as UnixMicros;
        const odd = revision(1, START, media);
        const broken = { ...odd, corrected: { ...odd.corrected, time: at } };
        const desk = new GeneratorDesk();
        for (const one of [odd, broken]) {
          for (const report of desk.push(one, START)) expect(Number.isFinite(report.offsetSec)).toBe(true);
        }
        expect(desk.restore({ version: 1, body: JSON.stringify(media) })).toBe(false);
      }),
    );
  });

  it("takes no number for a time that cannot be one", () => {
    const desk = new GeneratorDesk();
    for (const [index, pts] of [1e308, -1e300, 12].entries()) {
      desk.push(revision(index, addSeconds(START, index), [{ feed: "web", pts }]), START);
    }
    expect(desk.reports()).toMatchObject([{ pairs: 1, outliers: 0 }]);
  });

  it("keeps the clocks seen last when there are too many feeds", () => {
    const desk = new GeneratorDesk();
    for (let index = 0; index < 80; index++) {
      const at = addSeconds(START, index);
      desk.push(revision(index, at, [{ feed: `f${index}`, pts: index }]), at);
    }
    const feeds = desk.reports().map(({ feed }) => feed);
    expect([feeds.length, feeds.includes("f0"), feeds.includes("f79")]).toEqual([64, false, true]);
  });
});
