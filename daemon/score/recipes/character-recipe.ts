import { addScaled, CROWD_MOODS, normalise, Random, renderMood, tilt } from "../../simulate/index.js";
import type { TextTable } from "../score-tables.js";
import { BED_RMS, goRound, type Material, type NamedSound, RECIPE_HZ } from "./material.js";
import { hearSamples } from "./score-recipes.js";

const BEFORE_SEC = 24;
const MOOD_SEC = 9;
const RISE_SEC = 0.8;
const AFTER_SEC = 6;
/** Made crowds are heard through anything from no to a strong loss of treble, dB per octave. */
const MOST_TILT_DB = 6;

export interface CharacterOptions {
  readonly seed: number;
  readonly mixes: number;
  /** The whole over the crowd before, dB. */
  readonly riseDb: number;
}

/** What a crowd that is known to do something was taken for. */
export interface CharacterRow {
  readonly what: string;
  readonly source: "made" | "recorded";
  readonly mixes: number;
  /** How often, by name; `unknown`, and `not told` where no roar was heard. */
  readonly takenFor: Readonly<Record<string, number>>;
}

/** Moods made by the project, and the cheers of the folder, each raised over a crowd: what the roar's `character` says of them. */
export async function scoreCharacters(
  material: Material,
  options: CharacterOptions,
  onProgress: (done: number, name: string) => void,
): Promise<CharacterRow[]> {
  const rows: CharacterRow[] = [];
  let done = 0;
  const count = async (what: string, source: "made" | "recorded", make: (index: number) => Float32Array) => {
    const takenFor: Record<string, number> = {};
    for (let index = 0; index < options.mixes; index++) {
      const name = await characterOf(make(index));
      takenFor[name] = (takenFor[name] ?? 0) + 1;
      onProgress(++done, what);
    }
    rows.push({ what, source, mixes: options.mixes, takenFor });
  };
  for (const mood of CROWD_MOODS) {
    await count(mood, "made", (index) => {
      const random = new Random(`recipes/${options.seed}/character/${mood}${index}`);
      const added = renderMood(mood, MOOD_SEC, RECIPE_HZ, random);
      const samples = raised(bedAt(material, index), added, options.riseDb, random);
      return material.isRecorded ? samples : tilt(samples, RECIPE_HZ, random.uniform(0, MOST_TILT_DB));
    });
  }
  if (!material.isRecorded) return rows;
  await count("cheer", "recorded", (index) => {
    const random = new Random(`recipes/${options.seed}/character/recorded${index}`);
    const bed = bedAt(material, index);
    const others = material.cheers.filter(({ name }) => name !== bed.name);
    const cheer = others[index % others.length] ?? bed;
    const from = Math.floor(random.next() * cheer.samples.length);
    const added = normalise(goRound(cheer.samples, MOOD_SEC * RECIPE_HZ, from), 1);
    return raised(bed, added, options.riseDb, random);
  });
  return rows;
}

export function characterTable(rows: readonly CharacterRow[], { riseDb }: CharacterOptions): TextTable {
  const names = [...CROWD_MOODS, "unknown", "not told"];
  return {
    title: `What crowds that rise by ${riseDb} dB were taken for`,
    head: ["what", "source", "mixes", ...names],
    rows: rows.map(({ what, source, mixes, takenFor }) => [
      what,
      source,
      mixes,
      ...names.map((name) => takenFor[name] ?? 0),
    ]),
  };
}

function bedAt(material: Material, index: number): NamedSound {
  const beds = material.evenBeds.length > 0 ? material.evenBeds : material.beds;
  return beds[index % beds.length] ?? { name: "silence", samples: new Float32Array(1) };
}

/** `added`, RMS 1, over the bed so that the whole is `riseDb` louder. */
function raised(bed: NamedSound, added: Float32Array, riseDb: number, random: Random): Float32Array {
  const length = (BEFORE_SEC + MOOD_SEC + AFTER_SEC) * RECIPE_HZ;
  const samples = goRound(bed.samples, length, Math.floor(random.next() * bed.samples.length));
  const rise = RISE_SEC * RECIPE_HZ;
  for (let i = 0; i < rise; i++) added[i] = ((added[i] ?? 0) * i) / rise;
  addScaled(samples, added, BED_RMS * Math.sqrt(10 ** (riseDb / 10) - 1), BEFORE_SEC * RECIPE_HZ);
  return samples;
}

async function characterOf(samples: Float32Array): Promise<string> {
  const cues = await hearSamples(samples, RECIPE_HZ);
  const roar = cues.find(({ kind, onsetSec }) => kind === "roar" && Math.abs(onsetSec - BEFORE_SEC) < 3);
  return roar === undefined ? "not told" : (roar.cue.character ?? "unknown");
}
