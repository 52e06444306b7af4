import {
  AckPolicy,
  type Consumer,
  type ConsumerMessages,
  DeliverPolicy,
  type JsMsg,
  type Msg,
  type NatsConnection,
  nuid,
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
  const hasOpen = known !== null && known.num_ack_pending > 0;
  // What an earlier process took and did not acknowledge would come after a minute, behind what is newer: it is asked for again, in order.
  if (hasOpen) await manager.consumers.delete(spec.stream, spec.durable);
  if (known === null || hasOpen) {
    const from = known === null ? null : known.ack_floor.stream_seq + 1;
    await manager.consumers.add(spec.stream, {
      durable_name: spec.durable,
      ack_policy: AckPolicy.Explicit,
      ack_wait: ACK_WAIT_NANOS,
      ...(from === null
        ? { deliver_policy: DeliverPolicy.All }
        : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from }),
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
/** A consumer that nobody asks any more. */
const FORGET_NANOS = 30_000_000_000;
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

  /** The library's ordered consumer waits half a minute after one failed attempt, and tells nobody; this one fails at once. */
  async function read(): Promise<void> {
    const name = nuid.next();
    const manager = await connection.jetstreamManager({ checkAPI: false });
    await manager.consumers.add(spec.stream, {
      name,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: spec.after() + 1,
      ack_policy: AckPolicy.None,
      inactive_threshold: FORGET_NANOS,
      mem_storage: true,
      ...(spec.subject === null ? {} : { filter_subject: spec.subject }),
    });
    const consumer = await connection.jetstream().consumers.get(spec.stream, name);
    const reading = await consumer.consume({ max_messages: FOLLOW_AHEAD, idle_heartbeat: HEARTBEAT_MS });
    messages = reading;
    if (stopping.signal.aborted) reading.stop();
    void endWhenLost(reading);
    let delivered = 0;
    try {
      for await (const message of reading) {
        delivered += 1;
        if (message.info.deliverySequence !== delivered) return; // one was lost on the way: again from our place
        await spec.handle({
          sequence: message.seq,
          subject: message.subject,
          body: message.data,
          headers: [...(message.headers ?? [])].map(([key, values]) => [key, values.at(-1) ?? ""] as const),
          header: (key) => message.headers?.get(key) ?? "",
        });
      }
    } finally {
      reading.stop();
      if (!connection.isClosed()) await manager.consumers.delete(spec.stream, name).catch(() => undefined); // it forgets by itself, too
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
