import { formatRfc3339, type UnixMicros } from "../../sync/index.js";
import type { Clock } from "../clock.js";
import { messageOf } from "../errors.js";

export type PartState = "ok" | "degraded" | "failed";

export interface ProbeResult {
  readonly state: PartState;
  /** In words for a person; `null` when ok. */
  readonly reason: string | null;
}

/** What a part is asked. The answer must come from progress seen (blocks, commits, acknowledgements), never from "no error so far". */
export interface Probe {
  /** Short fixed name, e.g. `store`, `audio ambience`, `output cloud`. */
  readonly part: string;
  /** `live`: when it fails a restart is the cure. `ready`: the box cannot do its work without it. `info`: shown only (the cloud may be away). */
  readonly needed: "live" | "ready" | "info";
  check(): ProbeResult;
}

export interface PartHealth {
  readonly part: string;
  readonly needed: Probe["needed"];
  readonly state: PartState;
  /** RFC 3339: since when it has been in this state. */
  readonly since: string;
  readonly reason: string | null;
}

export interface HealthReport {
  /** No part of need `live` has failed. */
  readonly live: boolean;
  /** No part of need `live` or `ready` has failed. */
  readonly ready: boolean;
  /** The worst state of all parts. */
  readonly state: PartState;
  readonly parts: readonly PartHealth[];
}

export const OK: ProbeResult = { state: "ok", reason: null };

/** Parts of the daemon that can be asked how they are. Bounded by the configuration: a part registers once. */
export class Health {
  readonly #clock: Pick<Clock, "wall">;
  readonly #probes = new Map<string, Probe>();
  readonly #seen = new Map<string, { state: PartState; since: UnixMicros }>();

  constructor(clock: Pick<Clock, "wall">) {
    this.#clock = clock;
  }

  /** Adds a part, or takes the place of the one with its name; returns the way to take it out. */
  register(probe: Probe): () => void {
    this.#probes.set(probe.part, probe);
    return () => {
      if (this.#probes.get(probe.part) !== probe) return;
      this.#probes.delete(probe.part);
      this.#seen.delete(probe.part);
    };
  }

  /** Asks every part now. A probe that throws has failed. */
  check(): HealthReport {
    const parts = [...this.#probes.values()].map((probe) => this.#ask(probe));
    const failed = parts.filter((part) => part.state === "failed");
    return {
      live: !failed.some((part) => part.needed === "live"),
      ready: !failed.some((part) => part.needed !== "info"),
      state: worstOf(parts),
      parts,
    };
  }

  #ask(probe: Probe): PartHealth {
    const { state, reason } = checkSafely(probe);
    const before = this.#seen.get(probe.part);
    const since = before?.state === state ? before.since : this.#clock.wall();
    this.#seen.set(probe.part, { state, since });
    return { part: probe.part, needed: probe.needed, state, since: formatRfc3339(since), reason };
  }
}

function checkSafely(probe: Probe): ProbeResult {
  try {
    return probe.check();
  } catch (thrown) {
    return { state: "failed", reason: `the check itself failed: ${messageOf(thrown)}` };
  }
}

function worstOf(parts: readonly PartHealth[]): PartState {
  if (parts.some((part) => part.state === "failed")) return "failed";
  return parts.some((part) => part.state === "degraded") ? "degraded" : "ok";
}
