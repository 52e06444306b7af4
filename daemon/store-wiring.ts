import type { UnixMicros } from "../sync/index.js";
import type { Logger } from "./observe/index.js";
import type { StoreClient } from "./outbox/index.js";
import type { BoxIdentity, RecordDraft } from "./records/index.js";

/** Says in the log what opening the store found and did; answers with the records that tell consumers what is missing. */
export function tellOpened(store: StoreClient, logger: Logger, box: BoxIdentity, now: UnixMicros): RecordDraft[] {
  const { migration, setAside, salvage, epoch } = store.opened;
  if (migration !== null) logger.info({ ...migration }, "the database was of an older version: migrated");
  if (setAside === null || salvage === null) return [];
  logger.error({ setAside, epoch, salvage }, "the database was damaged: a fresh one with what could be read is in use");
  const { lostRecords, lostMessages, failure } = salvage;
  return [
    ...(lostRecords > 0 || failure !== null ? [damageGap("records", lostRecords, salvage.epoch, box, now)] : []),
    ...(lostMessages > 0 ? [damageGap("messages", lostMessages, salvage.epoch, box, now)] : []),
  ];
}

function damageGap(
  what: "records" | "messages",
  count: number,
  epoch: string | null,
  box: BoxIdentity,
  now: UnixMicros,
): RecordDraft {
  return {
    kind: "gap",
    session: "_",
    subject: box.box,
    class: "_",
    key: "_",
    time: now,
    recordedAt: now,
    data: {
      what,
      count,
      unit: what,
      reason: "storeDamaged",
      detail: `the database was damaged: ${count === 0 ? "an unknown number" : "so many"} could not be read any more (epoch ${epoch ?? "unknown"})`,
    },
  };
}
