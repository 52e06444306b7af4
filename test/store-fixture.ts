import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry } from "prom-client";
import type { Clock } from "../daemon/clock.js";
import { type OutputRoute, openStore, type StoreClient, type StoreOptions } from "../daemon/outbox/index.js";
import type { RecordDraft } from "../daemon/records/index.js";
import type { MonoMicros, UnixMicros } from "../sync/index.js";
import { discardAtExit } from "./leftovers.js";

export const BOX = { venue: "arena", box: "a" };
export const EVERYTHING: OutputRoute = { output: "cloud", kinds: null, classes: null };
export const START = 1_794_000_000_000_000 as UnixMicros;

/** A clock that goes only when told to. */
export class ManualClock implements Clock {
  #micros = 0;

  wall(): UnixMicros {
    return (START + this.#micros) as UnixMicros;
  }

  mono(): MonoMicros {
    return this.#micros as MonoMicros;
  }

  advanceMs(ms: number): void {
    this.#micros += ms * 1000;
  }
}

export function tempFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "touchline-test-"));
  const discard = (): void => rmSync(path, { recursive: true, force: true });
  const leftover = discardAtExit(discard);
  const remove = (): void => {
    leftover.takeBack();
    discard();
  };
  return { path, remove };
}

export function openTestStore(path: string, options: Partial<StoreOptions> = {}): Promise<StoreClient> {
  return openStore({
    path,
    box: BOX,
    routes: [EVERYTHING],
    clock: new ManualClock(),
    registry: new Registry(),
    ...options,
  });
}

/** Record `n`: an event (live lane), or a cue (analysis lane) where asked. */
export function draft(n: number, changes: Partial<RecordDraft> = {}): RecordDraft {
  return {
    kind: "event",
    session: "final",
    subject: `ana/${n}`,
    class: "goal",
    key: "home",
    time: (START + n) as UnixMicros,
    recordedAt: (START + n) as UnixMicros,
    data: { n },
    ...changes,
  };
}

export function batchOf(records: readonly RecordDraft[]): {
  records: readonly RecordDraft[];
  snapshots: [];
  consumedInbox: null;
} {
  return { records, snapshots: [], consumedInbox: null };
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

export async function until(isTrue: () => boolean | Promise<boolean>, forMs = 30_000): Promise<void> {
  const end = Date.now() + forMs;
  while (!(await isTrue())) {
    if (Date.now() > end) throw new Error(`not within ${forMs} ms: ${isTrue.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
