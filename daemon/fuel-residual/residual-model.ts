import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { InferenceSession } from "onnxruntime-node";
import { messageOf } from "../errors.js";
import { PACKAGE_ROOT } from "../package-files.js";
import { FEATURES } from "./features.js";

export const RESIDUAL_FILE = join(PACKAGE_ROOT, "config", "cars", "residual", "fuel-residual.onnx");

/** What is said of the model beside its file: `fuel-residual.json`. */
export interface ModelCard {
  readonly version: string;
  readonly sha256: string;
  readonly features: readonly string[];
  /** Least and greatest value of each feature in training. */
  readonly ranges: readonly (readonly [number, number])[];
}

/** Why physics stood alone. */
export const FALLBACKS = ["missing", "damaged", "shape", "failed", "outsideRange", "noFeatures"] as const;
export type Fallback = (typeof FALLBACKS)[number];

export type Loaded =
  | { readonly ok: true; readonly model: ResidualModel }
  | { readonly ok: false; readonly reason: Fallback; readonly message: string };

/** A residual beyond this is not believed: physics is never so far off in shape. Log. */
const MOST = 0.1;
/** Past the ends of what was trained on, as a share of its width. */
const MARGIN = 0.02;

/** Loads and tries the model. Never throws: without it physics stands alone. */
export async function loadResidual(path: string = RESIDUAL_FILE): Promise<Loaded> {
  let card: ModelCard;
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
    card = JSON.parse(readFileSync(path.replace(/\.onnx$/, ".json"), "utf8")) as ModelCard;
  } catch (error) {
    return { ok: false, reason: "missing", message: messageOf(error) };
  }
  const sum = createHash("sha256").update(bytes).digest("hex");
  if (sum !== card.sha256) return { ok: false, reason: "damaged", message: "the checksum is not that of its card" };
  if (card.features.join() !== FEATURES.join() || card.ranges.length !== FEATURES.length) {
    return { ok: false, reason: "shape", message: "it looks at other features than this version has" };
  }
  try {
    const { InferenceSession, Tensor } = await import("onnxruntime-node");
    const session = await InferenceSession.create(bytes, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
    });
    const model = new ResidualModel(
      session,
      card,
      (data, rows) => new Tensor("float32", data, [rows, FEATURES.length]),
    );
    const tried = await model.predict([Float32Array.from(card.ranges, ([low, high]) => (low + high) / 2)]);
    if (tried.length !== 1) return { ok: false, reason: "shape", message: "it gives no number for a window" };
    return { ok: true, model };
  } catch (error) {
    return { ok: false, reason: "damaged", message: messageOf(error) };
  }
}

type MakeTensor = (data: Float32Array, rows: number) => InferenceSession.OnnxValueMapType[string];

export class ResidualModel {
  readonly version: string;
  readonly #session: InferenceSession;
  readonly #card: ModelCard;
  readonly #tensorOf: MakeTensor;

  constructor(session: InferenceSession, card: ModelCard, tensorOf: MakeTensor) {
    this.#session = session;
    this.#card = card;
    this.#tensorOf = tensorOf;
    this.version = card.version;
  }

  isInRange(features: Float32Array): boolean {
    return this.#card.ranges.every(([low, high], at) => {
      const value = features[at] ?? Number.NaN;
      const margin = (high - low) * MARGIN;
      return value >= low - margin && value <= high + margin;
    });
  }

  /** Of each window the log of what physics must be multiplied by. One run for all. @throws when the runtime fails */
  async predict(windows: readonly Float32Array[]): Promise<number[]> {
    const data = new Float32Array(windows.length * FEATURES.length);
    for (const [row, features] of windows.entries()) data.set(features, row * FEATURES.length);
    const [input] = this.#session.inputNames;
    const [output] = this.#session.outputNames;
    const answer = await this.#session.run({ [input ?? ""]: this.#tensorOf(data, windows.length) });
    const values = answer[output ?? ""]?.data;
    if (!(values instanceof Float32Array) || values.length !== windows.length) return [];
    return Array.from(values, (value) => (Number.isFinite(value) ? Math.max(-MOST, Math.min(MOST, value)) : 0));
  }
}
