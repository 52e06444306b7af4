import { Worker } from "node:worker_threads";
import { messageOf } from "../../errors.js";
import { builtThread } from "../../package-files.js";
import type { AudioInputHandlers, AudioInputSpec } from "../audio-input.js";
import type { ListenerSnapshot } from "./lane-factory.js";
import type { FromThread, ThreadStart, ToThread } from "./thread-messages.js";

export interface AudioThreadOptions {
  /** By channel, as last committed: listeners go on where these were taken. */
  readonly snapshots?: ReadonlyMap<string, ListenerSnapshot>;
  /** `fast` inputs: hear nothing before the first grant. Default: everything is granted. */
  readonly waitForGrants?: boolean;
  /** `fast` inputs: most sound, in seconds, between what is heard and what is acknowledged. Default 30. */
  readonly maxAheadSec?: number;
  /** Default true: a report counts as worked in when `onReport` has returned. Else call `acknowledge`. */
  readonly acknowledgesItself?: boolean;
}

export interface AudioThread {
  /** `fast` inputs: the channel (`null`: every one) may be heard up to this sample of its stream, exactly; `Infinity`: to its end. */
  grant(channel: string | null, upToSample: number): void;
  /** Everything of the channel up to this report's `heardUpTo` has been worked in. */
  acknowledge(channel: string, heardUpTo: number): void;
  /** Ends all inputs; the last reports, with a snapshot each, have been handed over when it resolves. May be called twice. */
  stop(): Promise<void>;
}

const DEFAULT_AHEAD_SEC = 30;
/** A thread that does not answer is ended; what it held is heard again from the last snapshot. */
const STOP_MS = 5_000;

/** Starts the one thread in which all audio is heard. Build first: the thread runs from `dist/`. */
export function startAudio(
  specs: readonly AudioInputSpec[],
  handlers: AudioInputHandlers,
  options: AudioThreadOptions = {},
): AudioThread {
  return new AudioThreadClient(specs, handlers, options);
}

class AudioThreadClient implements AudioThread {
  readonly #worker: Worker;
  readonly #handlers: AudioInputHandlers;
  readonly #acknowledgesItself: boolean;
  readonly #open: Set<string>;
  readonly #exited: Promise<void>;
  #isStopping = false;
  #failure: string | null = null;

  constructor(specs: readonly AudioInputSpec[], handlers: AudioInputHandlers, options: AudioThreadOptions) {
    const start: ThreadStart = {
      specs,
      snapshots: options.snapshots ?? new Map(),
      granted: options.waitForGrants === true ? 0 : Number.POSITIVE_INFINITY,
      maxAheadSec: options.maxAheadSec ?? DEFAULT_AHEAD_SEC,
    };
    this.#handlers = handlers;
    this.#acknowledgesItself = options.acknowledgesItself ?? true;
    this.#open = new Set(specs.map((spec) => spec.name));
    // A socket on a pipe closes its descriptor itself, which the tracking of open files would warn about.
    this.#worker = new Worker(builtThread("daemon/inputs/audio/audio-thread.ts"), {
      workerData: start,
      trackUnmanagedFds: false,
    });
    this.#worker.on("message", (message: FromThread) => this.#take(message));
    this.#worker.on("error", (error) => {
      this.#failure = messageOf(error);
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.on("exit", () => {
        this.#tellLost();
        resolve();
      });
    });
  }

  grant(channel: string | null, upToSample: number): void {
    this.#send({ type: "grant", channel, upToSample });
  }

  acknowledge(channel: string, heardUpTo: number): void {
    this.#send({ type: "acknowledge", channel, heardUpTo });
  }

  async stop(): Promise<void> {
    if (!this.#isStopping) this.#send({ type: "stop" });
    this.#isStopping = true;
    const timer = setTimeout(() => void this.#worker.terminate(), STOP_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  #send(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #take(message: FromThread): void {
    switch (message.type) {
      case "report":
        this.#handlers.onReport(message.report);
        if (this.#acknowledgesItself) this.acknowledge(message.report.channel, message.report.heardUpTo);
        break;
      case "end":
        if (message.isFinal) this.#open.delete(message.input);
        this.#handlers.onEnd(message.input, message.error, message.isFinal);
        break;
      case "state":
        this.#handlers.onState(message.input, message.state, message.detail);
        break;
      case "warning":
        this.#handlers.onWarning?.(message.input, message.warning);
    }
  }

  /** The thread has gone without being asked: its inputs are down, and whoever runs them must know. */
  #tellLost(): void {
    if (this.#isStopping) return;
    const message = this.#failure ?? "the audio thread has ended";
    for (const input of this.#open) {
      this.#handlers.onState(input, "down", message);
      this.#handlers.onEnd(input, { code: "AUD_THREAD_LOST", message }, true);
    }
    this.#open.clear();
  }
}
