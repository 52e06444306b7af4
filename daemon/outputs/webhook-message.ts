import { type BoxIdentity, type CloudEvent, type Delivery, type Lane, tombstoneData } from "../records/index.js";
import { escapeHeader } from "./cloud-message.js";

/** A request is not made larger than this, but by one record that is larger by itself. */
const BODY_BYTES = 1_000_000;

export interface WebhookMessage {
  /** The same at every try, whatever was restarted meanwhile: what a receiver knows a repeat by. */
  readonly id: string;
  readonly contentType: string;
  readonly body: string;
  /** Last sequence in it. */
  readonly upTo: number;
  readonly records: number;
}

export interface MessageMaker {
  readonly box: BoxIdentity;
  readonly epoch: string;
  readonly output: string;
  readonly lane: Lane;
  /** Records in a request at most; 1: each alone, as a structured CloudEvent. */
  readonly batch: number;
}

/** The records at the front of a page as one request. `buried`: a record that was refused for what it is; its tombstone stands for it. */
export function toWebhookMessage(
  maker: MessageMaker,
  page: readonly Delivery[],
  buried: number | null,
): WebhookMessage {
  const texts: string[] = [];
  let bytes = 0;
  for (const { sequence, event } of page.slice(0, maker.batch)) {
    const text = JSON.stringify(sequence === buried ? toTombstoneEvent(event) : event);
    bytes += Buffer.byteLength(text);
    if (texts.length > 0 && bytes > BODY_BYTES) break;
    texts.push(text);
  }
  const isBatch = maker.batch > 1;
  const from = page[0]?.sequence ?? 0;
  const upTo = page[texts.length - 1]?.sequence ?? from;
  return {
    id: messageId(maker, from, isBatch ? upTo : null),
    contentType: isBatch ? "application/cloudevents-batch+json" : "application/cloudevents+json",
    body: isBatch ? `[${texts.join(",")}]` : (texts[0] ?? ""),
    upTo,
    records: texts.length,
  };
}

/** Output and lane are part of it: each has a numbering of its own. No full stop: that divides what is signed. */
function messageId({ box, epoch, output, lane }: MessageMaker, from: number, upTo: number | null): string {
  const words = [box.venue, box.box, epoch, output, lane, String(from), ...(upTo === null ? [] : [String(upTo)])];
  return words.map((word) => escapeHeader(word).replaceAll(".", "%2E")).join("/");
}

function toTombstoneEvent(event: CloudEvent): CloudEvent {
  return { ...event, data: tombstoneData("refused") };
}
