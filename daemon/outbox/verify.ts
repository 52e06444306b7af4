import type { InspectedRecord, StoreInspector } from "./inspector.js";

/** Named one by one up to this many; all are counted. */
const NAMED = 100;

export interface Verdict {
  readonly records: number;
  readonly damagedRecords: number;
  /** Numbers of the first of them. */
  readonly damaged: readonly number[];
  /** Deliveries not acknowledged whose record is not readable: they go out as a tombstone. */
  readonly unsentDamaged: number;
  /** Sequences missing between two that are kept: nothing but damage makes them. */
  readonly holes: number;
  /** What SQLite says of its trees; `null`: they are sound, or were not looked at. */
  readonly trees: string | null;
}

export function isSound({ damagedRecords, unsentDamaged, holes, trees }: Verdict): boolean {
  return damagedRecords === 0 && unsentDamaged === 0 && holes === 0 && trees === null;
}

/**
 * Proves every checksum and every sequence of a store, in constant memory, while it is used. `onProgress` is told the share done, 0 to 1.
 * Throws what SQLite throws on a page it cannot read.
 */
export function verifyStore(inspector: StoreInspector, isDeep: boolean, onProgress: (share: number) => void): Verdict {
  const trees = isDeep ? inspector.checkTrees() : null;
  const { records, damagedRecords, damaged } = checkRecords(inspector, onProgress);
  const outputs = [...new Set(inspector.summary().tracks.map(({ output }) => output))];
  let unsentDamaged = 0;
  let holes = 0;
  for (const output of outputs) {
    const found = checkSequences(inspector.deliveries(output, true));
    unsentDamaged += found.unreadable;
    holes += found.holes;
  }
  return { records, damagedRecords, damaged, unsentDamaged, holes, trees };
}

function checkRecords(
  inspector: StoreInspector,
  onProgress: (share: number) => void,
): Pick<Verdict, "records" | "damagedRecords" | "damaged"> {
  const ends = inspector.ends();
  const damaged: number[] = [];
  let records = 0;
  let damagedRecords = 0;
  for (const { number, event } of inspector.records()) {
    records += 1;
    if (event === null) {
      damagedRecords += 1;
      if (damaged.length < NAMED) damaged.push(number);
    }
    if (ends !== null && records % 1000 === 0) onProgress((number - ends.first) / (ends.last - ends.first + 1));
  }
  return { records, damagedRecords, damaged };
}

function checkSequences(deliveries: Iterable<InspectedRecord>): { unreadable: number; holes: number } {
  let unreadable = 0;
  let holes = 0;
  let before: InspectedRecord | null = null;
  for (const delivery of deliveries) {
    if (delivery.event === null) unreadable += 1;
    if (before !== null && before.lane === delivery.lane)
      holes += Number(delivery.sequence) - Number(before.sequence) - 1;
    before = delivery;
  }
  return { unreadable, holes };
}
