/**
 * What the writer's thread sleeps on instead of its event loop: being woken from that costs more than storing a small batch does.
 * The count rises with each message posted; who has seen it rise looks for the message.
 */
export type BellMemory = SharedArrayBuffer;

export function createBellMemory(): BellMemory {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
}

export class Bell {
  readonly #count: Int32Array<SharedArrayBuffer>;

  constructor(memory: BellMemory) {
    this.#count = new Int32Array(memory);
  }

  /** After a message was posted. */
  ring(): void {
    Atomics.add(this.#count, 0, 1);
    Atomics.notify(this.#count, 0);
  }

  /** To be read before looking for messages: one that comes after that look is then not slept over. */
  heard(): number {
    return Atomics.load(this.#count, 0);
  }

  /** Returns when it has rung since `heard`. Blocks the thread. */
  waitSince(heard: number): void {
    Atomics.wait(this.#count, 0, heard);
  }
}
