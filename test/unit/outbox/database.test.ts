import { join } from "node:path";
import Database from "better-sqlite3";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { drawEpoch } from "../../../daemon/outbox/epoch.js";
import { InboxRowCrc, inboxCrc, recordCrc } from "../../../daemon/outbox/row-crc.js";
import { MIGRATIONS, migrate, schemaVersion } from "../../../daemon/outbox/schema.js";
import type { UnixMicros } from "../../../sync/index.js";
import { START, tempFolder } from "../../store-fixture.js";

let folder: ReturnType<typeof tempFolder>;
let db: Database.Database;
beforeEach(() => {
  folder = tempFolder();
  db = new Database(join(folder.path, "t.db"));
});
afterEach(() => {
  db.close();
  folder.remove();
});

const tables = (): unknown[] =>
  db.prepare("SELECT name FROM sqlite_master WHERE name IN ('one', 'two', 'half')").pluck().all();

describe("migrations", () => {
  it("apply each version once, in order", () => {
    const steps = ["CREATE TABLE one (x)", "CREATE TABLE two (x)"];
    migrate(db, steps.slice(0, 1));
    expect(schemaVersion(db)).toBe(1);
    migrate(db, steps);
    migrate(db, steps);
    expect(schemaVersion(db)).toBe(2);
    expect(tables()).toEqual(["one", "two"]);
  });

  it("leave the version before when one fails half-way", () => {
    const steps = ["CREATE TABLE one (x)", "CREATE TABLE half (x); CREATE TABLE one (x)"];
    expect(() => migrate(db, steps)).toThrow(/already exists/);
    expect(schemaVersion(db)).toBe(1);
    expect(tables()).toEqual(["one"]);
  });

  it("mark the database as ours", () => {
    migrate(db, MIGRATIONS);
    expect(db.pragma("application_id", { simple: true })).toBe(0x544c4e45);
  });
});

describe("epochs", () => {
  it("sort by age, differ within one second, and may stand in a NATS token", () => {
    const early = drawEpoch(START);
    const late = drawEpoch((START + 5_000_000) as UnixMicros);
    expect(early < late).toBe(true);
    expect(early).toMatch(/^[0-9a-z]{12}$/);
    expect(new Set(Array.from({ length: 50 }, () => drawEpoch(START))).size).toBe(50);
  });
});

describe("checksums", () => {
  it("change with every part of a row", () => {
    const records = [
      recordCrc(1, "s", "h", "d"),
      recordCrc(2, "s", "h", "d"),
      recordCrc(1, "t", "h", "d"),
      recordCrc(1, "s", "i", "d"),
      recordCrc(1, "s", "h", "e"),
    ];
    expect(new Set(records).size).toBe(5);
    const inbox = [
      inboxCrc(1, "log", "http", 5, "b"),
      inboxCrc(1, "race", "http", 5, "b"),
      inboxCrc(1, "log", "http", 6, "b"),
      inboxCrc(1, "log", "http", 5, "c"),
    ];
    expect(new Set(inbox).size).toBe(4);
  });

  it("of many inbox rows in a row are those of each alone", () => {
    const crc = new InboxRowCrc();
    const row = fc.tuple(
      fc.nat(),
      fc.constantFrom("log", "race"),
      fc.string({ unit: "binary" }),
      fc.nat(),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(row, { maxLength: 8 }), (rows) => {
        for (const parts of rows) expect(crc.of(...parts)).toBe(inboxCrc(...parts));
      }),
    );
  });
});
