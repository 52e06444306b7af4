import { configHash, type VenueConfig } from "../config/index.js";
import type { Clock } from "./clock.js";
import type { AudioWatch, HealthFacts, HealthReport } from "./observe/index.js";
import type { Store } from "./outbox/index.js";
import type { Output } from "./outputs/index.js";
import { packageVersion } from "./package-files.js";
import type { Pipeline } from "./pipeline.js";
import { UTC_UNCERTAINTY_SEC } from "./venue-defaults.js";
import type { LiveStatus } from "./web/index.js";

export interface HealthParts {
  readonly config: VenueConfig;
  readonly clock: Clock;
  readonly store: Store;
  readonly pipeline: Pipeline;
  readonly watch: AudioWatch;
  readonly outputs: readonly Output[];
  readonly startedMono: number;
}

/** The figures of a health record. A store that does not answer is told as such: its probe says why. */
export async function gatherFacts(parts: HealthParts): Promise<HealthFacts> {
  const { config, clock, store, pipeline, watch, outputs } = parts;
  return {
    versions: { touchline: packageVersion(), node: process.versions.node },
    configHash: configHash(config),
    uptimeSec: Math.round((clock.mono() - parts.startedMono) / 1e6),
    sessions: pipeline.sessions().map(({ spec, state }) => ({ session: spec.session, sport: spec.sport, state })),
    inputs: watch.inputs(),
    // Nothing on the box disciplines or measures the clock yet: the assumed uncertainty is told as what it is.
    clock: { source: "system", synchronised: null, utcUncertaintySec: UTC_UNCERTAINTY_SEC },
    store: await store.stats().catch(() => null),
    outputs: outputs.map((output) => output.status()),
  };
}

/** What the head of the page shows. */
export function liveStatusOf(report: HealthReport, { config, pipeline, outputs }: HealthParts): LiveStatus {
  return {
    venue: config.venue,
    box: config.box,
    version: packageVersion(),
    state: report.state,
    reasons: report.parts.flatMap(({ part, state, reason }) => (state === "ok" ? [] : [`${part}: ${reason ?? state}`])),
    sessions: pipeline.sessions().map(({ spec, state }) => ({
      session: spec.session,
      name: spec.name,
      sport: spec.sport,
      state,
    })),
    outputs: outputs.map((output) => {
      const { name, type, state, detail, backlog } = output.status();
      return { name, type, state, detail, backlog };
    }),
    progress: null,
  };
}
