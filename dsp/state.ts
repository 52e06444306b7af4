/**
 * State of a core as plain data: numbers, booleans, strings, typed arrays, lists and records of them. Written as JSON with the typed arrays in
 * base64, so that every bit comes back; taken over field by field into a state of the same shape.
 */
export type State = { [key: string]: StateValue };
export type StateValue =
  | number
  | boolean
  | string
  | null
  | Float32Array
  | Float64Array
  | readonly StateValue[]
  | object;

export function encodeState(state: object): string {
  const text = JSON.stringify(state, (_key, value: unknown) => {
    if (value instanceof Float32Array) return { f32: toBase64(value) };
    if (value instanceof Float64Array) return { f64: toBase64(value) };
    return value;
  });
  return JSON.stringify({ check: fingerprint(text), state: text });
}

/** The state that was encoded, or `null` when the text is damaged. */
export function decodeState(text: string): unknown {
  const outer = parse(text);
  if (!isRecord(outer) || typeof outer.state !== "string" || outer.check !== fingerprint(outer.state)) return null;
  return parse(outer.state);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, (_key, value: unknown) => {
      if (!isRecord(value)) return value;
      if (typeof value.f32 === "string") return new Float32Array(fromBase64(value.f32, 4));
      if (typeof value.f64 === "string") return new Float64Array(fromBase64(value.f64, 8));
      return value;
    });
  } catch {
    return null; // Damaged text: the caller starts fresh and says so.
  }
}

/** FNV-1a, 32 bit: finds damage, not intent. */
function fingerprint(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Whether `source` has the shape of `target`: same keys, kinds and lengths (lists may differ in length), no number that is not finite. */
export function fits(target: unknown, source: unknown): boolean {
  if (target instanceof Float32Array) return source instanceof Float32Array && source.length === target.length;
  if (target instanceof Float64Array) return source instanceof Float64Array && source.length === target.length;
  if (Array.isArray(target)) {
    if (!Array.isArray(source)) return false;
    return source.every((item, i) => (target.length === 0 ? true : fits(target[Math.min(i, target.length - 1)], item)));
  }
  if (isRecord(target)) return isRecord(source) && Object.keys(target).every((key) => fits(target[key], source[key]));
  if (target === null || source === null) return true;
  return typeof target === typeof source;
}

/** Copies `source` into `target` in place: objects, lists and typed arrays keep their identity. Call only when `fits`. */
export function adopt(target: Record<string, unknown>, source: Record<string, unknown>): void {
  for (const key of Object.keys(target)) {
    const mine = target[key];
    const theirs = source[key];
    if (mine instanceof Float32Array || mine instanceof Float64Array) mine.set(theirs as Float32Array);
    else if (Array.isArray(mine) && Array.isArray(theirs)) adoptList(mine, theirs);
    else if (isRecord(mine) && isRecord(theirs)) adopt(mine, theirs);
    else target[key] = theirs;
  }
}

function adoptList(mine: unknown[], theirs: readonly unknown[]): void {
  mine.length = Math.min(mine.length, theirs.length);
  theirs.forEach((item, i) => {
    const old = mine[i];
    if (isRecord(old) && isRecord(item)) adopt(old, item);
    else mine[i] = item;
  });
}

/** An index signature would ask for brackets at each field. */
type Fields = Record<string, unknown> & {
  readonly f32?: unknown;
  readonly f64?: unknown;
  readonly state?: unknown;
  readonly check?: unknown;
};

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function toBase64(array: Float32Array | Float64Array): string {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64");
}

function fromBase64(text: string, width: number): ArrayBuffer {
  const bytes = Buffer.from(text, "base64");
  const copy = new ArrayBuffer(Math.floor(bytes.length / width) * width);
  new Uint8Array(copy).set(bytes.subarray(0, copy.byteLength));
  return copy;
}
