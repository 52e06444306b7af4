import { openDatabase } from "../daemon/outbox/database.js";
import { recordCrc } from "../daemon/outbox/row-crc.js";
import { EVERYTHING, START } from "./store-fixture.js";

const BODY_BYTES = 4000;
const ROWS_PER_COMMIT = 5000;

export interface BigStore {
  readonly records: number;
  readonly unsent: number;
}

/** Makes a store of about so many bytes at `path`, as months of use leave it: most of it delivered, the last part not. Durable only at its end. */
export function makeBigStore(path: string, bytes: number, unsentShare: number): BigStore {
  const records = Math.floor(bytes / (BODY_BYTES + 700));
  const unsent = Math.floor(records * unsentShare);
  const opened = openDatabase({ path, epoch: "06big", maxBytes: 4 * bytes, routes: [EVERYTHING], now: START });
  const { db } = opened;
  db.pragma("synchronous = OFF");
  db.prepare("INSERT INTO tracks VALUES (1, 'cloud', 'live', 1, ?, ?, 0)").run(records, records - unsent);
  db.prepare("UPDATE counters SET last_number = ?").run(records);
  const putRecord = db.prepare("INSERT INTO records VALUES (?, 'event', 'final', 'goal', ?, ?, ?, ?, ?, ?)");
  const putDelivery = db.prepare("INSERT INTO deliveries VALUES (1, ?, ?)");
  const putLatest = db.prepare("INSERT OR REPLACE INTO latest VALUES ('event', 'final', ?, ?)");
  const natsSubject = "touchline.out.arena.a.final.event.goal.home";
  const pad = "x".repeat(BODY_BYTES);
  for (let from = 1; from <= records; from += ROWS_PER_COMMIT)
    db.transaction(() => {
      for (let n = from; n < Math.min(records + 1, from + ROWS_PER_COMMIT); n++) {
        const head = JSON.stringify(headOf(n));
        const data = `{"n":${n},"pad":"${pad}"}`;
        const subject = `ana/${n % 50_000}`;
        putRecord.run(n, subject, START + n, natsSubject, head, data, recordCrc(n, natsSubject, head, data));
        putDelivery.run(n, n);
        putLatest.run(subject, n);
      }
    })();
  db.pragma("synchronous = FULL");
  db.pragma("wal_checkpoint(TRUNCATE)");
  opened.close();
  return { records, unsent };
}

function headOf(n: number): Record<string, unknown> {
  return {
    ...{ specversion: "1.0", id: `a.06big.${n}`, type: "touchline.event.v1", subject: `ana/${n}` },
    ...{ source: "/venues/arena/boxes/a/sessions/final", time: "2026-11-20T15:00:00.000000Z" },
    ...{ recordedtime: "2026-11-20T15:00:00.000000Z", epoch: "06big", lane: "live" },
    ...{ datacontenttype: "application/json", dataschema: "/schemas/records/event.v1.schema.json" },
  };
}
