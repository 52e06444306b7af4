import type Database from "better-sqlite3";
import { InboxRowCrc } from "./row-crc.js";
import type { InboxMessage } from "./store.js";

/** Rows that one statement takes. Each call into SQLite costs about half of what storing 400 bytes does; above 20 there is little left to gain. */
const ROWS_AT_A_TIME = 20;

interface Sender {
  readonly what: string;
  readonly from: string;
}

type Insert = Database.Statement<[(number | string)[], Sender]>;

/** Stores accepted messages: those of one sender many at a time, so that a batch costs hardly more than a bare loop over its bodies. */
export class InboxInserter {
  readonly #one: Insert;
  readonly #many: Insert;
  readonly #crc = new InboxRowCrc();

  constructor(db: Database.Database) {
    this.#one = db.prepare(insertOf(1));
    this.#many = db.prepare(insertOf(ROWS_AT_A_TIME));
  }

  /** Under the numbers from `first` on. Part of the writer's transaction. */
  insert(first: number, messages: readonly InboxMessage[]): void {
    for (let at = 0; at < messages.length; ) {
      const isFull = sameSenderFrom(messages, at) >= ROWS_AT_A_TIME;
      const count = isFull ? ROWS_AT_A_TIME : 1;
      this.#insert(isFull ? this.#many : this.#one, first + at, messages.slice(at, at + count));
      at += count;
    }
  }

  #insert(statement: Insert, first: number, messages: readonly InboxMessage[]): void {
    const [sender] = messages;
    if (sender === undefined) return;
    const { what, from } = sender;
    const values: (number | string)[] = [];
    let id = first;
    for (const { arrival, body } of messages) {
      values.push(id, arrival, body, this.#crc.of(id, what, from, arrival, body));
      id += 1;
    }
    statement.run(values, { what, from });
  }
}

/** How many messages from here on have the same sender; as many as fit into one statement are looked at. */
function sameSenderFrom(messages: readonly InboxMessage[], at: number): number {
  const sender = messages[at];
  let count = 1;
  while (count < ROWS_AT_A_TIME) {
    const next = messages[at + count];
    if (next === undefined || next.from !== sender?.from || next.what !== sender.what) break;
    count += 1;
  }
  return count;
}

/** The sender is bound once for all rows: binding a text costs two copies of it. */
function insertOf(rows: number): string {
  return `INSERT INTO inbox VALUES ${Array(rows).fill("(?, @what, @from, ?, ?, ?)").join(", ")}`;
}
