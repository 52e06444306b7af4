import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inboxCrc, recordCrc } from "../../daemon/outbox/row-crc.js";
import { MIGRATIONS, migrate, schemaVersion } from "../../daemon/outbox/schema.js";
import { draft, openTestStore, range, tempFolder } from "../store-fixture.js";

let folder: ReturnType<typeof tempFolder>;
let path: string;
beforeEach(() => {
  folder = tempFolder();
  path = join(folder.path, "touchline.db");
});
afterEach(() => folder.remove());

/** A store as the version of so many migrations left it, with its own statements: three records, one of them delivered. */
function makeOld(version: number): void {
  const db = new Database(path);
  db.pragma("auto_vacuum = INCREMENTAL");
  db.pragma("journal_mode = WAL");
  migrate(db, MIGRATIONS.slice(0, version));
  db.exec(`
    INSERT INTO meta VALUES ('epoch', '06old');
    INSERT INTO tracks VALUES (1, 'cloud', 'live', 1, 3, 1, 40);
    UPDATE counters SET last_number = 3, last_inbox = 2, consumed_inbox = 1;
    INSERT INTO snapshots VALUES ('align', 2, '{"lag":1.5}');
  `);
  for (const n of range(1, 3)) {
    const head = JSON.stringify({ id: `a.06old.${n}`, epoch: "06old", lane: "live" });
    const { kind, session, class: ofClass, subject, recordedAt } = draft(n);
    db.prepare("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").run(
      ...[n, kind, session, ofClass, subject, recordedAt, "touchline.out.arena.a", head, `{"n":${n}}`],
      recordCrc(n, "touchline.out.arena.a", head, `{"n":${n}}`),
    );
    db.prepare("INSERT INTO deliveries VALUES (1, ?, ?)").run(n, n);
  }
  db.prepare("INSERT INTO inbox VALUES (2, 'log', 'http', 5, '{}', ?)").run(inboxCrc(2, "log", "http", 5, "{}"));
  db.close();
}

describe("a store of an older version", () => {
  it.each(range(1, MIGRATIONS.length - 1))(
    "%i goes on where it stood, with a copy of it made before",
    async (version) => {
      makeOld(version);
      const store = await openTestStore(path);
      const copy = `${path}.version-${version}`;
      expect(store.opened).toMatchObject({
        epoch: "06old",
        setAside: null,
        migration: { from: version, to: MIGRATIONS.length, copy },
      });
      expect((await store.cursors("cloud"))[0]).toEqual({
        lane: "live",
        last: 3,
        acknowledged: 1,
        oldest: 1,
        base: 40,
      });
      expect((await store.read("cloud", "live", 1, 10)).map(({ event }) => event.data.n)).toEqual([2, 3]);
      expect(await store.pending(0, 10)).toMatchObject([{ inboxId: 2, body: "{}", arrival: 5 }]);
      expect(await store.snapshots()).toEqual([{ core: "align", version: 2, body: '{"lag":1.5}' }]);
      await store.commit({
        records: [draft(4)],
        snapshots: [{ core: "align", version: 2, body: "{}" }],
        consumedInbox: 2,
      });
      await store.close();
      const before = new Database(copy, { readonly: true });
      expect(schemaVersion(before)).toBe(version);
      expect(before.prepare("SELECT count(*) FROM records").pluck().get()).toBe(3);
      before.close();
    },
  );

  it("is migrated once", async () => {
    makeOld(1);
    await (await openTestStore(path)).close();
    const copy = readFileSync(`${path}.version-1`);
    const again = await openTestStore(path);
    expect(again.opened.migration).toBeNull();
    await again.close();
    expect(readFileSync(`${path}.version-1`).equals(copy)).toBe(true);
  });

  it("stays as it was, and can be opened later, when the migration is cut off", async () => {
    makeOld(MIGRATIONS.length - 1);
    const db = new Database(path);
    // a transaction that is never committed is what a kill leaves
    db.exec("BEGIN IMMEDIATE");
    db.exec(MIGRATIONS.at(-1) ?? "");
    db.exec("ROLLBACK");
    db.close();
    const store = await openTestStore(path);
    expect(store.setAside).toBeNull();
    expect(store.opened.migration?.from).toBe(MIGRATIONS.length - 1);
    await store.close();
  });
});

it("makes no copy of a store that is fresh or of this version", async () => {
  for (let round = 0; round < 2; round++) {
    const store = await openTestStore(path);
    expect(store.opened.migration).toBeNull();
    await store.close();
  }
  expect(existsSync(`${path}.version-${MIGRATIONS.length}`)).toBe(false);
});
