import type { StreamSpec } from "../link.js";
import { streamName, streamSpec } from "../outputs/index.js";
import { type BoxIdentity, escapeToken, LANES, type Lane, natsFiltersOfLane } from "../records/index.js";

/** Who may use a hub. Keys are public nkeys of users (`U…`): a plan holds no secret. */
export interface HubPlan {
  readonly boxes: readonly (BoxIdentity & { readonly nkey: string })[];
  readonly consumers: readonly {
    readonly name: string;
    readonly nkey: string;
    /** Venues it may read; `null`: all. */
    readonly venues: readonly string[] | null;
  }[];
  /** Who makes streams, and may do anything. */
  readonly admins: readonly string[];
  /** Copies of each stream; more than one needs a cluster. */
  readonly replicas: number;
  readonly port: number;
  readonly tls: { readonly certFile: string; readonly keyFile: string; readonly caFile: string } | null;
}

/** Consumers may be away for so long. */
const AGGREGATE_MAX_AGE_MS = 30 * 24 * 3_600_000;

/** Lanes in which there is anything to send. */
export function usedLanes(box: BoxIdentity): Lane[] {
  return LANES.filter((lane) => natsFiltersOfLane(lane, box).length > 0);
}

/** `TOUCHLINE_<lane>`: the records of all boxes. */
export function aggregateName(lane: Lane): string {
  return `TOUCHLINE_${lane}`;
}

/** The prefix of the answers to one box; nobody else may listen there. */
export function inboxOf(box: BoxIdentity): string {
  return `_INBOX_${`${box.venue}_${box.box}`.replace(/[^A-Za-z0-9_-]/g, "-")}`;
}

/**
 * The streams of a hub: one per box and lane, written by that box alone and only if the sequence before is the last (that makes each record
 * once), and one aggregate per lane, written by the relay in the same way. They are not joined by the server's own `sources`: that checks
 * what the boxes expected of their streams against the aggregate, too, and stands still at the second box (seen with 2.9.10).
 */
export function streamsOf({ boxes, replicas }: Pick<HubPlan, "boxes" | "replicas">): StreamSpec[] {
  const own = boxes.flatMap((box) => usedLanes(box).map((lane) => streamSpec(box, lane, replicas)));
  const aggregates = LANES.flatMap((lane) => {
    if (!boxes.some((box) => usedLanes(box).includes(lane))) return [];
    const subjects = [`touchline.all.${lane}.>`];
    const description = `Touchline records, lane ${lane}, of all boxes. One writer: the relay.`;
    return [{ name: aggregateName(lane), subjects, replicas, maxAgeMs: AGGREGATE_MAX_AGE_MS, description }];
  });
  return [...own, ...aggregates];
}

/** `touchline.out.…` of a box's stream is `touchline.all.<lane>.…` in the aggregate: a subject belongs to one stream. */
export function toAggregateSubject(lane: Lane, subject: string): string {
  return subject.replace(/^touchline\.out\./, `touchline.all.${lane}.`);
}

export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** May answer requests it was sent. */
  readonly allowResponses: boolean;
}

/** A box writes its own records, looks after its own streams, reads its own answers and what is meant for its venue. Nothing else. */
export function boxPermissions(box: BoxIdentity): Permissions {
  const streams = usedLanes(box).map((lane) => streamName(box, lane));
  const [venue, name] = [escapeToken(box.venue), escapeToken(box.box)];
  const messages = `TOUCHLINE_IN_${box.venue.replace(/[^A-Za-z0-9-]/g, "-")}`;
  return {
    publish: [
      `touchline.out.${venue}.${name}.>`,
      ...streams.flatMap((stream) => [`$JS.API.STREAM.INFO.${stream}`, `$JS.API.STREAM.MSG.GET.${stream}`]),
      `$JS.API.STREAM.INFO.${messages}`,
      `$JS.API.CONSUMER.INFO.${messages}.touchline-${box.box}`,
      `$JS.API.CONSUMER.CREATE.${messages}.touchline-${box.box}`,
      `$JS.API.CONSUMER.DURABLE.CREATE.${messages}.touchline-${box.box}`,
      `$JS.API.CONSUMER.MSG.NEXT.${messages}.touchline-${box.box}`,
      `$JS.ACK.${messages}.touchline-${box.box}.>`,
    ],
    subscribe: [`${inboxOf(box)}.>`, `touchline.in.${venue}.>`],
    allowResponses: true,
  };
}

/**
 * A consumer reads the aggregates in order and writes nothing. Rights on venues are in the filter of the consumers it may make: the server
 * puts the filter into the subject of that request (2.9 and later), so it refuses any other.
 */
export function consumerPermissions(consumer: HubPlan["consumers"][number]): Permissions {
  const publish = LANES.flatMap((lane) => {
    const stream = aggregateName(lane);
    const create =
      consumer.venues === null
        ? [`$JS.API.CONSUMER.CREATE.${stream}`, `$JS.API.CONSUMER.CREATE.${stream}.>`]
        : consumer.venues.map(
            (venue) => `$JS.API.CONSUMER.CREATE.${stream}.*.touchline.all.${lane}.${escapeToken(venue)}.>`,
          );
    const rest = ["INFO", "DELETE", "MSG.NEXT"].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.>`);
    return [`$JS.API.STREAM.INFO.${stream}`, ...create, ...rest];
  });
  return { publish, subscribe: [`_INBOX_${consumer.name}.>`], allowResponses: false };
}
