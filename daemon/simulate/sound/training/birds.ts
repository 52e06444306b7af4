import type { Random } from "../../random.js";
import { addScaled, decibels, normalise } from "../shape.js";
import { drawSpace, placeInSpace } from "../space.js";
import { renderChirps, renderClearNote, renderSongbird, renderSquawk, renderTrill } from "./animals.js";

const SINGERS = [renderSongbird, renderSongbird, renderChirps, renderClearNote, renderTrill, renderSquawk] as const;

/**
 * Birds that sing all along, one to five of them: each has three songs of its own, at its own distance, and comes back to them after pauses of
 * its own. Levels are over a place of RMS 1.
 */
export function renderChorus(length: number, rate: number, random: Random): Float32Array {
  const sound = new Float32Array(length);
  const birds = random.integer(1, 5);
  const nearDb = random.uniform(-18, 14);
  for (let bird = 0; bird < birds; bird++) {
    const render = random.pick(SINGERS);
    const space = drawSpace(random);
    const sing = (): Float32Array => placeInSpace(normalise(render(rate, random), 1), space, rate);
    const songs: readonly [Float32Array, ...Float32Array[]] = [sing(), sing(), sing()];
    const gain = decibels(nearDb - random.uniform(0, 15));
    const pauseSec = random.uniform(0.1, 4);
    for (let at = random.uniform(0, 4) * rate; at < length; ) {
      const song = random.pick(songs);
      addScaled(sound, song, gain * random.uniform(0.5, 1.2), Math.floor(at));
      at += song.length + pauseSec * random.uniform(0.3, 1.8) * rate;
    }
  }
  return sound;
}
