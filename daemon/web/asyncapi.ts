import { INPUT_KINDS } from "../outbox/index.js";
import { LANE_OF_KIND, RECORD_KINDS } from "../records/index.js";

/** AsyncAPI 3.0 of what is not request and answer: the feed, the live view, the NATS subjects in and out. */
export function makeAsyncApi(version: string): Record<string, unknown> {
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Touchline",
      version,
      description:
        "What a box at the venue tells as it happens, and takes over NATS. Requests and answers: /openapi.json",
      license: { name: "Apache-2.0" },
    },
    defaultContentType: "application/json",
    servers: {
      box: { host: "127.0.0.1:8470", protocol: "ws", description: "http.listen of the configuration" },
      cloud: { host: "127.0.0.1:4222", protocol: "nats", description: "nats.servers of the configuration" },
    },
    channels: {
      feed: {
        address: "/v1/feed",
        title: "Every record. Resumed with ?epoch=E&live=N&analysis=N, the last sequences the client has",
        servers: [{ $ref: "#/servers/box" }],
        messages: feedMessages(),
      },
      live: {
        address: "/v1/live",
        title: "Levels and spectrogram at 20 Hz and the box's state, for the page. A slow reader misses columns",
        servers: [{ $ref: "#/servers/box" }],
        messages: liveMessages(),
      },
      in: {
        address: "touchline.in.{venue}.{what}.{from}",
        title: "Messages in; a request is answered after the commit, with a receipt",
        servers: [{ $ref: "#/servers/cloud" }],
        parameters: { venue: {}, what: { enum: [...INPUT_KINDS] }, from: { description: "Who sends" } },
        messages: Object.fromEntries(
          INPUT_KINDS.map((what) => [what, { payload: { $ref: `/schemas/in/${what}.schema.json` } }]),
        ),
      },
      out: {
        address: "touchline.out.{venue}.{box}.{session}.{kind}.{class}.{key}",
        title:
          "Every record, CloudEvents binary mode (ce- headers), Nats-Msg-Id is the record's id; a body may be gzip, Content-Encoding says so",
        servers: [{ $ref: "#/servers/cloud" }],
        parameters: Object.fromEntries(
          ["venue", "box", "session", "kind", "class", "key"].map((name) => [
            name,
            name === "kind" ? { enum: [...RECORD_KINDS] } : {},
          ]),
        ),
        messages: recordMessages(),
      },
    },
    operations: {
      readFeed: { action: "send", channel: { $ref: "#/channels/feed" } },
      watchLive: { action: "send", channel: { $ref: "#/channels/live" } },
      takeIn: { action: "receive", channel: { $ref: "#/channels/in" } },
      tellOut: { action: "send", channel: { $ref: "#/channels/out" } },
    },
  };
}

function recordMessages(): Record<string, unknown> {
  return Object.fromEntries(
    RECORD_KINDS.map((kind) => [
      kind,
      {
        name: `touchline.${kind}.v1`,
        title: `A ${kind} record, lane ${LANE_OF_KIND[kind]}, as a CloudEvent`,
        payload: {
          type: "object",
          required: ["id", "type", "source", "subject", "time", "recordedtime", "sequence", "epoch", "lane", "data"],
          properties: {
            type: { const: `touchline.${kind}.v1` },
            data: { $ref: `/schemas/records/${kind}.v1.schema.json` },
          },
        },
      },
    ]),
  );
}

function feedMessages(): Record<string, unknown> {
  return titled({
    hello: "The epoch and where each lane stands, once at the start",
    resync: "It cannot be resumed, with the reason: new, epoch, tooOld or ahead; what comes is not what was left off",
    snapshot: "After a resync: the latest revision of the events, as CloudEvents, newest first",
    record: "One record: lane, sequence (rises by one within its lane) and the CloudEvent as event",
  });
}

function liveMessages(): Record<string, unknown> {
  return titled({
    hello: "Bands and scale of the columns, once at the start",
    frame: "New levels and spectrogram columns of each channel; columns are base64, a byte a band",
    status: "What the head of the page shows",
    summary: "A table, e.g. the result of the demo",
    tick: "Nothing else to tell for 15 s",
  });
}

/** Messages told apart by their `type`. */
function titled(titles: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(titles).map(([type, title]) => [
      type,
      { title, payload: { type: "object", required: ["type"], properties: { type: { const: type } } } },
    ]),
  );
}
