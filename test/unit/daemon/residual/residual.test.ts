import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  createRefine,
  FEATURES,
  loadResidual,
  onnxOf,
  type ResidualModel,
  WindowFeatures,
} from "../../../../daemon/fuel-residual/index.js";
import { sampleOfMessage } from "../../../../daemon/inputs/index.js";
import type { RecordDraft } from "../../../../daemon/records/index.js";
import type { UnixMicros } from "../../../../sync/index.js";

const folder = mkdtempSync(join(tmpdir(), "touchline-residual-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A net of one layer: 0.05 times the first feature. */
const WEIGHTS = Float32Array.from(FEATURES, (_, at) => (at === 0 ? 0.05 : 0));
const BYTES = onnxOf([{ inputs: FEATURES.length, outputs: 1, weights: WEIGHTS, bias: Float32Array.of(0) }], "test");
const CARD = {
  version: "test-1",
  sha256: createHash("sha256").update(BYTES).digest("hex"),
  features: [...FEATURES],
  ranges: FEATURES.map(() => [0, 1]),
};

function fileOf(name: string, bytes: Uint8Array | null, card: object | null): string {
  const path = join(folder, `${name}.onnx`);
  if (bytes !== null) writeFileSync(path, bytes);
  if (card !== null) writeFileSync(join(folder, `${name}.json`), JSON.stringify(card));
  return path;
}

async function modelOf(): Promise<ResidualModel> {
  const loaded = await loadResidual(fileOf("good", BYTES, CARD));
  if (!loaded.ok) throw new Error(loaded.message);
  return loaded.model;
}

const draft = (car: string): RecordDraft => ({
  kind: "fuel",
  session: "race",
  subject: car,
  class: "neutral",
  key: car,
  time: 0 as UnixMicros,
  recordedAt: 0 as UnixMicros,
  data: { car, model: "m@1", fuelKgWindow: { mean: 0.2, sd: 0.01, lo95: 0.18, hi95: 0.22 }, basis: { gallon: "US" } },
});

describe("loadResidual", () => {
  it("reads the file that the project writes, and a batch of all cars is one run", async () => {
    const model = await modelOf();
    const windows = Array.from({ length: 40 }, (_, at) => Float32Array.from(FEATURES, () => at / 40));
    const logs = await model.predict(windows);
    expect(logs).toHaveLength(40);
    for (const [at, log] of logs.entries()) expect(log).toBeCloseTo((0.05 * at) / 40, 5);
  });

  it.each([
    ["missing", fileOf("none", null, null)],
    ["missing", fileOf("cardless", BYTES, null)],
    [
      "damaged",
      fileOf(
        "changed",
        Uint8Array.from(BYTES, (byte, at) => (at === 100 ? byte ^ 1 : byte)),
        CARD,
      ),
    ],
    ["shape", fileOf("other", BYTES, { ...CARD, features: ["rpm"], ranges: [[0, 1]] })],
    [
      "damaged",
      fileOf("noise", Buffer.from("no model"), {
        ...CARD,
        sha256: createHash("sha256").update("no model").digest("hex"),
      }),
    ],
  ])("is %s in words, and throws nothing: %s", async (reason, path) => {
    expect(await loadResidual(path)).toMatchObject({ ok: false, reason });
  });

  it("does not take a model whose input is of another width", async () => {
    const narrow = onnxOf([{ inputs: 3, outputs: 1, weights: new Float32Array(3), bias: new Float32Array(1) }], "test");
    const card = { ...CARD, sha256: createHash("sha256").update(narrow).digest("hex") };
    expect((await loadResidual(fileOf("narrow", narrow, card))).ok).toBe(false);
  });

  it("accepts the file that is shipped", async () => {
    expect(await loadResidual()).toMatchObject({ ok: true });
  });
});

describe("createRefine", () => {
  async function rig(featuresOf: (one: RecordDraft) => Float32Array | null | undefined) {
    const counts: Record<string, number> = {};
    const add = (name: string, count: number) => {
      counts[name] = (counts[name] ?? 0) + count;
    };
    const refine = createRefine({ model: await modelOf(), featuresOf, onFallback: add, onUsed: (n) => add("used", n) });
    return { refine, counts };
  }
  const meanOf = (one: RecordDraft | undefined) => (one?.data.fuelKgWindow as { mean: number } | undefined)?.mean ?? 0;
  const features = (first: number) => Float32Array.from(FEATURES, (_, at) => (at === 0 ? first : 0.5));

  it("moves fuel between windows and leaves the sum to the fills", async () => {
    let turn = 0;
    const { refine, counts } = await rig(() => features(turn++ % 2));
    const means: number[] = [];
    for (let i = 0; i < 600; i++) means.push(meanOf((await refine([draft("1")]))[0]));
    const late = means.slice(400);
    expect(Math.max(...late) / Math.min(...late)).toBeCloseTo(Math.exp(0.05), 2);
    expect(late.reduce((sum, mean) => sum + mean, 0) / late.length).toBeCloseTo(0.2, 3);
    expect(counts).toEqual({ used: 600 });
  });

  it("leaves physics alone outside the trained range, without features, and where no residual is wanted", async () => {
    const { refine, counts } = await rig((one) =>
      one.key === "far" ? features(7) : one.key === "none" ? null : undefined,
    );
    const records = await refine([draft("far"), draft("none"), draft("other")]);
    expect(records.map(meanOf)).toEqual([0.2, 0.2, 0.2]);
    expect(records.map(({ data }) => data.model)).toEqual(["m@1", "m@1", "m@1"]);
    expect(records[2]).toEqual(draft("other"));
    expect(counts).toEqual({ outsideRange: 1, noFeatures: 1 });
  });

  it("names the model in what it corrected", async () => {
    const { refine } = await rig(() => features(0.5));
    const [record] = await refine([draft("1")]);
    expect(record?.data).toMatchObject({ model: "m@1+test-1", basis: { residual: "used" } });
  });
});

describe("WindowFeatures", () => {
  it("are the means over the window's own samples", () => {
    const features = new WindowFeatures(3);
    for (let i = 0; i < 30; i++) {
      features.add(sampleOfMessage({ car: "1", t: i / 5, throttle: i < 15 ? 1 : 0, rpm: 7000, speedMps: 80 }));
    }
    expect([...(features.of("1", 3) ?? [])]).toEqual([1, 1, 1, 1, 1, 1, 0, 0]);
    expect(features.of("1", 6)?.[0]).toBe(0);
    expect(features.of("1", 9)).toBeNull();
    expect(features.of("2", 3)).toBeNull();
  });
});
