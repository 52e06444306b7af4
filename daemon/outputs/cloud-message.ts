import { gzipSync } from "node:zlib";
import type { OutgoingMessage } from "../link.js";
import { type Delivery, tombstoneData } from "../records/index.js";

/** Bytes a header line costs beside its name and value: colon, space and line end; and the block's first and last lines. */
const HEADER_LINE_BYTES = 4;
const HEADER_BLOCK_BYTES = 14;
/** Bytes the link adds: `Nats-Expected-Last-Sequence` with its number. */
const EXPECTED_HEADER_BYTES = 50;
/** The protocol line of a publish beside its subject: `HPUB`, the inbox of the answer, two lengths, line ends. */
const PROTOCOL_BYTES = 70;

/** Shorter ones hardly shrink, and each costs the thread about as much as a long one. */
export const COMPRESS_FROM_BYTES = 512;
/** Above this records of a kilobyte shrink by less than a hundredth more. */
const GZIP_LEVEL = 6;
/** Optional in CloudEvents. */
const LEFT_OUT_WHEN_SUPERSEDED = ["ce-time", "ce-dataschema", "content-type"];
const ENCODING_HEADER = ["Content-Encoding", "gzip"] as const;

/**
 * A delivery as a message in the binary mode of CloudEvents: attributes as `ce-` headers, `data` as the body.
 * `Nats-Msg-Id` is the record's id (see `messageId`), so that a server's own window drops a repeat as well.
 */
export function toMessage(delivery: Delivery): OutgoingMessage {
  return { subject: delivery.natsSubject, headers: toHeaders(delivery), body: bodyOf(delivery) };
}

/** The same subject, ids and sequence, but a body that says why the record itself is not there. */
export function toTombstone(delivery: Delivery, reason: string): OutgoingMessage {
  const headers = toHeaders(delivery).map(([name, value]): [string, string] => [name, clipped(value)]);
  return { subject: delivery.natsSubject, headers, body: JSON.stringify(tombstoneData(reason)) };
}

/**
 * In place of a record that a later one supersedes: its sequence, its ids, and where the newest is. All that a consumer's proof and a look
 * at the stream need, and nothing else, for its size is what it is for.
 */
export function toSuperseded(delivery: Delivery, by: number): OutgoingMessage {
  const headers = toHeaders(delivery).filter(([name]) => !LEFT_OUT_WHEN_SUPERSEDED.includes(name));
  return { subject: delivery.natsSubject, headers, body: JSON.stringify({ ...tombstoneData("superseded"), by }) };
}

/** The same message with its body as gzip, where it is long enough and gets smaller by it. The other headers stay readable as they are. */
export function compressed(message: OutgoingMessage): OutgoingMessage {
  const { body, headers } = message;
  const bytes = Buffer.byteLength(body);
  if (bytes < COMPRESS_FROM_BYTES) return message;
  const packed = gzipSync(body, { level: GZIP_LEVEL });
  const headerBytes = ENCODING_HEADER.join("").length + HEADER_LINE_BYTES;
  return packed.length + headerBytes < bytes
    ? { ...message, headers: [...headers, ENCODING_HEADER], body: packed }
    : message;
}

/** Bytes on the line, up to a few; without TCP and TLS. */
export function wireBytes(message: OutgoingMessage): number {
  return messageBytes(message) + message.subject.length + PROTOCOL_BYTES;
}

export function messageBytes(message: OutgoingMessage): number {
  const headers = message.headers.reduce(
    (sum, [name, value]) => sum + name.length + value.length + HEADER_LINE_BYTES,
    0,
  );
  return Buffer.byteLength(message.body) + headers + HEADER_BLOCK_BYTES + EXPECTED_HEADER_BYTES;
}

function bodyOf(delivery: Delivery): string {
  return delivery.stored?.dataJson ?? JSON.stringify(delivery.event.data);
}

function toHeaders(delivery: Delivery): [string, string][] {
  const head = delivery.stored?.head ?? delivery.event;
  return [
    ["ce-specversion", head.specversion],
    ["ce-id", escapeHeader(head.id)],
    ["ce-source", escapeHeader(head.source)],
    ["ce-type", head.type],
    ["ce-subject", escapeHeader(head.subject)],
    ["ce-time", head.time],
    ["ce-recordedtime", head.recordedtime],
    ["ce-sequence", String(delivery.sequence).padStart(12, "0")],
    ["ce-epoch", head.epoch],
    ["ce-lane", head.lane],
    ["ce-dataschema", head.dataschema],
    ["content-type", head.datacontenttype],
    ["Nats-Msg-Id", escapeHeader(messageId(head))],
  ];
}

/**
 * The record's id. One saved from a damaged database goes out under a new epoch with the id it had; were it stored before, the server would
 * answer with that older place in the stream, and the sequences would no longer follow each other. Its `ce-id` tells consumers.
 */
function messageId({ id, epoch }: NonNullable<Delivery["stored"]>["head"]): string {
  return id.includes(`.${epoch}.`) ? id : `${id}.${epoch}`;
}

/** What may not stand in a header as it is: CloudEvents HTTP binding 1.0, section 3.1.3.2 (its NATS binding refers to no other). */
export function escapeHeader(value: string): string {
  if (!/[^\x21\x23\x24\x26-\x7e]/.test(value)) return value;
  return value.replace(/[^\x21\x23\x24\x26-\x7e]/gu, (char) =>
    [...new TextEncoder().encode(char)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}

/** A tombstone must fit wherever its record did not. */
function clipped(value: string): string {
  return value.length <= 256 ? value : value.slice(0, 256);
}
