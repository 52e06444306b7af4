import type { AudioInputSpec } from "../audio-input.js";
import type { ChannelLane } from "./channel-lane.js";
import { InputRunner, type RunnerParts } from "./input-runner.js";

/** All inputs of the box, each on its own. The thread is a shell around it; tests run it as it is. */
export class AudioEngine {
  readonly #runners: readonly InputRunner[];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(specs: readonly AudioInputSpec[], parts: RunnerParts) {
    this.#runners = specs.map((spec) => new InputRunner(spec, parts));
    this.#running = Promise.all(this.#runners.map((runner) => runner.run(this.#stop.signal))).then(() => undefined);
  }

  /** Resolves when every input has ended. */
  get ended(): Promise<void> {
    return this.#running;
  }

  /** `fast` inputs: the channel may be heard up to this sample of its stream. `null`: every channel, now and to come. */
  grant(channel: string | null, upToSample: number): void {
    for (const runner of this.#runners) runner.grant(channel, upToSample);
  }

  acknowledge(channel: string, heardUpTo: number): void {
    for (const lane of this.#lanes(channel)) lane.acknowledge(heardUpTo);
  }

  /** Resolves when every channel has told its last report, with a snapshot. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  #lanes(channel: string): ChannelLane[] {
    return this.#runners.flatMap((runner) => runner.lanes.filter((lane) => lane.feeder.channel === channel));
  }
}
