import type { AcceptedMessage, CommitBatch, InboxMessage, Snapshot } from "../../../daemon/outbox/index.js";
import type { RecordDraft } from "../../../daemon/records/index.js";

/** The store's promises in memory: what was committed, when asked for. */
export class FakeStore {
  readonly committed: CommitBatch[] = [];
  readonly inbox: AcceptedMessage[] = [];
  failure: Error | null = null;
  /** Resolves commits only when released, to look at what waits meanwhile. */
  gate: Promise<void> = Promise.resolve();

  get records(): RecordDraft[] {
    return this.committed.flatMap((batch) => [...batch.records]);
  }

  get consumedInbox(): number {
    return Math.max(0, ...this.committed.map((batch) => batch.consumedInbox ?? 0));
  }

  get latestSnapshots(): Snapshot[] {
    return [...new Map(this.committed.flatMap((batch) => batch.snapshots.map((one) => [one.core, one]))).values()];
  }

  async accept(messages: readonly InboxMessage[]): Promise<AcceptedMessage[]> {
    const accepted = messages.map((message, index) => ({ ...message, inboxId: this.inbox.length + index + 1 }));
    this.inbox.push(...accepted);
    return accepted;
  }

  async commit(batch: CommitBatch): Promise<{ firstNumber: number; count: number }> {
    await this.gate;
    if (this.failure !== null) throw this.failure;
    const firstNumber = this.records.length + 1;
    this.committed.push(batch);
    return { firstNumber, count: batch.records.length };
  }

  async consumed(after: number, upTo: number, limit: number): Promise<AcceptedMessage[]> {
    return this.inbox.filter(({ inboxId }) => inboxId > after && inboxId <= upTo).slice(0, limit);
  }

  async pending(after: number, limit: number): Promise<AcceptedMessage[]> {
    return this.inbox.filter(({ inboxId }) => inboxId > Math.max(after, this.consumedInbox)).slice(0, limit);
  }
}
