import type { ChannelWay, HeardCue, UnixMicros } from "../../../sync/index.js";
import { makeNoise } from "../dsp/sound.js";

export const START = (Date.UTC(2026, 4, 16, 18, 30) * 1000) as UnixMicros;
export const at = (seconds: number) => Math.round(START + seconds * 1e6) as UnixMicros;
export const FIELD = { lengthM: 105, widthM: 68 };

export interface Microphone {
  readonly channel: string;
  readonly way: ChannelWay;
  /** Where it is, whether or not the configuration says so; `null`: worn by the referee. */
  readonly place: readonly [number, number] | null;
  /** Console, embedder, stream: what is left of it after the configured delay was taken off. */
  readonly delaySec: number;
  readonly jitterSec: number;
}

export const placed = (channel: string, x: number, y: number): Microphone => ({
  channel,
  way: { role: "ambience", isDelayKnown: true, position: [x, y] },
  place: [x, y],
  delaySec: 0,
  jitterSec: 0.006,
});

export const programme = (delaySec: number): Microphone => ({
  channel: "programme",
  way: { role: "programme", isDelayKnown: false, position: null },
  place: [0, -40],
  delaySec,
  jitterSec: 0.006,
});

export interface Whistle {
  readonly sec: number;
  readonly place: readonly [number, number];
}

/** One every 8 s or so, anywhere on the field. */
export function whistles(count: number, seed: number): Whistle[] {
  const noise = makeNoise(seed);
  return Array.from({ length: count }, (_, i) => ({ sec: 10 + 8 * i + noise(), place: [52 * noise(), 33 * noise()] }));
}

export interface Delivery {
  readonly cue: HeardCue;
  readonly way: ChannelWay;
  /** When it reaches the fusion. */
  readonly at: UnixMicros;
}

/** What the microphones tell of the whistles, each provisionally 0.18 s after its onset and finally at its end, in the order of time. */
export function deliveries(sounds: readonly Whistle[], microphones: readonly Microphone[], seed: number): Delivery[] {
  const noise = makeNoise(seed);
  // Three of a kind added: nearly normal, with a standard deviation of 1.
  const normal = () => noise() + noise() + noise();
  const told: Delivery[] = [];
  for (const { sec, place } of sounds) {
    for (const { channel, way, place: there, delaySec, jitterSec } of microphones) {
      const travelSec = there === null ? 0 : Math.hypot(place[0] - there[0], place[1] - there[1]) / 343;
      const onset = sec + travelSec + delaySec + jitterSec * normal();
      const heard = (isFinal: boolean): Delivery => {
        const reported = onset + (isFinal ? 0.5 : 0.18);
        const cue: HeardCue = {
          cueId: `${channel}-${sec.toFixed(3)}`,
          kind: "whistle",
          onset: at(onset),
          end: isFinal ? at(onset + 0.4) : null,
          onsetSdSec: Math.hypot(0.006, way.isDelayKnown ? 0 : way.role === "programme" ? 0.25 : 0.02),
          score: 0.9,
          count: 1,
          channel,
          reported: at(reported),
          isFinal,
          flags: [],
        };
        return { cue, way, at: at(reported) };
      };
      told.push(heard(false), heard(true));
    }
  }
  return told.sort((a, b) => a.at - b.at);
}
