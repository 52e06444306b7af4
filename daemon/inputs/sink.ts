/** What every transport of messages (HTTP, NATS, file) hands its messages to. */
export interface InputSink {
  /**
   * Checks, stamps the arrival, stores. Resolves when every accepted message is durable, so that the sender may be told.
   * A bad message never harms its neighbours: each has its own receipt, in order.
   */
  accept(what: string, messages: readonly unknown[], from: string): Promise<readonly Receipt[]>;
}

export type Receipt =
  | { readonly status: "accepted"; readonly inboxId: number }
  | { readonly status: "rejected"; readonly code: string; readonly message: string };
