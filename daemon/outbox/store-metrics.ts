import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { RECORD_KINDS } from "../records/index.js";
import type { Checked, FromWriter, TextDraft } from "./messages.js";
import type { Salvage } from "./salvaged.js";
import { INPUT_KINDS, type StoreStats } from "./store.js";

const REFUSALS = ["DB_FULL", "DB_OVERLOADED", "DB_REFUSED", "DB_FAILED"] as const;
const MICROS_PER_SECOND = 1_000_000;

/** The store's metrics. Gauges are read at scrape, by one `stats` call for all of them. */
export class StoreMetrics {
  readonly #registry: Registry;
  readonly #names: string[] = [];
  readonly #commits: Counter;
  readonly #commitSeconds: Histogram;
  readonly #records: Counter<"kind">;
  readonly #accepted: Counter<"what">;
  readonly #setAside: Counter;
  readonly #salvaged: Counter<"result">;
  readonly #reopened: Counter;
  #reopenedBefore = 0;
  readonly #checked: Counter;
  readonly #checkedTo: Gauge;
  readonly #damagedRows: Counter;
  readonly #refused: Counter<"reason">;
  readonly #pruned: Counter<"table">;
  readonly #deadLetters: Counter<"output">;
  readonly #shed: Counter<"output">;
  readonly #failed: Gauge;
  readonly #short: Gauge;
  readonly #lastCommit: Gauge;

  constructor(registry: Registry, outputs: readonly string[], readStats: () => Promise<StoreStats>) {
    this.#registry = registry;
    const base = { registers: [registry] };
    this.#commits = this.#own(
      new Counter({ ...base, name: "touchline_store_commits_total", help: "Transactions committed." }),
    );
    this.#commitSeconds = this.#own(
      new Histogram({
        ...base,
        name: "touchline_store_commit_seconds",
        help: "Duration of a transaction, flush to the disk included.",
        buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      }),
    );
    this.#records = this.#own(
      new Counter({ ...base, name: "touchline_store_records_total", help: "Records stored.", labelNames: ["kind"] }),
    );
    this.#accepted = this.#own(
      new Counter({
        ...base,
        name: "touchline_store_accepted_total",
        help: "Messages stored on arrival.",
        labelNames: ["what"],
      }),
    );
    this.#setAside = this.#own(
      new Counter({
        ...base,
        name: "touchline_store_set_aside_total",
        help: "Damaged or foreign databases that were renamed and replaced by a fresh one.",
      }),
    );
    this.#reopened = this.#own(
      new Counter({
        ...base,
        name: "touchline_store_reopened_total",
        help: "Times the database was opened again after a disk error.",
      }),
    );
    this.#checked = this.#own(
      new Counter({
        ...base,
        name: "touchline_store_checked_rows_total",
        help: "Records whose checksum was proved in the background.",
      }),
    );
    this.#checkedTo = this.#own(
      new Gauge({
        ...base,
        name: "touchline_store_checked_to_number",
        help: "How far the check in the background is; 0 between two rounds.",
      }),
    );
    this.#salvaged = this.#own(
      new Counter({
        ...base,
        name: "touchline_store_salvaged_total",
        help: "Undelivered records and messages of a damaged database: carried over, or lost.",
        labelNames: ["result"],
      }),
    );
    this.#damagedRows = this.#own(
      new Counter({ ...base, name: "touchline_store_damaged_rows_total", help: "Rows read whose checksum was wrong." }),
    );
    this.#refused = this.#own(
      new Counter({
        ...base,
        name: "touchline_store_refused_total",
        help: "Calls the store refused.",
        labelNames: ["reason"],
      }),
    );
    this.#pruned = this.#own(
      new Counter({
        ...base,
        name: "touchline_store_pruned_total",
        help: "Rows forgotten after delivery.",
        labelNames: ["table"],
      }),
    );
    this.#deadLetters = this.#own(
      new Counter({
        ...base,
        name: "touchline_store_dead_letters_total",
        help: "Records that can never be sent to an output.",
        labelNames: ["output"],
      }),
    );
    this.#shed = this.#own(
      new Counter({
        ...base,
        name: "touchline_outbox_shed_total",
        help: "Records an output does not get because they waited longer than its maxLag.",
        labelNames: ["output"],
      }),
    );
    this.#failed = this.#own(
      new Gauge({ ...base, name: "touchline_store_failed", help: "1 when the store has failed." }),
    );
    this.#short = this.#own(
      new Gauge({
        ...base,
        name: "touchline_store_short_of_room",
        help: "1 while there is little room: input is refused.",
      }),
    );
    this.#lastCommit = this.#own(
      new Gauge({
        ...base,
        name: "touchline_store_last_commit_timestamp_seconds",
        help: "When the last transaction was committed.",
      }),
    );
    this.#registerGauges(readStats);
    this.#startAtZero(outputs);
  }

  /** Takes the metrics out of the registry, so that another store may use it. */
  unregister(): void {
    for (const name of this.#names) this.#registry.removeSingleMetric(name);
  }

  countRound(message: FromWriter, at: number): void {
    for (const seconds of message.commitSeconds) this.#commitSeconds.observe(seconds);
    this.#commits.inc(message.commitSeconds.length);
    this.#damagedRows.inc(message.damagedRows);
    if (message.reopened > this.#reopenedBefore) this.#reopened.inc(message.reopened - this.#reopenedBefore);
    this.#reopenedBefore = message.reopened;
    if (message.commitSeconds.length > 0) this.#lastCommit.set(at / MICROS_PER_SECOND);
  }

  countAccepted(messages: readonly { readonly what: string }[]): void {
    for (const { what } of messages) this.#accepted.inc({ what });
  }

  countRecords(drafts: readonly TextDraft[]): void {
    for (const { kind } of drafts) this.#records.inc({ kind });
  }

  countChecked({ next, rows, damaged }: Checked): void {
    this.#checked.inc(rows);
    this.#damagedRows.inc(damaged);
    this.#checkedTo.set(next);
  }

  countRefused(reason: string): void {
    this.#refused.inc({ reason });
  }

  countPruned(records: number, inbox: number): void {
    this.#pruned.inc({ table: "records" }, records);
    this.#pruned.inc({ table: "inbox" }, inbox);
  }

  countDeadLetter(output: string): void {
    this.#deadLetters.inc({ output });
  }

  countShed(output: string, records: number): void {
    this.#shed.inc({ output }, records);
  }

  countSetAside(salvage: Salvage | null): void {
    this.#setAside.inc();
    this.#salvaged.inc({ result: "carried" }, (salvage?.records ?? 0) + (salvage?.messages ?? 0));
    this.#salvaged.inc({ result: "lost" }, (salvage?.lostRecords ?? 0) + (salvage?.lostMessages ?? 0));
  }

  setShort(isShort: boolean): void {
    this.#short.set(isShort ? 1 : 0);
  }

  markFailed(): void {
    this.#failed.set(1);
  }

  #own<M extends { name: string } | object>(metric: M): M {
    if ("name" in metric) this.#names.push(String(metric.name));
    return metric;
  }

  #startAtZero(outputs: readonly string[]): void {
    for (const kind of RECORD_KINDS) this.#records.inc({ kind }, 0);
    for (const what of INPUT_KINDS) this.#accepted.inc({ what }, 0);
    for (const reason of REFUSALS) this.#refused.inc({ reason }, 0);
    for (const output of outputs) {
      this.#deadLetters.inc({ output }, 0);
      this.#shed.inc({ output }, 0);
    }
    for (const result of ["carried", "lost"]) this.#salvaged.inc({ result }, 0);
    this.countPruned(0, 0);
  }

  #registerGauges(readStats: () => Promise<StoreStats>): void {
    const shared = shareWhileRunning(readStats);
    const gauge = <L extends string>(
      name: string,
      help: string,
      labelNames: L[],
      set: (gauge: Gauge<L>, stats: StoreStats) => void,
    ): void => {
      const registers = [this.#registry];
      this.#own(
        new Gauge<L>({
          name,
          help,
          labelNames,
          registers,
          async collect() {
            const stats = await shared();
            if (stats !== null) set(this, stats);
          },
        }),
      );
    };
    gauge("touchline_store_database_bytes", "Size of the database file.", [], (g, s) => g.set(s.databaseBytes));
    gauge("touchline_store_wal_bytes", "Size of the write-ahead log.", [], (g, s) => g.set(s.walBytes));
    gauge("touchline_store_records", "Records kept.", [], (g, s) => g.set(s.records));
    gauge("touchline_store_inbox_pending", "Accepted messages not worked in yet.", [], (g, s) => g.set(s.inboxPending));
    gauge("touchline_outbox_backlog", "Records an output has not acknowledged.", ["output", "lane"], (g, stats) => {
      for (const { output, lanes } of stats.outputs)
        for (const { lane, last, acknowledged } of lanes) g.set({ output, lane }, last - acknowledged);
    });
    gauge(
      "touchline_outbox_oldest_unsent_timestamp_seconds",
      "When the oldest record was made that an output has not acknowledged; 0 when there is none.",
      ["output"],
      (g, stats) => {
        for (const { output, oldestUnsentAt } of stats.outputs)
          g.set({ output }, (oldestUnsentAt ?? 0) / MICROS_PER_SECOND);
      },
    );
  }
}

/** All gauges of one scrape share one question; a failed store leaves them as they were. */
function shareWhileRunning(readStats: () => Promise<StoreStats>): () => Promise<StoreStats | null> {
  let running: Promise<StoreStats | null> | null = null;
  return () => {
    running ??= readStats()
      .catch(() => null) // counted where it failed: touchline_store_failed
      .finally(() => {
        running = null;
      });
    return running;
  };
}
