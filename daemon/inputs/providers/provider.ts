import { addSeconds, formatRfc3339, type UnixMicros } from "../../../sync/index.js";

/** A `log` message (design: what comes in), as if the provider spoke our form. */
export interface LogMessage {
  readonly id: string;
  readonly logger: string;
  readonly class: string;
  readonly version?: number;
  readonly op?: "upsert" | "delete";
  readonly period?: string;
  readonly stamp?: string;
  readonly resolutionMs?: number;
  readonly matchClock?: string;
  readonly occurrence?: string;
  readonly team?: string;
  readonly player?: string;
  readonly payload?: Readonly<Record<string, unknown>>;
}

export interface ProviderFile {
  readonly messages: readonly LogMessage[];
  /** Records that could not be read, with their place in the file. */
  readonly broken: readonly { readonly place: string; readonly reason: string }[];
  /**
   * True when the provider counts from each period's start: then the stamps stand on `kickOff` plus a nominal break, and only their
   * differences within a period mean anything.
   */
  readonly isNominal: boolean;
}

export interface ProviderOptions {
  /** Name of the logger in the messages. */
  readonly logger: string;
  /** Where a clock that counts from the period's start is put. */
  readonly kickOff: UnixMicros;
}

/** A provider's file format. */
export interface ProviderFormat {
  readonly name: string;
  /** Whether a file that begins like this is one of its own. */
  recognises(head: string): boolean;
  /** Never throws on bad records; a file that is not its own gives one broken entry and no messages. */
  read(text: string, options: ProviderOptions): ProviderFile;
}

/** Minutes of a usual break; what the break really was is found by the alignment. */
const NOMINAL_BREAK_SEC = 15 * 60;

/** Puts clocks that start anew with each period one after the other. */
export class NominalClock {
  readonly #kickOff: UnixMicros;
  readonly #lastSec = new Map<number, number>();

  constructor(kickOff: UnixMicros) {
    this.#kickOff = kickOff;
  }

  /** All elapsed times must be noted before the first stamp is asked for. */
  note(period: number, elapsedSec: number): void {
    this.#lastSec.set(period, Math.max(this.#lastSec.get(period) ?? 0, elapsedSec));
  }

  stampOf(period: number, elapsedSec: number): string {
    let startSec = 0;
    for (const [earlier, lastSec] of this.#lastSec) if (earlier < period) startSec += lastSec + NOMINAL_BREAK_SEC;
    return formatRfc3339(addSeconds(this.#kickOff, startSec + elapsedSec));
  }
}

export function brokenFile(reason: string): ProviderFile {
  return { messages: [], broken: [{ place: "file", reason }], isNominal: false };
}

export function parseJsonFile(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    // Not JSON: the caller reports the file as broken.
    return undefined;
  }
}

export type Json = Readonly<Record<string, unknown>>;

export function asObject(value: unknown): Json | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : null;
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asText(value: unknown): string | undefined {
  if (typeof value === "string" && value !== "") return value;
  return typeof value === "number" && Number.isFinite(value) ? String(value) : undefined;
}

/** A finite number, also when it is written as text; `null` otherwise. */
export function asNumber(value: unknown): number | null {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : null;
}

/** The value at a path of keys, e.g. `type`, `name`. */
export function dig(value: unknown, ...keys: readonly string[]): unknown {
  let current: unknown = value;
  for (const key of keys) current = asObject(current)?.[key];
  return current;
}

/** Only the fields that are there: no `undefined` reaches JSON or an exact optional property. */
export function compact<T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

/** A usual file: every record is read on its own, one bad record never harms its neighbours. */
export function readRecords(
  records: readonly unknown[],
  isNominal: boolean,
  read: (record: Json, index: number) => LogMessage | null | string,
): ProviderFile {
  const messages: LogMessage[] = [];
  const broken: { place: string; reason: string }[] = [];
  records.forEach((record, index) => {
    const object = asObject(record);
    const result = object === null ? "is no object" : read(object, index);
    if (typeof result === "string") broken.push({ place: `record ${index + 1}`, reason: result });
    else if (result !== null) messages.push(result);
  });
  return { messages, broken, isNominal };
}
