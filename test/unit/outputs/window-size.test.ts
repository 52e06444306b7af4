import { describe, expect, it } from "vitest";
import { AdaptiveWindow } from "../../../daemon/outputs/window-size.js";

/**
 * A line that carries `perSecond` messages in order and takes `roundTripMs` when empty, always used to the window's limit.
 * Gives the messages it carried in the last quarter, per second.
 */
function run(window: AdaptiveWindow, perSecond: number, roundTripMs: number, seconds: number, startMs = 0): number {
  const spacing = 1000 / perSecond;
  const due: { sentMs: number; answerMs: number }[] = [];
  let lineFreeMs = startMs;
  let nowMs = startMs;
  let late = 0;
  const endMs = startMs + seconds * 1000;
  while (nowMs < endMs) {
    while (due.length < window.limit) {
      lineFreeMs = Math.max(lineFreeMs, nowMs) + spacing;
      due.push({ sentMs: nowMs, answerMs: lineFreeMs + roundTripMs });
    }
    const next = due.shift();
    if (next === undefined) break;
    nowMs = next.answerMs;
    window.note(nowMs - next.sentMs, nowMs, true);
    if (nowMs > endMs - seconds * 250) late += 1;
  }
  return late / (seconds * 0.25);
}

describe("AdaptiveWindow", () => {
  it("fills a far and fast line", () => {
    const window = new AdaptiveWindow();
    expect(run(window, 12_000, 150, 40)).toBeGreaterThan(11_000);
    expect(window.limit).toBeLessThanOrEqual(8192);
  });

  it("keeps what waits on a thin line within its bound", () => {
    const window = new AdaptiveWindow();
    expect(run(window, 60, 40, 600)).toBeGreaterThan(55);
    expect(window.limit / 60).toBeLessThan(0.5);
  });

  it("believes a route that became longer", () => {
    const window = new AdaptiveWindow();
    run(window, 12_000, 2, 20);
    expect(run(window, 12_000, 300, 80, 20_000)).toBeGreaterThan(11_000);
  });

  it("is not narrowed by a process that is busy now and then", () => {
    const window = new AdaptiveWindow();
    run(window, 12_000, 20, 20);
    const before = window.limit;
    for (let n = 0; n < 100_000; n++) window.note(n % 100 < 10 ? 25 : 900, 20_000 + n, true);
    expect(window.limit).toBeGreaterThan(before / 2);
  });

  it("does not grow while nobody waits for room", () => {
    const window = new AdaptiveWindow();
    const before = window.limit;
    for (let n = 0; n < 10_000; n++) window.note(1, n, false);
    expect(window.limit).toBe(before);
  });
});
