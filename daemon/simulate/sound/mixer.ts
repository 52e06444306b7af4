import type { Random } from "../random.js";
import type { BedLevel } from "./bed-level.js";
import type { Clip, Layer, SoundPlan } from "./sounds.js";

/** Gains are told anew this often; in between they run straight. */
const GAIN_STEP = 256;
/** A stretch of the bed's texture lasts this long, then another one has been faded in: the texture never comes round as it was. */
const STRETCH_SEC = 11;

interface Sounding {
  readonly samples: Float32Array;
  readonly start: number;
}

/**
 * Mixes the match block by block; memory holds the textures and the sounds of the moment.
 *
 * 1. Bed: two stretches of one texture from random places, faded into each other (their powers add up to 1), times the bed's level.
 * 2. Layers: textures going round, times their own level.
 * 3. Clips: added where they fall.
 */
export class Mixer {
  readonly #plan: SoundPlan;
  readonly #texture: Float32Array;
  readonly #bed: BedLevel;
  readonly #rate: number;
  readonly #random: Random;
  readonly #stretch: number;
  #nextClip = 0;
  #nextLayer = 0;
  #sounding: Sounding[] = [];
  #layers: Layer[] = [];
  #position = 0;
  /** Where in the texture the older and the younger stretch began, as of their own start. */
  #older = 0;
  #younger = 0;

  constructor(plan: SoundPlan, texture: Float32Array, bed: BedLevel, sampleRate: number, random: Random) {
    this.#plan = plan;
    this.#texture = texture;
    this.#bed = bed;
    this.#rate = sampleRate;
    this.#random = random;
    this.#stretch = Math.round((STRETCH_SEC * sampleRate) / GAIN_STEP) * GAIN_STEP;
    this.#older = this.#drawPlace();
    this.#younger = this.#drawPlace();
  }

  /** Fills the block with the samples that follow; its length must be a multiple of 256. */
  next(block: Float32Array): void {
    const from = this.#position;
    for (let offset = 0; offset < block.length; offset += GAIN_STEP) this.#mixBed(block, offset, from + offset);
    this.#mixLayers(block, from);
    this.#mixClips(block, from);
    this.#position = from + block.length;
  }

  #mixBed(block: Float32Array, offset: number, at: number): void {
    const phase = at % this.#stretch;
    if (phase === 0 && at > 0) {
      this.#older = (this.#younger + this.#stretch) % this.#texture.length;
      this.#younger = this.#drawPlace();
    }
    const texture = this.#texture;
    const length = texture.length;
    let a = (this.#older + phase) % length;
    let b = (this.#younger + phase) % length;
    const angle = ((Math.PI / 2) * phase) / this.#stretch;
    const angleAfter = ((Math.PI / 2) * (phase + GAIN_STEP)) / this.#stretch;
    const level = this.#bed.at(at / this.#rate);
    const levelAfter = this.#bed.at((at + GAIN_STEP) / this.#rate);
    let gainA = Math.cos(angle) * level;
    let gainB = Math.sin(angle) * level;
    const stepA = (Math.cos(angleAfter) * levelAfter - gainA) / GAIN_STEP;
    const stepB = (Math.sin(angleAfter) * levelAfter - gainB) / GAIN_STEP;
    for (let i = offset; i < offset + GAIN_STEP; i++) {
      block[i] = (texture[a] ?? 0) * gainA + (texture[b] ?? 0) * gainB;
      gainA += stepA;
      gainB += stepB;
      if (++a === length) a = 0;
      if (++b === length) b = 0;
    }
  }

  #mixLayers(block: Float32Array, from: number): void {
    const to = from + block.length;
    for (; this.#nextLayer < this.#plan.layers.length; this.#nextLayer++) {
      const layer = this.#plan.layers[this.#nextLayer];
      if (layer === undefined || layer.fromSec * this.#rate >= to) break;
      this.#layers.push(layer);
    }
    for (const layer of this.#layers) this.#mixLayer(block, from, layer);
    this.#layers = this.#layers.filter((layer) => layer.toSec * this.#rate >= to);
  }

  #mixLayer(block: Float32Array, from: number, layer: Layer): void {
    const { texture } = layer;
    // A place in the texture that depends on the layer alone, so that roars differ from each other.
    let place = (from + Math.floor(layer.fromSec * 7919)) % texture.length;
    let gain = layer.gainAt(from / this.#rate);
    for (let offset = 0; offset < block.length; offset += GAIN_STEP) {
      const after = layer.gainAt((from + offset + GAIN_STEP) / this.#rate);
      const step = (after - gain) / GAIN_STEP;
      if (gain === 0 && after === 0) {
        place = (place + GAIN_STEP) % texture.length;
        continue;
      }
      for (let i = offset; i < offset + GAIN_STEP; i++) {
        block[i] = (block[i] ?? 0) + (texture[place] ?? 0) * gain;
        gain += step;
        if (++place === texture.length) place = 0;
      }
      gain = after;
    }
  }

  #mixClips(block: Float32Array, from: number): void {
    const to = from + block.length;
    for (; this.#nextClip < this.#plan.clips.length; this.#nextClip++) {
      const clip = this.#plan.clips[this.#nextClip];
      if (clip === undefined || firstSample(clip, this.#rate) >= to) break;
      const start = firstSample(clip, this.#rate);
      this.#sounding.push({ samples: clip.render(start / this.#rate - clip.atSec), start });
    }
    for (const { samples, start } of this.#sounding) {
      const end = Math.min(to, start + samples.length);
      for (let at = Math.max(from, start); at < end; at++) {
        block[at - from] = (block[at - from] ?? 0) + (samples[at - start] ?? 0);
      }
    }
    this.#sounding = this.#sounding.filter(({ samples, start }) => start + samples.length > to);
  }

  #drawPlace(): number {
    return Math.floor(this.#random.next() * this.#texture.length);
  }
}

/** The first sample at or after the clip's start; a hair of tolerance keeps whole samples whole. */
function firstSample(clip: Clip, rate: number): number {
  return Math.ceil(clip.atSec * rate - 1e-6);
}
