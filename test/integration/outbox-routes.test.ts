import { join } from "node:path";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OutputRoute, StoreClient } from "../../daemon/outbox/index.js";
import type { Lane, RecordDraft } from "../../daemon/records/index.js";
import { batchOf, draft, ManualClock, openTestStore, START, tempFolder } from "../store-fixture.js";

const OPEN = { kinds: null, classes: null };

let folder: ReturnType<typeof tempFolder>;
let store: StoreClient;

beforeEach(() => {
  folder = tempFolder();
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

const open = async (routes: OutputRoute[]) => {
  store = await openTestStore(join(folder.path, "touchline.db"), { routes });
};
const commit = (...drafts: Partial<RecordDraft>[]) =>
  store.commit(batchOf(drafts.map((changes, i) => draft(i + 1, { data: { n: i + 1 }, ...changes }))));

/** What one output got of a lane, and that it is numbered without a gap. */
async function got(output: string, lane: Lane = "live"): Promise<unknown[]> {
  const deliveries = await store.read(output, lane, 0, 1000);
  expect(deliveries.map(({ sequence }) => sequence)).toEqual(deliveries.map((_, i) => i + 1));
  return deliveries.map(({ event }) => event.data.n);
}

describe("routes", () => {
  it("give each output a gapless numbering of what it gets, by team, car and session", async () => {
    await open([
      { output: "home", kinds: ["event", "session"], classes: null, teams: ["home"] },
      { output: "car", kinds: ["fuel"], classes: null, cars: ["44"] },
      { output: "cup", ...OPEN, sessions: ["cup"] },
      { output: "all", ...OPEN },
    ]);
    await commit(
      { key: "home" },
      { key: "away", session: "cup" },
      { kind: "session", class: "football", key: "_" },
      { kind: "health", session: "_", class: "ok", key: "_" },
      { kind: "fuel", key: "44" },
      { kind: "fuel", key: "16", session: "cup" },
    );
    expect(await got("home")).toEqual([1, 3]);
    expect(await got("car", "analysis")).toEqual([5]);
    expect(await got("cup")).toEqual([2, 4]);
    expect(await got("cup", "analysis")).toEqual([6]);
    expect(await got("all")).toEqual([1, 2, 3, 4]);
  });

  it("let moments through from their interest on, and all later revisions of those", async () => {
    await open([{ output: "tops", kinds: ["moment"], classes: null, minInterest: 0.5 }]);
    const moment = (n: number, subject: string, interest: number) =>
      ({ kind: "moment", subject, class: "_", key: "_", data: { n, interest } }) as const;
    await commit(
      moment(1, "a", 0.4),
      moment(2, "b", 0.2),
      moment(3, "a", 0.5),
      moment(4, "a", 0.3),
      moment(5, "b", 0.3),
    );
    expect(await got("tops", "analysis")).toEqual([3, 4]);
  });

  it("tell an output when a correction takes an event out of its limits, also after a restart", async () => {
    const routes = [{ output: "goals", kinds: null, classes: ["goal"], teams: ["home"] }];
    await open(routes);
    await commit({ subject: "ana/1" }, { subject: "ana/2", key: "away" }, { subject: "ana/3", class: "shot" });
    await store.close();
    await open(routes);
    await commit(
      { subject: "ana/1", key: "away" },
      { subject: "ana/1", class: "shot" },
      { subject: "ana/2", key: "away" },
    );
    expect((await store.read("goals", "live", 0, 10)).map(({ number }) => number)).toEqual([1, 4, 5]);
  });

  it("forget what a transaction that failed had let through", async () => {
    await open([{ output: "goals", kinds: null, classes: ["goal"] }]);
    const failed = store.commit({ records: [draft(1, { subject: "x" })], snapshots: [], consumedInbox: 9 });
    await expect(failed).rejects.toThrow();
    await commit({ subject: "x", class: "shot" });
    expect(await got("goals")).toEqual([]);
  });
});

describe("an output that lags longer than its maxLag", () => {
  it("loses what is too old, keeps its numbering and its mark, and holds back nobody's room", async () => {
    const clock = new ManualClock();
    const registry = new Registry();
    const routes = [
      { output: "away", ...OPEN, maxLagMs: 3_600_000 },
      { output: "patient", ...OPEN },
    ];
    store = await openTestStore(join(folder.path, "touchline.db"), { routes, clock, registry });
    const made = (n: number) => ({ recordedAt: (START + clock.mono()) as never, data: { n } });
    await commit(made(1), made(2), made(3));
    await store.acknowledge("away", "live", 1);
    clock.advanceMs(3_000_000);
    await commit(made(4));
    await store.maintain();
    expect((await store.read("away", "live", 1, 10)).length).toBe(3);
    clock.advanceMs(700_000);
    expect((await store.maintain()).shed).toEqual([{ output: "away", count: 2 }]);
    expect((await store.cursors("away"))[0]).toMatchObject({ last: 4, acknowledged: 1, oldest: 4 });
    expect((await store.read("away", "live", 1, 10)).map(({ sequence }) => sequence)).toEqual([4]);
    expect((await store.read("patient", "live", 0, 10)).length).toBe(4);
    expect(await registry.getSingleMetricAsString("touchline_outbox_shed_total")).toContain('{output="away"} 2');
    expect((await store.maintain()).shed).toEqual([]);
  });

  it("loses nothing because the clock was set forward", async () => {
    let isSet = false;
    const clock = {
      wall: () => (START + (isSet ? 86_400_000_000 : 0)) as never,
      mono: () => 1000 as never,
    };
    const routes = [{ output: "away", ...OPEN, maxLagMs: 3_600_000 }];
    store = await openTestStore(join(folder.path, "touchline.db"), { routes, clock });
    await commit({}, {});
    isSet = true;
    expect((await store.maintain()).shed).toEqual([]);
    expect(await got("away")).toEqual([1, 2]);
  });
});
