import { readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StoreClient } from "../../daemon/outbox/index.js";
import { batchOf, draft, EVERYTHING, openTestStore, range, tempFolder } from "../store-fixture.js";
import { runTouchline } from "../touchline-process.js";

let folder: ReturnType<typeof tempFolder>;
let path: string;
let store: StoreClient | null;

/** 20 records for two outputs, of which one has 12; the daemon's part is played by the store that stays open. */
beforeEach(async () => {
  folder = tempFolder();
  path = join(folder.path, "touchline.db");
  store = await openTestStore(path, { routes: [EVERYTHING, { ...EVERYTHING, output: "partner" }] });
  await store.commit(batchOf(range(1, 20).map((n) => draft(n, n % 5 === 0 ? { kind: "cue", class: "whistle" } : {}))));
  await store.acknowledge("cloud", "live", 12);
  await store.deadLetter("partner", "live", 3, "tooBig");
});
afterEach(async () => {
  await store?.close();
  folder.remove();
});

async function touchline(
  ...args: string[]
): Promise<{ code: number | null; lines: Record<string, unknown>[]; stderr: string }> {
  const { code, stdout, stderr } = await runTouchline(["outbox", ...args, "--store", path]);
  const lines = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { code, lines, stderr };
}

function spoil(): void {
  const db = new Database(path);
  db.prepare("UPDATE records SET data = '{\"n\":0}' WHERE number = 18").run();
  db.close();
}

describe("touchline outbox while the daemon runs", () => {
  it("lists what each output has and waits for, and the records themselves", async () => {
    const { code, lines } = await touchline("ls", "--json");
    expect(code).toBe(0);
    expect(lines[0]).toMatchObject({ store: { epoch: store?.epoch, records: 20, inboxPending: 0 } });
    expect(lines.find((line) => line.output === "cloud" && line.lane === "live")).toMatchObject({
      ...{ last: 16, acknowledged: 12, waiting: 4, deadLetters: 0, active: true },
      oldestUnsent: expect.stringMatching(/^2026-/),
    });
    expect(lines.find((line) => line.output === "partner" && line.lane === "live")).toMatchObject({ deadLetters: 1 });
    const waiting = await touchline("ls", "--json", "--output", "cloud", "--limit", "3");
    expect(waiting.lines.map(({ sequence, kind }) => [sequence, kind])).toEqual([13, 14, 15].map((n) => [n, "event"]));
  });

  it("finds all sound, and with a damaged row names it and ends with 1", async () => {
    const sound = await touchline("verify", "--deep", "--json");
    expect(sound).toMatchObject({
      code: 0,
      lines: [{ records: 20, damagedRecords: 0, holes: 0, trees: null, sound: true }],
    });
    spoil();
    const found = await touchline("verify", "--json");
    expect(found.code).toBe(1);
    // of the live lane of both outputs
    expect(found.lines[0]).toMatchObject({ damagedRecords: 1, damaged: [18], unsentDamaged: 2, sound: false });
    expect(found.stderr).toMatch(/is damaged/);
  });

  it("finds a sequence that is missing", async () => {
    const db = new Database(path);
    db.prepare("DELETE FROM deliveries WHERE sequence = 14").run();
    db.close();
    expect((await touchline("verify", "--json")).lines[0]).toMatchObject({ holes: 2, sound: false });
  });

  it("exports records by kind, by output and into a file; a damaged one is left out and told", async () => {
    const cues = await touchline("export", "--kind", "cue");
    expect(cues.lines.map(({ type, sequence }) => [type, sequence])).toEqual(
      range(1, 4).map(() => ["touchline.cue.v1", undefined]),
    );
    const out = join(folder.path, "out.jsonl");
    spoil();
    const waiting = await touchline("export", "--output", "cloud", "--waiting", "--out", out);
    expect(waiting.code).toBe(1);
    const lines = readFileSync(out, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ lane, sequence }) => `${lane} ${Number(sequence)}`)).toEqual([
      ...["live 13", "live 14", "live 16"],
      ...range(1, 4).map((n) => `analysis ${n}`),
    ]);
  });

  it("refuses to purge, and without --yes only says what it would do", async () => {
    const planned = await touchline("purge", "--waiting", "partner", "--dead-letters", "--json");
    expect(planned).toMatchObject({ code: 0, lines: [{ done: false, deliveries: 20, deadLetters: 1 }] });
    const refused = await touchline("purge", "--waiting", "partner", "--yes");
    expect(refused.code).toBe(69);
    expect(refused.stderr).toMatch(/another touchline process/);
    expect((await store?.cursors("partner"))?.[0]).toMatchObject({ oldest: 1, last: 16 });
  });
});

describe("touchline outbox purge on a stopped daemon", () => {
  it("gives up what waits: numbers go on, and the output meets the gap", async () => {
    await store?.close();
    expect(await touchline("purge", "--waiting", "partner", "--dead-letters", "--yes", "--json")).toMatchObject({
      code: 0,
      lines: [{ done: true, deliveries: 20, deadLetters: 1 }],
    });
    store = await openTestStore(path, { routes: [EVERYTHING, { ...EVERYTHING, output: "partner" }] });
    expect((await store.cursors("partner"))[0]).toMatchObject({ oldest: 17, last: 16, acknowledged: 0 });
    await store.commit(batchOf([draft(21)]));
    expect((await store.read("partner", "live", 0, 10)).map(({ sequence }) => sequence)).toEqual([17]);
    expect((await store.read("cloud", "live", 12, 10)).length).toBe(5);
  });

  it("forgets what all outputs have, and nothing that one waits for", async () => {
    await store?.acknowledge("partner", "live", 6);
    await store?.close();
    const { lines } = await touchline("purge", "--delivered", "--yes", "--json");
    // number 5 is a cue that nobody acknowledged yet
    expect(lines[0]).toMatchObject({ records: 4 });
    store = await openTestStore(path, { routes: [EVERYTHING, { ...EVERYTHING, output: "partner" }] });
    expect((await store.read("partner", "live", 6, 20)).map(({ event }) => event.data.n)).toEqual([
      8, 9, 11, 12, 13, 14, 16, 17, 18, 19,
    ]);
  });
});

it("says what is wrong with its arguments", async () => {
  expect((await touchline("purge")).code).toBe(64);
  expect((await touchline("ls", "--output", "nobody")).code).toBe(64);
  expect((await touchline("export", "--from", "yesterday")).code).toBe(64);
  expect((await runTouchline(["outbox", "ls", "--store", join(folder.path, "none.db")])).code).toBe(69);
});
