import { basename, join } from "node:path";
import { unixMicros } from "../../sync/index.js";
import { Random, WavFile } from "../simulate/index.js";
import type { LabelledFile } from "./listen-score.js";
import { type BankWhistle, mixWhistles } from "./mix.js";
import { readMono } from "./read-mono.js";
import { resample } from "./resample.js";

/** Rate of the mixes: that of most beds. */
const MIX_HZ = 48_000;
/** Blasts over each bed and level. */
const PER_BED = 8;
/** Sound kept after a blast's end: its own room. */
const TAIL_SEC = 0.3;

/**
 * Writes mixes of the labelled single blasts (`bank`) over the labelled crowds (`bed`) at each level, the same ones for the same files,
 * and returns their labels. Empty where the folder has none of one of them.
 * @throws TouchlineError FILE_UNREADABLE, AUD_NOT_WAV, AUD_BAD_WAV, FILE_UNWRITABLE
 */
export async function writeMixes(
  labels: readonly LabelledFile[],
  levelsDb: readonly number[],
  outDir: string,
): Promise<LabelledFile[]> {
  const bank = await readBank(labels);
  const beds = labels.filter((label) => label.kind === "bed");
  const made: LabelledFile[] = [];
  if (bank.length === 0) return made;
  for (const [index, bed] of beds.entries()) {
    const crowd = await readAtMixRate(bed.file);
    for (const snrDb of levelsDb) {
      const random = new Random(`mix/${basename(bed.file)}/${snrDb}`);
      const chosen = Array.from({ length: PER_BED }, (_, i) => bank[(index * PER_BED + i) % bank.length]).flatMap(
        (whistle) => whistle ?? [],
      );
      const { samples, targets } = mixWhistles(crowd, chosen, MIX_HZ, snrDb, random);
      const kind = `mix ${snrDb > 0 ? "+" : ""}${snrDb} dB`;
      const name = join(outDir, `mix_${index}_${snrDb}.wav`);
      const file = await WavFile.create(name, MIX_HZ, samples.length, unixMicros(0), kind);
      await file.write(samples, samples.length).finally(() => file.close());
      made.push({ file: name, kind, durationSec: samples.length / MIX_HZ, whistles: targets, ignored: [] });
    }
  }
  return made;
}

async function readBank(labels: readonly LabelledFile[]): Promise<BankWhistle[]> {
  const bank: BankWhistle[] = [];
  for (const label of labels) {
    if (label.kind !== "bank") continue;
    const samples = await readAtMixRate(label.file);
    for (const { id, onsetSec, endSec } of label.whistles) {
      const onset = Math.round(onsetSec * MIX_HZ);
      const end = Math.min(samples.length, Math.round((endSec + TAIL_SEC) * MIX_HZ));
      const length = Math.min(Math.round((endSec - onsetSec) * MIX_HZ), end - onset);
      if (length > 0) bank.push({ name: id, samples: samples.slice(onset, end), length });
    }
  }
  return bank;
}

/** The first channel, at the rate of the mixes. */
async function readAtMixRate(path: string): Promise<Float32Array> {
  const { samples, sampleRate } = await readMono(path);
  return resample(samples, sampleRate, MIX_HZ);
}
