import { connect } from "nats";
import { bodyJson } from "./record-body.js";

export interface StreamedRecord {
  readonly streamSequence: number;
  readonly subject: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly data: Record<string, unknown>;
}

/** Every message of a stream, in its order, as a consumer sees them; empty when there is no stream. */
export async function readStream(url: string, stream: string): Promise<StreamedRecord[]> {
  const connection = await connect({ servers: url });
  try {
    const manager = await connection.jetstreamManager();
    const info = await manager.streams.info(stream).catch(() => null);
    if (info === null || info.state.messages === 0) return [];
    const records: StreamedRecord[] = [];
    for (let sequence = info.state.first_seq; sequence <= info.state.last_seq; sequence++) {
      const message = await manager.streams.getMessage(stream, { seq: sequence });
      const headers = Object.fromEntries(
        ["ce-id", "ce-type", "ce-sequence", "ce-epoch", "ce-subject", "ce-lane", "Nats-Msg-Id", "Content-Encoding"].map(
          (name) => [name, message.header.get(name)],
        ),
      );
      const data = bodyJson<Record<string, unknown>>(message.data, message.header.get("Content-Encoding"));
      records.push({ streamSequence: sequence, subject: message.subject, headers, data });
    }
    return records;
  } finally {
    await connection.close();
  }
}
