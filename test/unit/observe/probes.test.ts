import { describe, expect, it } from "vitest";
import { inputProbe, loopProbe, outputProbe, storeProbe } from "../../../daemon/observe/index.js";
import { FakeClock } from "./fake-clock.js";

function fakeStore(setAside: string | null = null) {
  const listeners: (() => void)[] = [];
  return {
    setAside,
    onCommitted: (listener: () => void) => {
      listeners.push(listener);
      return () => undefined;
    },
    commit: () => {
      for (const listener of listeners) listener();
    },
  };
}

describe("the store's probe", () => {
  it("fails when no commit comes for 30 s, and recovers with the next", () => {
    const clock = new FakeClock();
    const store = fakeStore();
    const probe = storeProbe(store, clock);
    clock.advance(29);
    expect(probe.check().state).toBe("ok");
    clock.advance(2);
    expect(probe.check()).toEqual({ state: "failed", reason: "no commit for 31 s" });
    store.commit();
    expect(probe.check().state).toBe("ok");
  });

  it("stays degraded while a damaged database lies aside", () => {
    expect(storeProbe(fakeStore("touchline.db.damaged-1"), new FakeClock()).check()).toEqual({
      state: "degraded",
      reason: "a damaged database was set aside as touchline.db.damaged-1",
    });
  });
});

describe("the input's probe", () => {
  it("makes the box unready while a full disk refuses what is sent, and ready again after it", () => {
    const store = { isWaitingForRoom: true };
    const probe = inputProbe(store);
    expect([probe.needed, probe.check().state]).toEqual(["ready", "failed"]);
    store.isWaitingForRoom = false;
    expect(probe.check().state).toBe("ok");
  });
});

describe("the loop's probe", () => {
  const at = (p99Sec: number) => loopProbe(() => ({ p50Sec: 0, p99Sec, maxSec: p99Sec })).check().state;

  it("tells a loop that is late from one that is starved", () => {
    expect([at(0.01), at(0.3), at(2.5)]).toEqual(["ok", "degraded", "failed"]);
  });
});

describe("an output's probe", () => {
  it("is degraded whatever is wrong, and never vital", () => {
    const probe = outputProbe("cloud", () => ({ state: "stalled", detail: null, backlog: 7 }));
    expect(probe.needed).toBe("info");
    expect(probe.check()).toEqual({ state: "degraded", reason: "stalled; 7 records wait" });
  });

  it("is ok when the link is up", () => {
    expect(outputProbe("cloud", () => ({ state: "up", detail: null, backlog: 7 })).check().state).toBe("ok");
  });
});
