import { describe, expect, it } from "vitest";
import { chooseForRefresh } from "../../../sync/event-shelf.js";
import type { TrackedEvent } from "../../../sync/tracked-event.js";

function records(count: number, waiting: number): TrackedEvent[] {
  return Array.from({ length: count }, (_, order) => ({
    order,
    status: "open",
    isWaiting: order >= count - waiting,
  })) as unknown as TrackedEvent[];
}

describe("Which records a solve judges anew", () => {
  it("all open ones while they are few", () => {
    const all = records(200, 3);
    expect(chooseForRefresh(all, 300, 0)).toEqual(all);
  });

  it("in a flood every new one and a few others, so that old ones are not told again with each solve", () => {
    const all = records(400, 150);
    const chosen = chooseForRefresh(all, 300, 0);
    expect(chosen.filter(({ isWaiting }) => isWaiting)).toHaveLength(150);
    expect(chosen.length).toBeLessThan(250);
  });

  it("in a flood each of the others in its turn", () => {
    const all = records(400, 10);
    const seen = new Set<TrackedEvent>();
    for (let from = 0, turns = 0; turns < 20; turns++) {
      const chosen = chooseForRefresh(all, 300, from);
      for (const one of chosen) seen.add(one);
      from += chosen.length;
    }
    expect(seen.size).toBe(400);
  });
});
