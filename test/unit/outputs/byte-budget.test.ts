import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteBudget } from "../../../daemon/outputs/byte-budget.js";
import { LANES, type Lane } from "../../../daemon/records/index.js";

/** 8 bytes a millisecond. */
const RATE = 64_000;
const BYTES_PER_MS = 8;

function open(): { budget: ByteBudget; clock: { ms: number } } {
  const clock = { ms: 0 };
  return { budget: new ByteBudget(RATE, () => clock.ms), clock };
}

/** A lane that always has records to send, from now on for so long; answers with the bytes it sent. */
function drain(budget: ByteBudget, clock: { ms: number }, lanes: readonly Lane[], forMs: number, bytes = 1000) {
  const sent = new Map<Lane, number>(lanes.map((lane) => [lane, 0]));
  for (const end = clock.ms + forMs; clock.ms < end; clock.ms += 1)
    for (const lane of lanes) while (budget.take(lane, bytes) === 0) sent.set(lane, (sent.get(lane) ?? 0) + bytes);
  return sent;
}

describe("ByteBudget", () => {
  it("lets one lane send its rate and a second's burst, and uses all of it", () => {
    const { budget, clock } = open();
    const bytes = drain(budget, clock, ["bulk"], 10_000).get("bulk") ?? 0;
    expect(bytes).toBeLessThanOrEqual(BYTES_PER_MS * 11_000 + 1000);
    expect(bytes).toBeGreaterThanOrEqual(BYTES_PER_MS * 10_900);
  });

  it("never lets a lane wait for one behind it", () => {
    const { budget, clock } = open();
    drain(budget, clock, ["bulk", "analysis"], 60_000);
    expect(budget.take("bulk", 1)).toBeGreaterThan(0);
    expect(budget.take("live", 1000)).toBe(0);
  });

  it("gives the lanes behind what those before them leave", () => {
    const { budget, clock } = open();
    const sent = { live: 0, bulk: 0 };
    for (; clock.ms < 60_000; clock.ms += 1) {
      if (clock.ms % 500 === 0 && budget.take("live", 1000) === 0) sent.live += 1000;
      while (budget.take("bulk", 1000) === 0) sent.bulk += 1000;
    }
    expect(sent.live).toBe(120_000);
    expect(sent.live + sent.bulk).toBeLessThanOrEqual(BYTES_PER_MS * 61_000 + 2000);
    expect(sent.live + sent.bulk).toBeGreaterThanOrEqual(BYTES_PER_MS * 60_000);
  });

  it("lets the lanes behind send nothing while live records take all there is", () => {
    const { budget, clock } = open();
    drain(budget, clock, LANES, 5000);
    expect(drain(budget, clock, LANES, 30_000)).toEqual(
      new Map([
        ["live", BYTES_PER_MS * 30_000],
        ["analysis", 0],
        ["bulk", 0],
      ]),
    );
  });

  it("lets a record larger than a second's worth leave, and pays it off after", () => {
    const { budget, clock } = open();
    expect(budget.take("analysis", 80_000)).toBe(0);
    const waitMs = budget.take("analysis", 1);
    expect(waitMs).toBeGreaterThanOrEqual(72_000 / BYTES_PER_MS);
    clock.ms += waitMs;
    expect(budget.take("analysis", 1)).toBe(0);
  });

  it("tells a wait after which the record may leave, and sends no more than the bound in any time", () => {
    const step = fc.record({
      lane: fc.constantFrom(...LANES),
      bytes: fc.integer({ min: 1, max: 20_000 }),
      pauseMs: fc.integer({ min: 0, max: 3000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { budget, clock } = open();
        const sent: { atMs: number; bytes: number }[] = [];
        for (const { lane, bytes, pauseMs } of steps) {
          clock.ms += pauseMs;
          const waitMs = budget.take(lane, bytes);
          clock.ms += waitMs;
          if (waitMs > 0) expect(budget.take(lane, bytes)).toBe(0);
          sent.push({ atMs: clock.ms, bytes });
        }
        sent.forEach(({ atMs: from }, first) => {
          let total = 0;
          for (const { atMs, bytes } of sent.slice(first)) {
            total += bytes;
            expect(total).toBeLessThanOrEqual(BYTES_PER_MS * (atMs - from + 3000) + 3 * 20_000);
          }
        });
      }),
    );
  });
});
