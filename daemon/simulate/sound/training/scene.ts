import type { Random } from "../../random.js";
import type { CrowdTextures } from "../crowd.js";
import { renderAirHorn, renderVuvuzela } from "../horns.js";
import { addScaled, decibels, normalise, rmsOf } from "../shape.js";
import { drawSpace, placeInSpace, type Space } from "../space.js";
import { renderAnnouncement, renderJingle } from "../voices.js";
import { renderFingerWhistle } from "../whistle.js";
import { renderChirps, renderClearNote, renderSongbird, renderSquawk, renderTrill } from "./animals.js";
import { renderChorus } from "./birds.js";
import { type AnyWhistle, drawAnyWhistle, drawBlastLength, renderAnyBlast } from "./blasts.js";
import { renderLipWhistle, renderSoprano, renderTune, renderVoice } from "./people.js";
import { renderHall, renderStand, throughMicrophone } from "./places.js";
import { renderBeeps, renderInstrument, renderMotor, renderSiren, renderSqueak } from "./things.js";

export interface SceneWhistle {
  readonly startSec: number;
  readonly endSec: number;
}

/** A stretch of sound for fitting and calibrating, with the whistles that are in it. */
export interface Scene {
  readonly samples: Float32Array;
  readonly whistles: readonly SceneWhistle[];
}

/** Over the sound of the place, dB broadband. */
interface Levels {
  readonly whistle: readonly [number, number];
  readonly other: readonly [number, number];
}

type Renderer = (rate: number, random: Random) => Float32Array;

/** What is not a referee's whistle, by how often it comes. */
const OTHERS: Readonly<Record<string, readonly [number, Renderer]>> = {
  songbird: [3, renderSongbird],
  squawk: [2, renderSquawk],
  trill: [1, renderTrill],
  chirps: [2, renderChirps],
  clearNote: [1, renderClearNote],
  voice: [5, renderVoice],
  lipWhistle: [1, renderLipWhistle],
  tune: [1, renderTune],
  soprano: [1, renderSoprano],
  instrument: [3, renderInstrument],
  siren: [1, renderSiren],
  squeak: [2, renderSqueak],
  motor: [4, renderMotor],
  beeps: [1, renderBeeps],
  fingerWhistle: [0.7, (rate, random) => renderFingerWhistle(random.uniform(0.35, 3), rate, random)],
  airHorn: [0.5, (rate, random) => renderAirHorn(random.uniform(0.4, 2), rate, random)],
  vuvuzela: [0.5, (rate, random) => renderVuvuzela(random.uniform(1, 4), rate, random)],
  announcement: [1, (rate, random) => renderAnnouncement(random.uniform(2, 5), rate, random)],
  jingle: [1, (rate, random) => renderJingle(random.uniform(2, 5), rate, random)],
};
/** Other sounds come in company: half of the scenes hold one to four kinds only, as a place does where birds sing or a band plays. */
const FEW_KINDS = 4;
const WEIGHTS = Object.fromEntries(Object.entries(OTHERS).map(([name, [weight]]) => [name, weight]));
const LEAD_SEC = 2.5;
/** The envelope passes -12 dB of its plateau about this long after the first sample of a blast. */
const RISE_SEC = 0.005;

/** Sound of `seconds` from a stand (with a crowd) or a hall (`null`), through a microphone. The same for the same random stream. */
export function renderScene(crowd: CrowdTextures | null, seconds: number, rate: number, random: Random): Scene {
  const length = Math.round(seconds * rate);
  const samples = crowd === null ? renderHall(length, rate, random) : renderStand(length, crowd, rate, random);
  const whistles: SceneWhistle[] = [];
  const whistle = drawAnyWhistle(random);
  const hasManyWhistles = random.chance(0.5);
  const whistleShare = random.pick([0, 0.3, 0.5]);
  const kinds = drawKinds(random);
  if (crowd === null && random.chance(0.3)) addScaled(samples, renderChorus(length, rate, random), 1);
  const levelDb: Levels =
    crowd === null ? { whistle: [-6, 32], other: [-24, 24] } : { whistle: [-12, 9], other: [-18, 9] };
  const pauseSec: readonly [number, number] = random.chance(0.5) ? [0.3, 2] : [1, 4];
  for (let at = LEAD_SEC; at < seconds - 4; at += random.uniform(...pauseSec)) {
    const space = crowd === null ? drawRoom(random) : drawSpace(random);
    const isWhistle = random.chance(whistleShare);
    const own = hasManyWhistles && isWhistle ? drawAnyWhistle(random) : whistle;
    const added = isWhistle ? train(own, rate, random) : other(kinds, rate, random);
    const start = Math.floor(at * rate);
    const around = Math.max(1e-3, rmsOf(samples, start, start + added.sound.length));
    const gain =
      (around * decibels(random.uniform(...(isWhistle ? levelDb.whistle : levelDb.other)))) /
      Math.max(1e-9, rmsOf(added.sound));
    addScaled(samples, placeInSpace(added.sound, space, rate), gain, start);
    for (const [from, to] of added.blasts)
      whistles.push({ startSec: start / rate + from + RISE_SEC, endSec: start / rate + to });
    at += added.sound.length / rate;
  }
  return { samples: throughMicrophone(samples, rate, random), whistles };
}

interface Added {
  readonly sound: Float32Array;
  readonly blasts: readonly (readonly [number, number])[];
}

/** Weights of the kinds of other sounds in one scene. */
function drawKinds(random: Random): Readonly<Record<string, number>> {
  if (random.chance(0.5)) return WEIGHTS;
  const names = Array.from({ length: random.integer(1, FEW_KINDS) }, () => random.weighted(WEIGHTS));
  return Object.fromEntries(names.map((name) => [name, 1]));
}

function other(kinds: Readonly<Record<string, number>>, rate: number, random: Random): Added {
  const [, render] = OTHERS[random.weighted(kinds)] ?? [0, renderVoice];
  return { sound: normalise(render(rate, random), 1), blasts: [] };
}

/** One blast, or two or three with pauses of 30-300 ms; those closer than 80 ms count as one. */
function train(whistle: AnyWhistle, rate: number, random: Random): Added {
  const many = random.chance(0.2) ? random.integer(2, 3) : 1;
  const blasts: [number, number][] = [];
  const parts: [number, Float32Array][] = [];
  let at = 0;
  for (let i = 0; i < many; i++) {
    const lengthSec = drawBlastLength(random);
    parts.push([at, renderAnyBlast(whistle, lengthSec, rate, random)]);
    const last = blasts.at(-1);
    if (last !== undefined && at - last[1] < 0.08) last[1] = at + lengthSec;
    else blasts.push([at, at + lengthSec]);
    at += lengthSec + random.uniform(0.03, 0.3);
  }
  const sound = new Float32Array(
    parts.reduce((most, [from, part]) => Math.max(most, Math.ceil(from * rate) + part.length), 0),
  );
  for (const [from, part] of parts) addScaled(sound, part, 1, Math.floor(from * rate));
  return { sound, blasts };
}

/** A small room: early reflections within 5-60 ms and a strong short tail. */
function drawRoom(random: Random): Space {
  if (random.chance(0.2)) return { echoes: [], reverb: null };
  const echo = () => ({ delaySec: random.uniform(0.005, 0.06), gainDb: random.uniform(-16, -1) });
  return {
    echoes: [echo(), echo(), echo()],
    reverb: { rt60Sec: random.uniform(0.25, 2.2), gainDb: random.uniform(-14, 6) },
  };
}
