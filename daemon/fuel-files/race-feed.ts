import type { FuelOutput, FuelRace, TelemetrySample } from "../../models/index.js";
import type { TimedMark } from "./race-files.js";
import type { CarColumns } from "./telemetry-columns.js";

/** Where the next sample of a car is. */
interface Cursor {
  readonly columns: CarColumns;
  row: number;
  /** Newest time of the rows before: a row that is late is taken where it stands. */
  t: number;
}

/**
 * All cars' samples by event time, as a live feed would merge them. Each car's rows stay in the order of the file.
 */
export function* mergedSamples(cars: readonly CarColumns[]): Generator<TelemetrySample> {
  const heap: Cursor[] = [];
  for (const columns of cars) {
    if (columns.count > 0) insert(heap, { columns, row: 0, t: columns.columns.t[0] ?? 0 });
  }
  for (let cursor = heap[0]; cursor !== undefined; cursor = heap[0]) {
    yield sampleAt(cursor.columns, cursor.row);
    cursor.row += 1;
    if (cursor.row < cursor.columns.count) {
      const t = cursor.columns.columns.t[cursor.row] ?? cursor.t;
      if (t > cursor.t) cursor.t = t;
      sink(heap, 0);
    } else {
      const last = heap.pop();
      if (heap.length > 0 && last !== undefined) {
        heap[0] = last;
        sink(heap, 0);
      }
    }
  }
}

/** Runs a race over its files: every sample and mark when it is known, the outputs as they are made. */
export function* runRace(
  race: FuelRace,
  cars: readonly CarColumns[],
  marks: readonly TimedMark[],
): Generator<readonly FuelOutput[]> {
  let next = 0;
  for (const sample of mergedSamples(cars)) {
    for (let mark = marks[next]; mark !== undefined && mark.knownAt <= sample.t; mark = marks[++next]) {
      const told = race.mark(mark.mark);
      if (told.length > 0) yield told;
    }
    const told = race.push(sample);
    if (told.length > 0) yield told;
  }
  yield race.advance(Number.POSITIVE_INFINITY);
  for (const { mark } of marks.slice(next)) yield race.mark(mark);
}

/** A sample of the models from its row. Cells that hold no number are left out. */
export function sampleAt({ car, columns }: CarColumns, row: number): TelemetrySample {
  const sample: { -readonly [K in keyof TelemetrySample]: TelemetrySample[K] } = { car, t: columns.t[row] as number };
  const speedMps = columns.speedMps[row] as number;
  if (!Number.isNaN(speedMps)) sample.speedMps = speedMps;
  const rpm = columns.rpm[row] as number;
  if (!Number.isNaN(rpm)) sample.rpm = rpm;
  const throttle = columns.throttle[row] as number;
  if (!Number.isNaN(throttle)) sample.throttle = throttle;
  const lap = columns.lap[row] as number;
  if (!Number.isNaN(lap)) sample.lap = lap;
  const lapPct = columns.lapPct[row] as number;
  if (!Number.isNaN(lapPct)) sample.lapPct = lapPct;
  const flag = columns.flag[row] as number;
  if (!Number.isNaN(flag)) sample.flag = flag;
  const pit = columns.pit[row] as number;
  if (!Number.isNaN(pit)) sample.pit = pit;
  const airC = columns.airC[row] as number;
  if (!Number.isNaN(airC)) sample.airC = airC;
  return sample;
}

function insert(heap: Cursor[], cursor: Cursor): void {
  heap.push(cursor);
  let at = heap.length - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(heap[at], heap[parent])) return;
    swap(heap, at, parent);
    at = parent;
  }
}

function sink(heap: Cursor[], from: number): void {
  for (let at = from; ; ) {
    const left = 2 * at + 1;
    let first = at;
    if (isBefore(heap[left], heap[first])) first = left;
    if (isBefore(heap[left + 1], heap[first])) first = left + 1;
    if (first === at) return;
    swap(heap, at, first);
    at = first;
  }
}

/** By time; of one time by the car's name, so that the order is the same however the file is written. */
function isBefore(a: Cursor | undefined, b: Cursor | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.t < b.t || (a.t === b.t && a.columns.car < b.columns.car);
}

function swap(heap: Cursor[], a: number, b: number): void {
  const kept = heap[a] as Cursor;
  heap[a] = heap[b] as Cursor;
  heap[b] = kept;
}
