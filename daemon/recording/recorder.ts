import { appendFileSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatRfc3339, timeOfSample } from "../../sync/index.js";
import { messageOf, TouchlineError } from "../errors.js";
import type { ChannelReport } from "../inputs/index.js";
import type { AcceptedMessage } from "../outbox/index.js";
import type { BoxIdentity } from "../records/index.js";
import type { SessionSpec } from "../session-cores.js";
import { formatSessionFile, MAX_LOGGERS, SESSION_FILE, type SessionFile, sessionFileOf } from "./session-file.js";
import { TelemetryRecording } from "./telemetry-recording.js";

/** Kinds of messages that a recording keeps, and their files. */
const MESSAGE_FILES: Readonly<Record<string, string>> = { log: "log.jsonl", race: "race.jsonl" };

/**
 * Writes what `replay` needs beside the audio (which the audio thread writes) and the records (which an output writes): the session
 * and the messages as they came. @throws TouchlineError FILE_UNWRITABLE from the constructor.
 */
export class Recorder {
  readonly audioFolder: string;
  readonly outputPath: string;
  readonly #folder: string;
  readonly #box: BoxIdentity;
  readonly #session: SessionSpec;
  readonly #channels = new Map<string, NonNullable<SessionFile["channels"]>[number]>();
  readonly #loggers = new Set<string>();
  readonly #onFailure: (error: unknown) => void;
  #telemetry: TelemetryRecording | null = null;

  constructor(folder: string, box: BoxIdentity, session: SessionSpec, onFailure: (error: unknown) => void) {
    this.#folder = folder;
    this.#box = box;
    this.#session = session;
    this.#onFailure = onFailure;
    this.audioFolder = join(folder, "audio");
    this.outputPath = join(folder, "output.jsonl");
    try {
      mkdirSync(this.audioFolder, { recursive: true });
      this.#writeSession();
    } catch (error) {
      throw new TouchlineError("FILE_UNWRITABLE", [folder, messageOf(error)], error);
    }
  }

  heard(report: ChannelReport): void {
    if (this.#channels.has(report.channel)) return;
    this.#channels.set(report.channel, {
      name: report.channel,
      ...(report.role === undefined ? {} : { role: report.role }),
      startTime: formatRfc3339(timeOfSample(report.clock, 0)),
      ...(report.position == null ? {} : { position: [report.position[0], report.position[1]] }),
      ...(report.pathDelayMs === null ? {} : { pathDelayMs: report.pathDelayMs }),
    });
    this.#guarded(() => this.#writeSession());
  }

  accepted(messages: readonly AcceptedMessage[]): void {
    this.#guarded(() => {
      for (const message of messages) this.#append(message);
    });
  }

  /** What is still to be written. */
  stop(): void {
    this.#guarded(() => this.#telemetry?.flush());
  }

  #append(accepted: AcceptedMessage): void {
    if (accepted.what === "telemetry") {
      this.#telemetry ??= new TelemetryRecording(this.#folder);
      this.#telemetry.add(JSON.parse(accepted.body), accepted.arrival);
      return;
    }
    const file = MESSAGE_FILES[accepted.what];
    if (file === undefined) return;
    const message = JSON.parse(accepted.body) as Record<string, unknown>;
    const line = { ...message, arrival: formatRfc3339(accepted.arrival) };
    appendFileSync(join(this.#folder, file), `${JSON.stringify(line)}\n`);
    if (typeof message.logger !== "string" || this.#loggers.has(message.logger)) return;
    if (this.#loggers.size >= MAX_LOGGERS) return;
    this.#loggers.add(message.logger);
    this.#writeSession();
  }

  #writeSession(): void {
    const text = formatSessionFile({
      venue: this.#box.venue,
      box: this.#box.box,
      session: sessionFileOf(this.#session),
      channels: [...this.#channels.values()],
      loggers: [...this.#loggers].map((logger) => ({ logger })),
    });
    const path = join(this.#folder, SESSION_FILE);
    writeFileSync(`${path}.partial`, text);
    renameSync(`${path}.partial`, path);
  }

  /** A recording that cannot go on must not stop the box: it is told, and the daemon runs. */
  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#onFailure(error);
    }
  }
}
