import Database from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InboxInserter } from "../../../daemon/outbox/inbox-inserter.js";
import { inboxCrc } from "../../../daemon/outbox/row-crc.js";
import { MIGRATIONS, migrate } from "../../../daemon/outbox/schema.js";
import type { UnixMicros } from "../../../sync/index.js";

const message = fc.record({
  what: fc.constantFrom("log" as const, "race" as const),
  from: fc.constantFrom("http", "o'clock", ""),
  arrival: fc.nat().map((micros) => micros as UnixMicros),
  body: fc.string(),
});
/** Runs of one sender, longer and shorter than what one statement takes. */
const runs = fc
  .array(fc.tuple(message, fc.integer({ min: 1, max: 50 })), { maxLength: 5 })
  .map((parts) =>
    parts.flatMap(([one, count]) => Array.from({ length: count }, (_, i) => ({ ...one, body: `${one.body}${i}` }))),
  );

describe("accepted messages", () => {
  it("lie in the inbox as they came, in their order, with the checksum of each, however many are stored at once", () => {
    const db = new Database(":memory:");
    migrate(db, MIGRATIONS);
    const inserter = new InboxInserter(db);
    let first = 1;
    fc.assert(
      fc.property(runs, (messages) => {
        inserter.insert(first, messages);
        const rows = db.prepare("SELECT * FROM inbox WHERE id >= ? ORDER BY id").all(first);
        expect(rows).toEqual(
          messages.map(({ what, from, arrival, body }, i) => {
            const id = first + i;
            return { id, what, sender: from, arrival, body, crc: inboxCrc(id, what, from, arrival, body) };
          }),
        );
        first += messages.length;
      }),
      { numRuns: 50 },
    );
  });
});
