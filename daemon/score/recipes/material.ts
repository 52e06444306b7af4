import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { makeCrowd, normalise, Random, rmsOf } from "../../simulate/index.js";
import { readMono } from "../read-mono.js";
import { resample } from "../resample.js";

/** Rate of everything that is made here, Hz. */
export const RECIPE_HZ = 48_000;
/** Level of beds, full scale 1, as in the mixes of whistles. */
export const BED_RMS = 0.05;

const EVEN_DB = 6;

export interface NamedSound {
  readonly name: string;
  readonly samples: Float32Array;
}

/** What the recipes are made of. */
export interface Material {
  /** All crowds; RMS `BED_RMS`. */
  readonly beds: readonly NamedSound[];
  /** Those of them that stay within some decibels: what another one may be raised over at a time that is then the only rise. */
  readonly evenBeds: readonly NamedSound[];
  /** Crowds that rise; RMS `BED_RMS`. */
  readonly cheers: readonly NamedSound[];
  /** Sounds that are none of what is looked for, at the level they were recorded. */
  readonly negatives: readonly NamedSound[];
  /** Whether the crowds are recordings, not made sound. */
  readonly isRecorded: boolean;
}

/**
 * The folder's own crowds (`bed/`) and negatives (`hard-negative/`) as far as it has them, else made ones. A crowd of `bed/` serves as bed and as cheer.
 * @throws TouchlineError as `openAudioFile` does
 */
export async function readMaterial(dir: string | null, seed: number): Promise<Material> {
  const beds = dir === null ? [] : await readFolder(join(dir, "bed"));
  const negatives = dir === null ? [] : await readFolder(join(dir, "hard-negative"));
  for (const { samples } of beds) normalise(samples, BED_RMS);
  if (beds.length > 1) return { beds, evenBeds: beds.filter(isEven), cheers: beds, negatives, isRecorded: true };
  return { ...makeCrowds(seed), negatives, isRecorded: false };
}

/** Two crowds, each with its own brightness, and what they do when they rise. */
export function makeCrowds(seed: number): Pick<Material, "beds" | "evenBeds" | "cheers"> {
  const crowds = [0, 1].map((index) => makeCrowd(RECIPE_HZ, new Random(`recipes/${seed}/crowd${index}`)));
  const named = (what: string, index: number, samples: Float32Array): NamedSound => ({
    name: `made ${what} ${index + 1}`,
    samples: normalise(samples.slice(), BED_RMS),
  });
  const beds = crowds.map(({ bed }, index) => named("bed", index, bed));
  return {
    beds,
    evenBeds: beds,
    cheers: crowds.flatMap(({ roar, groan }, index) => [named("roar", index, roar), named("groan", index, groan)]),
  };
}

/** Whether all its seconds lie within 6 dB: a cheer that dies away rises each time it comes round. */
function isEven({ samples }: NamedSound): boolean {
  const levels = Array.from({ length: Math.floor(samples.length / RECIPE_HZ) }, (_, second) =>
    rmsOf(samples, second * RECIPE_HZ, (second + 1) * RECIPE_HZ),
  );
  return 20 * Math.log10(Math.max(...levels, 1e-9) / Math.max(Math.min(...levels), 1e-9)) <= EVEN_DB;
}

/** All WAV files of a folder, in order of their names; none where there is no such folder. */
async function readFolder(folder: string): Promise<NamedSound[]> {
  const names = await readdir(folder).catch(() => []);
  const sounds: NamedSound[] = [];
  for (const file of names.filter((name) => name.toLowerCase().endsWith(".wav")).sort()) {
    const { samples, sampleRate } = await readMono(join(folder, file));
    sounds.push({ name: basename(file, ".wav"), samples: resample(samples, sampleRate, RECIPE_HZ).slice() });
  }
  return sounds;
}

/** `length` samples of a sound that goes round and round, from a place in it. */
export function goRound(sound: Float32Array, length: number, from = 0): Float32Array {
  const samples = new Float32Array(length);
  let place = sound.length === 0 ? 0 : from % sound.length;
  for (let i = 0; i < length; i++) {
    samples[i] = sound[place] ?? 0;
    if (++place >= sound.length) place = 0;
  }
  return samples;
}
