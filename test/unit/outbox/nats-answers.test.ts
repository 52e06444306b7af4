import { Registry } from "prom-client";
import { beforeEach, describe, expect, it } from "vitest";
import type { SubscriptionSpec } from "../../../daemon/link.js";
import { startAnswers } from "../../../daemon/nats-answers.js";
import type { UnixMicros } from "../../../sync/index.js";
import { START } from "../../store-fixture.js";

const CURSOR = { lane: "live" as const, last: 10, acknowledged: 4, oldest: 1, base: null };

let spec: SubscriptionSpec | null;
let registry: Registry;
beforeEach(() => {
  spec = null;
  registry = new Registry();
  startAnswers({
    link: {
      subscribe: (given) => {
        spec = given;
        return () => undefined;
      },
    },
    box: { venue: "north.arena", box: "a" },
    version: "1.2.3",
    health: { check: () => ({ state: "degraded", live: true, ready: true, parts: [] }) },
    store: {
      stats: async () => ({
        ...{ epoch: "06x", records: 10, inboxPending: 0, databaseBytes: 4096, walBytes: 0, lastCommitAt: null },
        outputs: [{ output: "cloud", lanes: [CURSOR], oldestUnsentAt: START }],
      }),
      checkState: () => ({
        ...{ at: 5, rows: 5, damaged: 0 },
        lastRound: { endedAt: START as UnixMicros, rows: 9, damaged: 1 },
      }),
    },
    outputs: [],
    registry,
  });
});

async function ask(what: string, wantsReply = true): Promise<Record<string, unknown> | null> {
  const subject = `touchline.ask.north%2Earena.a.${what}`;
  const answer = await spec?.handle({ subject, body: "", wantsReply, header: () => "" });
  return answer == null ? null : (JSON.parse(answer) as Record<string, unknown>);
}

describe("questions by NATS request", () => {
  it("are taken under the escaped names of venue and box", () => {
    expect(spec?.subject).toBe("touchline.ask.north%2Earena.a.>");
  });

  it("tell the state of the box and what waits", async () => {
    expect(await ask("status")).toMatchObject({
      ...{ venue: "north.arena", box: "a", version: "1.2.3", state: "degraded", live: true },
      outputs: [{ output: "cloud", state: "unknown", lanes: [{ lane: "live", waiting: 6 }] }],
    });
    expect(await ask("outbox.ls")).toMatchObject({
      ...{ store: { epoch: "06x", databaseBytes: 4096 }, outputs: [{ output: "cloud" }] },
    });
  });

  it("do not count what was shed as waiting", async () => {
    CURSOR.oldest = 8;
    expect(await ask("outbox.ls")).toMatchObject({ outputs: [{ lanes: [{ waiting: 3 }] }] });
    CURSOR.oldest = 1;
  });

  it("tell what the check in the background found", async () => {
    expect(await ask("outbox.verify")).toMatchObject({
      sound: false,
      lastRound: { rows: 9, damaged: 1 },
      now: { at: 5 },
    });
  });

  it("are answered with the list of known ones where unknown, and not at all where nobody waits", async () => {
    expect(await ask("secrets")).toMatchObject({ error: expect.stringContaining("outbox.ls") });
    expect(await ask("status", false)).toBeNull();
    expect(await registry.metrics()).toMatch(/question="unknown",result="answered"} 1/);
  });
});
