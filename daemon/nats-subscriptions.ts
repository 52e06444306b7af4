import {
  AckPolicy,
  type Consumer,
  type ConsumerMessages,
  DeliverPolicy,
  type JsMsg,
  type Msg,
  type NatsConnection,
} from "nats";
import { messageOf } from "./errors.js";
import type { ConsumeSpec, FollowSpec, SubscriptionSpec } from "./link.js";

/** Messages handed out and not yet acknowledged: what the box holds of the stream at a time. */
const MAX_UNACKNOWLEDGED = 2048;
/** A message that is not acknowledged within this comes again. Longer than any commit. */
const ACK_WAIT_NANOS = 60_000_000_000;
const RETRY_MS = 2000;

/** Reads a stream through a durable consumer for as long as the connection lasts; tries again while the stream is not there. Returns the way to end it. */
export function consumeStream(connection: NatsConnection, spec: ConsumeSpec): () => void {
  const stopping = new AbortController();
  let messages: ConsumerMessages | null = null;
  void run();
  return () => {
    stopping.abort();
    messages?.stop();
  };

  async function run(): Promise<void> {
    let told = "";
    while (!stopping.signal.aborted && !connection.isClosed()) {
      try {
        messages = await (await openConsumer(connection, spec)).consume({ max_messages: MAX_UNACKNOWLEDGED / 2 });
        if (stopping.signal.aborted) messages.stop();
        told = "";
        for await (const message of messages) void serve(message, spec);
      } catch (error) {
        const reason = messageOf(error);
        if (reason !== told && !stopping.signal.aborted) spec.onProblem(reason);
        told = reason;
      }
      await pause(stopping.signal);
    }
  }
}

async function openConsumer(connection: NatsConnection, spec: ConsumeSpec): Promise<Consumer> {
  const manager = await connection.jetstreamManager({ checkAPI: false });
  const known = await manager.consumers.info(spec.stream, spec.durable).catch(() => null);
  if (known === null) {
    await manager.consumers.add(spec.stream, {
      durable_name: spec.durable,
      ack_policy: AckPolicy.Explicit,
      ack_wait: ACK_WAIT_NANOS,
      deliver_policy: DeliverPolicy.All,
      max_ack_pending: MAX_UNACKNOWLEDGED,
      ...(spec.subject === null ? {} : { filter_subject: spec.subject }),
    });
  }
  return connection.jetstream().consumers.get(spec.stream, spec.durable);
}

async function serve(message: JsMsg, spec: ConsumeSpec): Promise<void> {
  try {
    const isDone = await spec.handle({ subject: message.subject, body: message.string() });
    if (isDone) message.ack();
    else message.nak(RETRY_MS);
  } catch (error) {
    spec.onProblem(messageOf(error));
    message.nak(RETRY_MS);
  }
}

const HEARTBEAT_MS = 1000;
/** After these the library may wait for long for a consumer that a restarted server has forgotten: reading is begun anew. */
const ENDED = ["heartbeats_missed", "consumer_not_found", "consumer_deleted", "stream_not_found", "no_responders"];
const FOLLOW_AHEAD = 1000;

/** Reads a stream in order from the reader's own place, as long as the connection lasts. Returns the way to end it. */
export function followStream(connection: NatsConnection, spec: FollowSpec): () => void {
  const stopping = new AbortController();
  let messages: ConsumerMessages | null = null;
  void run();
  return () => {
    stopping.abort();
    messages?.stop();
  };

  async function run(): Promise<void> {
    let told = "";
    while (!stopping.signal.aborted && !connection.isClosed()) {
      try {
        await read();
        told = "";
      } catch (error) {
        const reason = messageOf(error);
        if (reason !== told && !stopping.signal.aborted) spec.onProblem(reason);
        told = reason;
        await pause(stopping.signal);
      }
    }
  }

  async function read(): Promise<void> {
    let place = spec.after();
    const consumer = await connection.jetstream().consumers.get(spec.stream, {
      opt_start_seq: place + 1,
      ...(spec.subject === null ? {} : { filterSubjects: spec.subject }),
    });
    const reading = await consumer.consume({ max_messages: FOLLOW_AHEAD, idle_heartbeat: HEARTBEAT_MS });
    messages = reading;
    if (stopping.signal.aborted) reading.stop();
    void endWhenLost(reading);
    try {
      for await (const message of reading) {
        if (message.seq <= place) continue;
        await spec.handle({
          sequence: message.seq,
          subject: message.subject,
          body: message.string(),
          header: (name) => message.headers?.get(name) ?? "",
        });
        place = message.seq;
      }
    } finally {
      reading.stop();
    }
  }
}

async function endWhenLost(reading: ConsumerMessages): Promise<void> {
  for await (const { type } of await reading.status()) if (ENDED.includes(type)) reading.stop();
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(done, RETRY_MS);
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}

/** Serves a subject on one connection; returns the way to end it. */
export function attach(connection: NatsConnection, spec: SubscriptionSpec): () => void {
  let inFlight = 0;
  const serve = async (message: Msg): Promise<void> => {
    inFlight += 1;
    try {
      const reply = await spec.handle({
        subject: message.subject,
        body: message.string(),
        wantsReply: message.reply !== undefined && message.reply !== "",
        header: (name) => message.headers?.get(name) ?? "",
      });
      if (reply !== null) message.respond(reply);
    } catch {
      spec.onDropped(message.subject); // not answered, so the sender tries again
    } finally {
      inFlight -= 1;
    }
  };
  const subscription = connection.subscribe(spec.subject, {
    ...(spec.queue === null ? {} : { queue: spec.queue }),
    callback: (error, message) => {
      if (error !== null || inFlight >= spec.maxInFlight) spec.onDropped(spec.subject);
      else void serve(message);
    },
  });
  return () => {
    if (!connection.isClosed()) subscription.unsubscribe();
  };
}
