import { describe, expect, it } from "vitest";
import { retryAfterMs } from "../../../daemon/back-off.js";
import { Bell } from "../../../daemon/outputs/step-loop.js";
import { WebhookGate } from "../../../daemon/outputs/webhook-gate.js";
import type { MonoMicros } from "../../../sync/index.js";

function gateAt(random = 1) {
  let micros = 0;
  const changed = new Bell();
  const gate = new WebhookGate({ mono: () => micros as MonoMicros, random: () => random, changed });
  const advanceMs = (ms: number) => {
    micros += ms * 1000;
  };
  /** One request that fails, as soon as it may be made. */
  const fail = (retryAfter: number | null = null) => {
    advanceMs(gate.waitMs() + 1);
    gate.failed(gate.enter(), retryAfter);
  };
  return { gate, changed, advanceMs, fail };
}

describe("the gate of a webhook", () => {
  it("waits twice as long after each failure, up to five minutes", () => {
    const { gate, fail } = gateAt();
    const waits = Array.from({ length: 11 }, () => {
      fail();
      return gate.waitMs();
    });
    expect(waits.slice(0, 4)).toEqual([1000, 2000, 4000, 8000]);
    expect(waits.at(-1)).toBe(300_000);
  });

  it("spreads its waits over the whole span", () => {
    const waits = [0, 0.25, 0.75].map((random) => {
      const { gate, fail } = gateAt(random);
      fail();
      return gate.waitMs();
    });
    expect(waits).toEqual([0, 250, 750]);
  });

  it("counts requests that failed together once", () => {
    const { gate } = gateAt();
    const entered = [gate.enter(), gate.enter(), gate.enter()];
    for (const at of entered) gate.failed(at, null);
    expect(gate.waitMs()).toBe(1000);
  });

  it("lets one request at a time through once it is open, until one is answered", () => {
    const { gate, changed, advanceMs, fail } = gateAt();
    for (let n = 0; n < 5; n++) fail();
    expect(gate.isOpen).toBe(true);
    advanceMs(gate.waitMs());
    expect(gate.waitMs()).toBe(0);
    gate.enter();
    expect(gate.waitMs()).toBeGreaterThan(0);
    const { rung } = changed;
    gate.answered();
    expect(gate.isOpen).toBe(false);
    expect(gate.waitMs()).toBe(0);
    expect(changed.rung).toBe(rung + 1);
  });

  it("waits at least as long as the receiver asks, but never for days", () => {
    const { gate, fail } = gateAt();
    fail(60_000);
    expect(gate.waitMs()).toBe(66_000);
    fail(10 * 86_400_000);
    expect(gate.waitMs()).toBe(3_960_000);
  });
});

describe("Retry-After", () => {
  const wallMs = Date.UTC(2026, 4, 16, 18, 30);
  it.each([
    ["120", 120_000],
    ["Sat, 16 May 2026 18:31:00 GMT", 60_000],
    ["Sat, 16 May 2026 18:29:00 GMT", 0],
    ["soon", null],
    ["-5", null],
    ["", null],
    [undefined, null],
  ])("%s", (header, expected) => {
    expect(retryAfterMs(header, wallMs)).toBe(expected);
  });
});
