import type { FeedRecord } from "./protocol.js";
import { connectForEver } from "./reconnecting-socket.js";

/**
 * The feed of records, resumed after a break where it was left: by epoch and by the last sequence of each lane.
 * `onRecord` gets every record once; `onBegin` is called when the feed could not resume and what came before must be asked for.
 */
export function followFeed(handlers: { onRecord(record: FeedRecord): void; onBegin(): void }): void {
  const had = new Map<string, number>();
  let epoch: string | null = null;
  const take = (message: unknown) => {
    if (!isObject(message)) return;
    if (message.type === "hello" && typeof message.epoch === "string") {
      if (message.epoch !== epoch) had.clear();
      epoch = message.epoch;
      // A lane nothing has come in yet is resumed from where it stands now.
      for (const [lane, state] of entriesOf(message.lanes)) {
        if (!had.has(lane) && isObject(state)) had.set(lane, Number(state.last));
      }
    }
    if (message.type === "resync") {
      had.clear();
      handlers.onBegin();
    }
    if (message.type === "snapshot" && Array.isArray(message.events)) {
      for (const record of message.events.toReversed()) takeRecord(record, handlers.onRecord);
    }
    if (message.type === "record") {
      had.set(String(message.lane), Number(message.sequence));
      takeRecord(message.event, handlers.onRecord);
    }
  };
  connectForEver(() => addressOf(epoch, had), {
    onMessage: take,
    onOpen: () => undefined,
    onLost: () => undefined,
    // Nothing to tell is the feed's normal state: the live view tells whether the line lives.
    isTalkative: false,
  });
}

function addressOf(epoch: string | null, had: ReadonlyMap<string, number>): string {
  if (epoch === null || had.size === 0) return "/v1/feed";
  const lanes = Object.fromEntries([...had].map(([lane, sequence]) => [lane, String(sequence)]));
  return `/v1/feed?${new URLSearchParams({ epoch, ...lanes })}`;
}

function takeRecord(record: unknown, onRecord: (record: FeedRecord) => void): void {
  if (isObject(record) && typeof record.type === "string" && "data" in record)
    onRecord(record as unknown as FeedRecord);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function entriesOf(value: unknown): [string, unknown][] {
  return isObject(value) ? Object.entries(value) : [];
}
