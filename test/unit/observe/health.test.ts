import { describe, expect, it } from "vitest";
import { Health, OK, type Probe } from "../../../daemon/observe/index.js";
import { FakeClock } from "./fake-clock.js";

function probe(part: string, needed: Probe["needed"], answer: () => ReturnType<Probe["check"]> = () => OK): Probe {
  return { part, needed, check: answer };
}

describe("health", () => {
  it("is live and ready when every part is ok", () => {
    const health = new Health(new FakeClock());
    health.register(probe("store", "live"));
    expect(health.check()).toMatchObject({ live: true, ready: true, state: "ok" });
  });

  it("stays live and ready, yet degraded, when only the cloud is away", () => {
    const health = new Health(new FakeClock());
    health.register(probe("store", "live"));
    health.register(probe("output cloud", "info", () => ({ state: "failed", reason: "no server" })));
    expect(health.check()).toMatchObject({ live: true, ready: true, state: "failed" });
  });

  it("is unready but live when a needed part failed that no restart cures", () => {
    const health = new Health(new FakeClock());
    health.register(probe("audio", "ready", () => ({ state: "failed", reason: "no sound" })));
    expect(health.check()).toMatchObject({ live: true, ready: false });
  });

  it("is neither when a vital part failed", () => {
    const health = new Health(new FakeClock());
    health.register(probe("store", "live", () => ({ state: "failed", reason: "no commit" })));
    expect(health.check()).toMatchObject({ live: false, ready: false });
  });

  it("takes a degraded vital part as alive", () => {
    const health = new Health(new FakeClock());
    health.register(probe("loop", "live", () => ({ state: "degraded", reason: "late" })));
    expect(health.check()).toMatchObject({ live: true, ready: true, state: "degraded" });
  });

  it("says since when a part has been in its state", () => {
    const clock = new FakeClock();
    const health = new Health(clock);
    let answer: ReturnType<Probe["check"]> = OK;
    health.register(probe("store", "live", () => answer));
    health.check();
    clock.advance(5);
    answer = { state: "failed", reason: "no commit" };
    health.check();
    clock.advance(5);
    expect(health.check().parts[0]).toMatchObject({ state: "failed", since: "2026-05-16T18:30:05.000000Z" });
  });

  it("takes a probe that throws as failed", () => {
    const health = new Health(new FakeClock());
    health.register(
      probe("odd", "live", () => {
        throw new Error("boom");
      }),
    );
    expect(health.check().parts[0]).toMatchObject({ state: "failed", reason: "the check itself failed: boom" });
  });

  it("forgets a part that was taken out, and only that one", () => {
    const health = new Health(new FakeClock());
    const removeOld = health.register(probe("output cloud", "info"));
    health.register(probe("output cloud", "info", () => ({ state: "degraded", reason: "new one" })));
    removeOld();
    expect(health.check().parts).toHaveLength(1);
  });
});
