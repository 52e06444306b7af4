import { loadVenueConfig } from "../../config/index.js";
import { TouchlineError } from "../errors.js";
import type { StoreInspector } from "../outbox/index.js";

export const DEFAULT_STORE = "touchline.db";

export interface PlaceOptions {
  readonly config?: string;
  readonly store?: string;
}

export function storePath({ config, store }: PlaceOptions): string {
  if (store !== undefined) return store;
  if (config === undefined) return DEFAULT_STORE;
  const result = loadVenueConfig(config, process.env);
  if (!result.ok) throw new TouchlineError("CFG_PROBLEMS", [`${config}: see touchline check-config ${config}`]);
  return result.config.store.path;
}

/** Opens the store for reading, and closes it whatever comes. */
export async function inspecting<T>(options: PlaceOptions, look: (inspector: StoreInspector) => T): Promise<T> {
  const { StoreInspector: Inspector } = await import("../outbox/index.js");
  const inspector = new Inspector(storePath(options));
  try {
    return await look(inspector);
  } finally {
    inspector.close();
  }
}

export function checkOutput(inspector: StoreInspector, output: string | undefined): void {
  if (output !== undefined && !inspector.hasOutput(output))
    throw new TouchlineError("USAGE", [`--output ${output}: the store knows no such output (touchline outbox ls)`]);
}
