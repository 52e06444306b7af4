import { Counter, type Registry } from "prom-client";
import type { VenueConfig } from "../config/index.js";
import type { FuelLanes } from "./fuel-lanes.js";
import { createRefine, FALLBACKS, loadResidual, RESIDUAL_FILE } from "./fuel-residual/index.js";
import type { Logger } from "./observe/index.js";
import type { RecordDraft } from "./records/index.js";

export type Refine = (drafts: readonly RecordDraft[]) => Promise<RecordDraft[]>;

/** The learned residual, where a session asks for it. `null`: none does, or there is no usable model, and physics stands alone. */
export async function startResidual(parts: {
  readonly config: VenueConfig;
  readonly lanes: FuelLanes;
  readonly registry: Registry;
  readonly logger: Logger;
  /** Another file, for tests. */
  readonly path?: string;
}): Promise<Refine | null> {
  const counter = new Counter({
    name: "touchline_fuel_residual_total",
    help: "Windows that the learned residual corrected (used), or why physics stood alone; a model that cannot be used counts once.",
    labelNames: ["result"],
    registers: [parts.registry],
  });
  for (const result of ["used", ...FALLBACKS]) counter.inc({ result }, 0);
  if (!parts.config.sessions.some(({ fuel }) => fuel.residual)) return null;
  const path = parts.path ?? RESIDUAL_FILE;
  const loaded = await loadResidual(path);
  if (!loaded.ok) {
    counter.inc({ result: loaded.reason });
    const { reason, message } = loaded;
    parts.logger.error({ path, reason, message }, "the learned residual cannot be used: physics stands alone");
    return null;
  }
  parts.logger.info({ version: loaded.model.version }, "the learned residual takes part");
  return createRefine({
    model: loaded.model,
    featuresOf: (draft) => parts.lanes.find(draft.session)?.featuresOf(draft),
    onFallback: (result, count) => counter.inc({ result }, count),
    onUsed: (count) => counter.inc({ result: "used" }, count),
  });
}
