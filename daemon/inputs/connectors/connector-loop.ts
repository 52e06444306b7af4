import { type Connector, type ConnectorParts, MessageTaker } from "./connector.js";

/** What the connectors have in common: looking again and again, each after the wait that the last look asked for, until stopped. */
export abstract class ConnectorLoop implements Connector {
  protected readonly parts: ConnectorParts;
  protected readonly taker: MessageTaker;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(parts: ConnectorParts) {
    this.parts = parts;
    this.taker = new MessageTaker(parts);
  }

  start(): void {
    this.parts.observer.state("connecting", null);
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** Aborted when the connector is to stop. */
  protected get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** One look, or one connection from its opening to its end; resolves to how many milliseconds to wait for the next. Never rejects. */
  protected abstract look(): Promise<number>;

  async #run(): Promise<void> {
    while (!this.stopping.aborted) {
      const waitMs = await this.look();
      if (!this.stopping.aborted) await this.parts.sleep(waitMs, this.stopping);
    }
  }
}
