import type { LinkAnswer, NatsLink, StreamFacts } from "../link.js";
import type { BoxIdentity, Lane } from "../records/index.js";
import { escapeHeader } from "./cloud-message.js";
import type { DeliverySource } from "./output.js";

/** What the outbox knows of the lane. */
export type Cursor = Awaited<ReturnType<DeliverySource["cursors"]>>[number];

/** What the stream holds of the lane. */
export interface Held {
  /** The last of our sequences in it; 0: none of this epoch. */
  readonly sequence: number;
  /** When the record under that sequence was made, as the stream has it; `null` when the message itself was not seen. */
  readonly recordedtime: string | null;
}

export interface Position {
  /** The next sequence to send. */
  readonly next: number;
  /** Stream sequence minus ours. */
  readonly base: number;
  readonly held: number;
  /** Sequences the stream does not hold and we do not keep, inclusive; `null`: none. */
  readonly lost: { readonly from: number; readonly to: number } | null;
}

export interface StreamOwner {
  readonly link: Pick<NatsLink, "storedMessage">;
  readonly box: BoxIdentity;
  readonly epoch: string;
  readonly lane: Lane;
}

/**
 * Finds the last message of this box and epoch, from the end of the stream backwards. (A record's id is no sign of the epoch it is sent
 * under: one that was saved from a damaged database keeps the id it had.) The stream itself is the witness: what we remember of
 * it may be older (acknowledgements were lost) or newer (the server lost what it had acknowledged).
 * 1. Ours, of this epoch: its sequence is held.
 * 2. Ours, of an earlier epoch: nothing of this one is there.
 * 3. Not ours: someone else wrote into the stream; look further back.
 */
export async function findHeld(owner: StreamOwner, facts: StreamFacts, cursor: Cursor): Promise<LinkAnswer<Held>> {
  const ofBox = escapeHeader(`${owner.box.box}.`);
  for (let at = facts.lastSequence; at >= Math.max(1, facts.firstSequence); at--) {
    const answer = await owner.link.storedMessage(facts.name, at);
    if (!answer.ok) return answer;
    const id = answer.value?.header("ce-id") ?? "";
    if (id.startsWith(ofBox) && answer.value?.header("ce-epoch") === owner.epoch) {
      const sequence = Number(answer.value?.header("ce-sequence"));
      return held(
        isAsRemembered(facts, cursor, at) ? Math.max(sequence, cursor.acknowledged) : sequence,
        answer.value?.header("ce-recordedtime") ?? null,
      );
    }
    if (id.startsWith(ofBox)) return held(isAsRemembered(facts, cursor, at) ? cursor.acknowledged : 0, null);
  }
  // No message of ours is left: it was emptied (by age, by hand), or is new. Then its numbering is all there is to go by.
  const { base, acknowledged, last } = cursor;
  const counted = base === null ? 0 : facts.lastSequence - base;
  return held(counted >= acknowledged ? Math.min(counted, last) : 0, null);
}

/** The stream ends exactly where we left it; the sequence may still differ, where lost ones were skipped. */
function isAsRemembered(facts: StreamFacts, cursor: Cursor, at: number): boolean {
  return at === facts.lastSequence && cursor.base !== null && at === cursor.base + cursor.acknowledged;
}

function held(sequence: number, recordedtime: string | null): LinkAnswer<Held> {
  return { ok: true, value: { sequence, recordedtime } };
}

/** Where to go on, from what the stream holds and what we keep. */
export function nextPosition(facts: StreamFacts, cursor: Cursor, heldSequence: number): Position {
  const isLost = cursor.oldest > heldSequence + 1;
  const next = isLost ? cursor.oldest : heldSequence + 1;
  return {
    next,
    base: facts.lastSequence - (next - 1),
    held: heldSequence,
    lost: isLost ? { from: heldSequence + 1, to: cursor.oldest - 1 } : null,
  };
}

const SCAN_AT_A_TIME = 128;

/**
 * Sequences between the acknowledged one and the held one that are not in the stream (see `PublishWindow`). Looks only at what lies behind
 * the last acknowledged message: a window, and what others wrote into it.
 */
export async function findHoles(
  owner: StreamOwner,
  facts: StreamFacts,
  cursor: Cursor,
  heldSequence: number,
): Promise<LinkAnswer<number[]>> {
  if (cursor.base === null || heldSequence <= cursor.acknowledged) return { ok: true, value: [] };
  const ofBox = escapeHeader(`${owner.box.box}.`);
  const missing = new Set<number>();
  for (let sequence = cursor.acknowledged + 1; sequence <= heldSequence; sequence++) missing.add(sequence);
  const first = cursor.base + cursor.acknowledged + 1;
  for (let from = first; from <= facts.lastSequence && missing.size > 0; from += SCAN_AT_A_TIME) {
    const count = Math.min(SCAN_AT_A_TIME, facts.lastSequence - from + 1);
    const places = Array.from({ length: count }, (_, i) => from + i);
    for (const answer of await Promise.all(places.map((at) => owner.link.storedMessage(facts.name, at)))) {
      if (!answer.ok) return answer;
      const { value } = answer;
      if (value?.header("ce-id").startsWith(ofBox) && value.header("ce-epoch") === owner.epoch)
        missing.delete(Number(value.header("ce-sequence")));
    }
  }
  return { ok: true, value: [...missing] };
}
