import { endianness } from "node:os";

/** How one sample lies in its bytes. Integers are left-justified in their container, so 20 bits in 3 bytes are `s24`. */
export type SampleFormat = "u8" | "s16" | "s24" | "s32" | "f32" | "f64";

export const SAMPLE_BYTES: Readonly<Record<SampleFormat, number>> = { u8: 1, s16: 2, s24: 3, s32: 4, f32: 4, f64: 8 };

/** Writes one channel of interleaved frames to `out`. Full scale is 2^(bits-1) on both sides, so the lowest code gives exactly -1. */
export type Decoder = (bytes: Buffer, frames: number, channel: number, channels: number, out: Float32Array) => void;

const IS_LITTLE_ENDIAN_BOX = endianness() === "LE";

export function decoderOf(format: SampleFormat, isBigEndian: boolean): Decoder {
  if (format === "u8") return decodeU8;
  return isBigEndian ? BIG[format] : LITTLE[format];
}

const decodeU8: Decoder = (bytes, frames, channel, channels, out) => {
  for (let i = 0, at = channel; i < frames; i++, at += channels) out[i] = ((bytes[at] as number) - 128) / 128;
};

const decodeS16: Decoder = (bytes, frames, channel, channels, out) => {
  if (!IS_LITTLE_ENDIAN_BOX || (bytes.byteOffset & 1) !== 0) return slowS16(bytes, frames, channel, channels, out);
  const words = new Int16Array(bytes.buffer, bytes.byteOffset, frames * channels);
  for (let i = 0, at = channel; i < frames; i++, at += channels) out[i] = (words[at] as number) / 32768;
};

const slowS16: Decoder = (bytes, frames, channel, channels, out) => {
  for (let i = 0, at = channel * 2; i < frames; i++, at += channels * 2) out[i] = bytes.readInt16LE(at) / 32768;
};

const decodeS24: Decoder = (bytes, frames, channel, channels, out) => {
  for (let i = 0, at = channel * 3; i < frames; i++, at += channels * 3) {
    // The three bytes stand at the top of a 32-bit integer, so that the sign comes by itself.
    const top = ((bytes[at] as number) << 8) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 24);
    out[i] = top / 2147483648;
  }
};

const decodeS32: Decoder = (bytes, frames, channel, channels, out) => {
  for (let i = 0, at = channel * 4; i < frames; i++, at += channels * 4) out[i] = bytes.readInt32LE(at) / 2147483648;
};

const decodeF32: Decoder = (bytes, frames, channel, channels, out) => {
  if (!IS_LITTLE_ENDIAN_BOX || (bytes.byteOffset & 3) !== 0) return slowF32(bytes, frames, channel, channels, out);
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, frames * channels);
  for (let i = 0, at = channel; i < frames; i++, at += channels) out[i] = values[at] as number;
};

const slowF32: Decoder = (bytes, frames, channel, channels, out) => {
  for (let i = 0, at = channel * 4; i < frames; i++, at += channels * 4) out[i] = bytes.readFloatLE(at);
};

const LITTLE: Readonly<Record<Exclude<SampleFormat, "u8">, Decoder>> = {
  s16: decodeS16,
  s24: decodeS24,
  s32: decodeS32,
  f32: decodeF32,
  f64: (bytes, frames, channel, channels, out) => {
    for (let i = 0, at = channel * 8; i < frames; i++, at += channels * 8) out[i] = bytes.readDoubleLE(at);
  },
};

/** RIFX only: rare, so plain. */
const BIG: Readonly<Record<Exclude<SampleFormat, "u8">, Decoder>> = {
  s16: (bytes, frames, channel, channels, out) => {
    for (let i = 0, at = channel * 2; i < frames; i++, at += channels * 2) out[i] = bytes.readInt16BE(at) / 32768;
  },
  s24: (bytes, frames, channel, channels, out) => {
    for (let i = 0, at = channel * 3; i < frames; i++, at += channels * 3) out[i] = bytes.readIntBE(at, 3) / 8388608;
  },
  s32: (bytes, frames, channel, channels, out) => {
    for (let i = 0, at = channel * 4; i < frames; i++, at += channels * 4) out[i] = bytes.readInt32BE(at) / 2147483648;
  },
  f32: (bytes, frames, channel, channels, out) => {
    for (let i = 0, at = channel * 4; i < frames; i++, at += channels * 4) out[i] = bytes.readFloatBE(at);
  },
  f64: (bytes, frames, channel, channels, out) => {
    for (let i = 0, at = channel * 8; i < frames; i++, at += channels * 8) out[i] = bytes.readDoubleBE(at);
  },
};

export type WriteFormat = "s16" | "s24" | "f32";

/** Writes one channel's samples little-endian; out-of-range integers are clipped. Returns how many were. */
export function encodeSamples(format: WriteFormat, samples: Float32Array, target: Buffer): number {
  if (format === "f32") {
    for (let i = 0; i < samples.length; i++) target.writeFloatLE(samples[i] as number, i * 4);
    return 0;
  }
  const full = format === "s16" ? 32768 : 8388608;
  const bytes = SAMPLE_BYTES[format];
  let clipped = 0;
  for (let i = 0; i < samples.length; i++) {
    const wanted = Math.round((samples[i] as number) * full);
    const value = Math.max(-full, Math.min(full - 1, wanted));
    if (value !== wanted) clipped += 1;
    target.writeIntLE(value, i * bytes, bytes);
  }
  return clipped;
}
