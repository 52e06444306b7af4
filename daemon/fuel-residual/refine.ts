import type { RecordDraft } from "../records/index.js";
import type { Fallback, ResidualModel } from "./residual-model.js";

export interface RefineParts {
  readonly model: ResidualModel;
  /** Of a fuel record: the features of its window; `null`: there are none. `undefined`: its race wants no residual. */
  readonly featuresOf: (draft: RecordDraft) => Float32Array | null | undefined;
  readonly onFallback: (reason: Fallback, count: number) => void;
  readonly onUsed: (count: number) => void;
}

interface Amount {
  readonly mean: number;
  readonly sd: number;
  readonly lo95: number;
  readonly hi95: number;
}

/** Slow enough to be a driver's normal mix, quick enough to learn it within a stint: windows. */
const MEMORY = 200;
const MAX_CARS = 256;

/**
 * Lets the learned residual correct the burn of the windows in `drafts`, all cars in one run. It moves fuel between windows only: its own
 * mean over a car's way is taken off, because what the whole burns is known from the fills. Where it cannot, physics stands, and that is told.
 */
export function createRefine(parts: RefineParts): (drafts: readonly RecordDraft[]) => Promise<RecordDraft[]> {
  const means = new Map<string, number>();

  return async (drafts) => {
    const known = drafts.map((draft) => (draft.kind === "fuel" ? parts.featuresOf(draft) : undefined));
    const usable = known.flatMap((features, at) =>
      features instanceof Float32Array && parts.model.isInRange(features) ? [{ at, features }] : [],
    );
    const told = new Map<number, number>();
    if (usable.length > 0) {
      for (const [index, log] of (await predict(usable.map(({ features }) => features))).entries()) {
        told.set(usable[index]?.at ?? -1, log);
      }
    }
    return drafts.map((draft, at) => {
      const features = known[at];
      if (features === undefined) return draft;
      const log = told.get(at);
      if (log === undefined) {
        const isFar = features !== null && !parts.model.isInRange(features);
        if (features === null || isFar) parts.onFallback(isFar ? "outsideRange" : "noFeatures", 1);
        return withBasis(draft, "outsideRange");
      }
      parts.onUsed(1);
      return corrected(draft, Math.exp(log - centre(draft.key, log)), parts.model.version);
    });
  };

  async function predict(windows: readonly Float32Array[]): Promise<number[]> {
    try {
      return await parts.model.predict(windows);
    } catch {
      // Counted: the records go out as physics made them.
      parts.onFallback("failed", windows.length);
      return [];
    }
  }

  function centre(car: string, log: number): number {
    const before = means.get(car);
    if (before === undefined && means.size >= MAX_CARS) means.clear();
    const mean = before === undefined ? log : before + (log - before) / MEMORY;
    means.set(car, mean);
    return mean;
  }
}

function corrected(draft: RecordDraft, factor: number, version: string): RecordDraft {
  const { fuelKgWindow, model } = draft.data as { fuelKgWindow?: Amount; model?: string };
  if (fuelKgWindow === undefined) return draft;
  const scaled = (value: number) => Math.round(value * factor * 1e6) / 1e6;
  const { mean, sd, lo95, hi95 } = fuelKgWindow;
  const window = { mean: scaled(mean), sd: scaled(sd), lo95: scaled(lo95), hi95: scaled(hi95) };
  const data = { ...draft.data, fuelKgWindow: window, model: `${model}+${version}` };
  return withBasis({ ...draft, data }, "used");
}

function withBasis(draft: RecordDraft, residual: string): RecordDraft {
  return { ...draft, data: { ...draft.data, basis: { ...(draft.data.basis as object), residual } } };
}
