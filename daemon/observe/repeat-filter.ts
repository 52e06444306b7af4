import { MICROS_PER_SECOND, type MonoMicros } from "../../sync/index.js";
import type { Clock } from "../clock.js";
import type { LogFields, LogLevel } from "./log-line.js";

/** A line that comes again within this time is counted instead of written. */
export const REPEAT_WINDOW_SEC = 10;
/** Lines that are told apart at a time; the oldest gives way, its count is written then. */
const MAX_KEYS = 256;
/** Longer strings are texts, not names: they would make each line its own key. */
const MAX_NAME_LENGTH = 64;

interface Repeat {
  readonly level: LogLevel;
  readonly message: string;
  readonly openedAt: MonoMicros;
  fields: LogFields;
  count: number;
}

export interface RepeatFilterDeps {
  readonly clock: Pick<Clock, "mono">;
  readonly write: (level: LogLevel, fields: LogFields, message: string) => void;
}

/**
 * Collapses repeats: the first line of a kind is written at once, those of the next ten seconds are counted, then one line with the last fields
 * and `repeated` follows. Lines are of one kind when level, message and every short string field are equal: strings name things, numbers measure.
 */
export class RepeatFilter {
  readonly #deps: RepeatFilterDeps;
  readonly #open = new Map<string, Repeat>();
  #timer: NodeJS.Timeout | null = null;

  constructor(deps: RepeatFilterDeps) {
    this.#deps = deps;
  }

  log(level: LogLevel, fields: LogFields, message: string): void {
    const now = this.#deps.clock.mono();
    this.#closeExpired(now);
    const key = keyOf(level, fields, message);
    const known = this.#open.get(key);
    if (known !== undefined) {
      known.count += 1;
      known.fields = fields;
      this.#armTimer();
      return;
    }
    if (this.#open.size >= MAX_KEYS) this.#closeOldest();
    this.#open.set(key, { level, message, openedAt: now, fields, count: 0 });
    this.#deps.write(level, fields, message);
  }

  /** Writes every pending count and forgets all. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const key of [...this.#open.keys()]) this.#close(key);
  }

  // Insertion order is order of opening, so the first one that is young ends the walk.
  #closeExpired(now: MonoMicros): void {
    for (const [key, repeat] of this.#open) {
      if (now - repeat.openedAt < REPEAT_WINDOW_SEC * MICROS_PER_SECOND) return;
      this.#close(key);
    }
  }

  #closeOldest(): void {
    const [oldest] = this.#open.keys();
    if (oldest !== undefined) this.#close(oldest);
  }

  #close(key: string): void {
    const repeat = this.#open.get(key);
    this.#open.delete(key);
    if (repeat === undefined || repeat.count === 0) return;
    this.#deps.write(repeat.level, { ...repeat.fields, repeated: repeat.count }, repeat.message);
  }

  // Without it the count of a burst would wait for the next line, which may come hours later. Unref'd: it keeps no process alive.
  #armTimer(): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#closeExpired(this.#deps.clock.mono());
      if ([...this.#open.values()].some((repeat) => repeat.count > 0)) this.#armTimer();
    }, REPEAT_WINDOW_SEC * 1000);
    this.#timer.unref();
  }
}

function keyOf(level: LogLevel, fields: LogFields, message: string): string {
  const names = Object.entries(fields)
    .filter(([, value]) => typeof value === "string" && value.length <= MAX_NAME_LENGTH)
    .map(([name, value]) => `${name}=${String(value)}`);
  return [level, message, ...names].join("\n");
}
