import {
  type CloudEvent,
  type Delivery,
  type Lane,
  type RecordKind,
  type StoredText,
  withSequence,
} from "../records/index.js";
import type { DeliveryRow } from "./messages.js";

/** A row as the delivery it is. The event is made when it is asked for: an output that sends the text never pays for it. */
export class StoredDelivery implements Delivery {
  readonly output: string;
  readonly lane: Lane;
  readonly sequence: number;
  readonly number: number;
  readonly kind: RecordKind;
  readonly natsSubject: string;
  readonly #headJson: string;
  readonly #dataJson: string;
  #event: CloudEvent | null = null;
  #head: StoredText["head"] | null = null;

  constructor(output: string, lane: Lane, row: DeliveryRow) {
    this.output = output;
    this.lane = lane;
    this.sequence = row.sequence;
    this.number = row.number;
    this.kind = row.kind;
    this.natsSubject = row.natsSubject;
    this.#headJson = row.head;
    this.#dataJson = row.dataJson;
  }

  get event(): CloudEvent {
    this.#event ??= withSequence(
      { ...this.#parsedHead(), data: JSON.parse(this.#dataJson) as CloudEvent["data"] },
      this.sequence,
    );
    return this.#event;
  }

  get stored(): StoredText {
    return { head: this.#parsedHead(), dataJson: this.#dataJson };
  }

  #parsedHead(): StoredText["head"] {
    this.#head ??= JSON.parse(this.#headJson) as StoredText["head"];
    return this.#head;
  }
}
