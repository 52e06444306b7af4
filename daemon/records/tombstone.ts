import { LANE_OF_KIND, type Lane, type RecordKind } from "./record.js";

/**
 * What is sent under a record's sequence when the record itself cannot be: too big for the server, damaged on the disk.
 * The sequence stays gapless and the consumer learns what is missing and why. `reason` is a short code.
 */
export function tombstoneData(reason: string): Readonly<Record<string, unknown>> {
  return { tombstone: true, reason };
}

/** A kind that travels in the lane: for the subject of a tombstone whose record is not readable any more. */
export function kindOfLane(lane: Lane): RecordKind {
  const kinds = Object.keys(LANE_OF_KIND) as RecordKind[];
  return kinds.findLast((kind) => LANE_OF_KIND[kind] === lane) ?? "gap";
}
