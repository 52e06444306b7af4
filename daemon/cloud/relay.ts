import type { FollowedMessage, NatsLink, OutgoingMessage } from "../link.js";
import { AdaptiveWindow, PublishWindow, streamName } from "../outputs/index.js";
import { type BoxIdentity, escapeToken, type Lane } from "../records/index.js";
import { aggregateName, toAggregateSubject, usedLanes } from "./hub-plan.js";

/** Where a message of the aggregate stands in its box's stream. */
const PLACE_HEADER = "Touchline-Stream-Sequence";
const RETRY_MS = 1000;
const SETTLE_MS = 10_000;

export interface RelayParts {
  readonly link: Pick<NatsLink, "streamInfo" | "lastMessage" | "follow" | "publish" | "status">;
  readonly boxes: readonly BoxIdentity[];
  readonly lane: Lane;
  readonly nowMs: () => number;
  /** Why it stands still; told when it is news. */
  readonly onTrouble: (trouble: string) => void;
  readonly onRelayed: (records: number) => void;
}

/**
 * Brings the streams of all boxes, one lane, into the aggregate: each message once and each box's in order. It keeps nothing itself. The
 * aggregate says how far each box has come (a header of the last message of that box), and takes a message only if the one before it is the
 * last (`Nats-Expected-Last-Sequence`): a repeat whose first try did arrive is refused, and so is a second relay. So it may be killed at any
 * time, and two may run, of which one works.
 */
export class AggregateRelay {
  readonly #parts: RelayParts;
  readonly #window: PublishWindow;
  readonly #stopping = new AbortController();
  #next = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #wake: (() => void) | null = null;
  #told = "";
  #acknowledged = 0;
  #running: Promise<void> | null = null;

  constructor(parts: RelayParts) {
    this.#parts = parts;
    this.#window = new PublishWindow({
      link: parts.link,
      size: new AdaptiveWindow(),
      nowMs: parts.nowMs,
      onAcknowledged: (sequence) => {
        parts.onRelayed(sequence - this.#acknowledged);
        this.#acknowledged = sequence;
      },
      onBroken: () => this.#wake?.(),
    });
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#window.fail("other", "stopping");
    this.#wake?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const trouble = await this.#relay();
      if (trouble !== this.#told && !this.#stopping.signal.aborted) this.#parts.onTrouble(trouble);
      this.#told = trouble;
      await this.#pause(RETRY_MS);
    }
  }

  /** From a look at the aggregate until something goes wrong; answers with what. */
  async #relay(): Promise<string> {
    const { link, lane, boxes } = this.#parts;
    const known = await link.streamInfo(aggregateName(lane));
    if (!known.ok) return known.message;
    if (known.value === null) return `the stream ${aggregateName(lane)} is missing: touchline hub apply`;
    const places = new Map<BoxIdentity, number>();
    for (const box of boxes.filter((candidate) => usedLanes(candidate).includes(lane))) {
      const place = await this.#placeOf(box);
      if (typeof place === "string") return place;
      places.set(box, place);
    }
    this.#window.begin(0, known.value.lastSequence, known.value.replicas === 1);
    this.#next = known.value.lastSequence + 1;
    this.#acknowledged = known.value.lastSequence;
    const stops = [...places].map(([box, place]) => this.#follow(box, place));
    while (this.#window.failure === null && !this.#stopping.signal.aborted) await this.#pause(null);
    const failure = this.#window.failure?.message ?? "";
    for (const stop of stops) stop();
    await this.#window.settle(this.#stopping.signal.aborted ? 0 : SETTLE_MS);
    await this.#turn;
    return failure;
  }

  /** How far a box's stream is in the aggregate. */
  async #placeOf(box: BoxIdentity): Promise<number | string> {
    const { link, lane } = this.#parts;
    const subject = `touchline.all.${lane}.${escapeToken(box.venue)}.${escapeToken(box.box)}.>`;
    const last = await link.lastMessage(aggregateName(lane), subject);
    if (!last.ok) return last.message;
    return last.value === null ? 0 : Number(last.value.header(PLACE_HEADER));
  }

  #follow(box: BoxIdentity, from: number): () => void {
    const { link, lane, onTrouble } = this.#parts;
    const stream = streamName(box, lane);
    let place = from;
    return link.follow({
      stream,
      subject: null,
      after: () => place,
      handle: async (message) => {
        place = message.sequence;
        await this.#send(stream, message);
      },
      onProblem: (problem) => onTrouble(`${stream}: ${problem}`),
    });
  }

  /** One after the other, whichever box it came from: a message's number in the aggregate is given here. */
  #send(stream: string, message: FollowedMessage): Promise<void> {
    const sending = this.#turn.then(async () => {
      if (this.#window.failure !== null) return;
      const outgoing = toAggregate(this.#parts.lane, stream, message);
      await this.#window.send(outgoing, this.#next, `${stream}:${message.sequence}`);
      this.#next += 1;
    });
    this.#turn = sending;
    return sending;
  }

  #pause(forMs: number | null): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stopping.signal.aborted || (forMs === null && this.#window.failure !== null)) return resolve();
      const timer = forMs === null ? null : setTimeout(() => this.#wake?.(), forMs);
      this.#wake = () => {
        if (timer !== null) clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
    });
  }
}

/** What the record says of itself goes on unchanged; what was said to the box's stream does not. */
function toAggregate(
  lane: Lane,
  stream: string,
  { subject, body, headers, sequence }: FollowedMessage,
): OutgoingMessage {
  const kept = headers.filter(([name]) => !/^Nats-/i.test(name) && name !== PLACE_HEADER);
  return {
    subject: toAggregateSubject(lane, subject),
    headers: [...kept, [PLACE_HEADER, String(sequence)], ["Nats-Msg-Id", `${stream}:${sequence}`]],
    body,
  };
}
