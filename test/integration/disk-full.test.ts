import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AcceptedMessage, InputKind, StoreClient } from "../../daemon/outbox/index.js";
import { batchOf, draft, ManualClock, openTestStore, START, tempFolder, until } from "../store-fixture.js";

const DISK_BYTES = 40 * 1024 * 1024;

/** Mounting needs root (and a kernel that lets it). */
function mount(path: string): boolean {
  mkdirSync(path);
  return spawnSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", path]).status === 0;
}

const canMount = (() => {
  const probe = tempFolder();
  const done = mount(join(probe.path, "disk"));
  if (done) spawnSync("umount", [join(probe.path, "disk")]);
  probe.remove();
  return done;
})();
const onDisk = canMount ? it : it.skip;
const named = (name: string) => (canMount ? name : `skipped: cannot mount a tmpfs here: ${name}`);

let folder: ReturnType<typeof tempFolder>;
let disk: string;
let path: string;
let clock: ManualClock;
let registry: Registry;
let store: StoreClient | null = null;

beforeEach(() => {
  folder = tempFolder();
  disk = join(folder.path, "disk");
  path = join(disk, "touchline.db");
  clock = new ManualClock();
  if (canMount) mount(disk);
});
afterEach(async () => {
  await store?.close();
  store = null;
  if (canMount) spawnSync("umount", ["-l", disk]);
  folder.remove();
});

async function open(): Promise<StoreClient> {
  registry = new Registry();
  store = await openTestStore(path, { clock, registry, staysUpWhenFull: true });
  return store;
}

/** What somebody else puts on the disk: all of it, to the last block. */
function fillDisk(): void {
  spawnSync("dd", ["if=/dev/zero", `of=${join(disk, "other")}`, "bs=4k"]);
  expect(statfsSync(disk).bavail).toBe(0);
}
const freeDisk = () => rmSync(join(disk, "other"));

const message = (n: number, what: InputKind = "log") => ({
  what,
  from: "http",
  arrival: START,
  body: JSON.stringify({ n, pad: "x".repeat(20_000) }),
});
const accept = (target: StoreClient, n: number, what: InputKind = "log"): Promise<AcceptedMessage[] | "full"> =>
  target.accept([message(n, what)]).catch((error: { code: string }) => {
    expect(error.code).toBe("DB_FULL");
    return "full" as const;
  });
const isShort = async () => /_room 1$/m.test(await registry.getSingleMetricAsString("touchline_store_short_of_room"));

async function pendingNumbers(target: StoreClient): Promise<number[]> {
  const found: number[] = [];
  for (let after = 0; ; ) {
    const page = await target.pending(after, 1000);
    if (page.length === 0) return found;
    found.push(...page.map(({ body }) => (JSON.parse(body) as { n: number }).n));
    after = page.at(-1)?.inboxId ?? after;
  }
}

describe("a full disk", () => {
  onDisk(
    named("refuses telemetry first, then all input; loses nothing it acknowledged; goes on by itself"),
    async () => {
      const running = await open();
      expect(existsSync(`${path}.ballast`)).toBe(true);
      await running.accept([message(1)]);
      expect(await isShort()).toBe(false);
      fillDisk();

      const acknowledged = [1];
      let telemetryRefusedAt = 0;
      for (let n = 2; ; n++) {
        if ((await accept(running, n)) === "full") break;
        acknowledged.push(n);
        if (telemetryRefusedAt === 0 && (await accept(running, -n, "telemetry")) === "full") telemetryRefusedAt = n;
        else if (telemetryRefusedAt === 0) acknowledged.push(-n);
      }
      expect(telemetryRefusedAt).toBeGreaterThan(1);
      expect(acknowledged.at(-1)).toBeGreaterThan(telemetryRefusedAt);
      expect(existsSync(`${path}.ballast`)).toBe(false);
      expect(await isShort()).toBe(true);

      let isCommitted = false;
      const commit = running.commit(batchOf([draft(1, { data: { pad: "x".repeat(3_000_000) } })])).finally(() => {
        isCommitted = true;
      });
      await until(() => running.isWaitingForRoom);
      expect((await pendingNumbers(running)).length).toBe(acknowledged.length);
      expect(isCommitted).toBe(false);

      freeDisk();
      expect((await commit).count).toBe(1);
      await running.maintain();
      expect(existsSync(`${path}.ballast`)).toBe(true);
      acknowledged.push(10_000);
      await running.accept([message(10_000)]);
      expect(await isShort()).toBe(false);

      await running.close();
      const again = await open();
      expect(again.setAside).toBeNull();
      expect(await pendingNumbers(again)).toEqual(acknowledged);
      expect((await again.read("cloud", "live", 0, 10)).map(({ sequence }) => sequence)).toEqual([1]);
      await again.close();
      store = null;
      const bare = new Database(path);
      expect(bare.pragma("integrity_check", { simple: true })).toBe("ok");
      bare.close();
    },
  );

  onDisk(named("does not keep the store from opening"), async () => {
    const before = await open();
    await before.accept([message(1)]);
    await before.close();
    fillDisk();
    const running = await open();
    expect(await pendingNumbers(running)).toEqual([1]);
    expect(await accept(running, 2)).not.toBe("full");
    freeDisk();
    await running.maintain();
    expect(existsSync(`${path}.ballast`)).toBe(true);
  });

  onDisk(named("goes on when what was delivered can be forgotten"), async () => {
    const running = await open();
    const big = (n: number) => draft(n, { data: { pad: "x".repeat(100_000) } });
    for (let n = 1; n <= 100; n++) await running.commit(batchOf([big(n)]));
    await running.acknowledge("cloud", "live", 100);
    await running.maintain();
    clock.advanceMs(301_000);
    fillDisk();
    for (let n = 101; n <= 150; n++) await running.commit(batchOf([big(n)]));
    expect((await running.cursors("cloud"))[0]).toMatchObject({ last: 150, acknowledged: 100 });
    expect((await running.stats()).records).toBeLessThan(150);
  });

  onDisk(named("lets a process that stops go, with what it accepted kept"), async () => {
    const running = await open();
    await running.accept([message(1)]);
    fillDisk();
    writeFileSync(`${path}.ballast`, ""); // the space of the ballast is somebody else's too
    spawnSync("dd", ["if=/dev/zero", `of=${join(disk, "more")}`, "bs=4k"]);
    const commit = running.commit(batchOf([draft(1, { data: { pad: "x".repeat(30_000_000) } })]));
    await until(() => running.isWaitingForRoom);
    running.stopWaiting();
    await expect(commit).rejects.toMatchObject({ code: "DB_FULL" });
    expect(await pendingNumbers(running)).toEqual([1]);
  });
});

describe("a database near its limit", () => {
  it("refuses input while what was accepted is still worked in", async () => {
    const small = { clock, retention: { maxBytes: 10_000_000 }, staysUpWhenFull: true };
    mkdirSync(disk, { recursive: true });
    const running = await openTestStore(path, small);
    store = running;
    let accepted = 0;
    while ((await accept(running, accepted + 1)) !== "full") accepted += 1;
    expect(accepted).toBeGreaterThan(100);
    const { databaseBytes } = await running.stats();
    expect(databaseBytes).toBeLessThan(10_000_000);
    expect((await running.commit(batchOf([draft(1)]))).count).toBe(1);
    await running.commit({ records: [], snapshots: [], consumedInbox: accepted });
    await running.maintain();
    expect(await accept(running, 1)).not.toBe("full");
  });
});
