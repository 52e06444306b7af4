import {
  addScaled,
  makeCrowd,
  Random,
  renderAnnouncement,
  renderFingerWhistle,
  renderInstrument,
  renderJingle,
  renderSiren,
  renderVuvuzela,
} from "../../simulate/index.js";
import { RECIPE_HZ } from "./material.js";

export interface MadeNegative {
  readonly name: string;
  make(): Float32Array;
}

const LENGTH_SEC = 60;
const PAUSE_SEC = 2.5;
/** Noise of a quiet place under everything, full scale 1. */
const ROOM = 0.003;

type Render = (random: Random) => Float32Array;

const SOURCES: Readonly<Record<string, Render>> = {
  vuvuzelas: (random) => renderVuvuzela(random.uniform(1.5, 5), RECIPE_HZ, random),
  instruments: (random) => renderInstrument(RECIPE_HZ, random),
  music: (random) => renderJingle(random.uniform(8, 20), RECIPE_HZ, random),
  announcer: (random) => renderAnnouncement(random.uniform(4, 10), RECIPE_HZ, random),
  sirens: (random) => renderSiren(RECIPE_HZ, random),
  "finger whistles": (random) => renderFingerWhistle(random.uniform(0.35, 3), RECIPE_HZ, random),
};

/** A minute of each kind of sound that is neither roar nor beep nor horn, and chants and applause; the same for the same seed. */
export function madeNegatives(seed: number): MadeNegative[] {
  const made = Object.entries(SOURCES).map(([name, render]) => ({
    name,
    make: () => stringTogether(render, new Random(`recipes/${seed}/negative/${name}`)),
  }));
  const crowd = (name: string, part: (random: Random) => Float32Array): MadeNegative => ({
    name,
    make: () => part(new Random(`recipes/${seed}/negative/${name}`)),
  });
  return [
    ...made,
    crowd("chants", (random) => join(makeCrowd(RECIPE_HZ, random).chants)),
    crowd("applause", (random) => makeCrowd(RECIPE_HZ, random).applause),
  ];
}

/** One sound after the other with pauses of up to 2.5 s, over a quiet room. */
function stringTogether(render: Render, random: Random): Float32Array {
  const samples = new Float32Array(LENGTH_SEC * RECIPE_HZ);
  for (let i = 0; i < samples.length; i++) samples[i] = ROOM * (2 * random.next() - 1);
  for (let at = RECIPE_HZ; at < samples.length; ) {
    const sound = render(random);
    addScaled(samples, sound, 0.1 * random.lognormal(1, 0.4), at);
    at += sound.length + Math.floor(random.uniform(0, PAUSE_SEC) * RECIPE_HZ);
  }
  return samples;
}

function join(parts: readonly Float32Array[]): Float32Array {
  const samples = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return samples;
}
