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

const POLYNOMIAL = 0xedb88320;
const STEPS = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? POLYNOMIAL ^ (crc >>> 1) : crc >>> 1;
  return crc;
});

/**
 * `inboxCrc` for many rows in a row. What stands before the body is the same from row to row but for the number, and so short that making a
 * text of it and calling into zlib costs more than the sum itself.
 */
export class InboxRowCrc {
  #what = "";
  #sender = "";
  #arrival = Number.NaN;
  #afterId: Uint8Array = new Uint8Array(0);

  of(id: number, what: string, sender: string, arrival: number, body: string): number {
    if (arrival !== this.#arrival || sender !== this.#sender || what !== this.#what) {
      this.#afterId = Buffer.from(`\n${what}\n${sender}\n${arrival}\n`);
      this.#what = what;
      this.#sender = sender;
      this.#arrival = arrival;
    }
    return crc32(body, this.#headCrc(String(id)));
  }

  #headCrc(digits: string): number {
    let crc = -1;
    for (let i = 0; i < digits.length; i++) crc = step(crc, digits.charCodeAt(i));
    for (const byte of this.#afterId) crc = step(crc, byte);
    return ~crc >>> 0;
  }
}

function step(crc: number, byte: number): number {
  return (STEPS[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
}
