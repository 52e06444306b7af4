import { crc32 } from "node:zlib";

// A flipped byte in a payload passes SQLite's own checks; only a checksum over the row sees it.

/** CRC-32 of a record row: everything an output sends. */
export function recordCrc(number: number, natsSubject: string, head: string, data: string): number {
  return crc32(data, crc32(head, crc32(`${number}\n${natsSubject}\n`)));
}

/** CRC-32 of an inbox row: everything the pipeline is given. */
export function inboxCrc(id: number, what: string, sender: string, arrival: number, body: string): number {
  return crc32(`${id}\n${what}\n${sender}\n${arrival}\n${body}`);
}

/** CRC-32 of a snapshot: state that was read wrong would be wrong from then on. */
export function snapshotCrc(core: string, version: number, body: string): number {
  return crc32(body, crc32(`${core}\n${version}\n`));
}
