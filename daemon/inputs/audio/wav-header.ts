import { TouchlineError } from "../../errors.js";
import { type Bext, parseBext } from "./bext.js";
import type { ByteReader } from "./byte-reader.js";
import { SAMPLE_BYTES, type SampleFormat } from "./sample-codec.js";
import type { SourceWarning } from "./sample-source.js";

/**
 * Finds `fmt ` and `data` in a WAVE file, reading forward only. Every size field is a hint: writers stream, wrap at 4 GB, forget pad
 * bytes and are killed. What the limits forbid is an error with its byte offset; what can be lived with is a warning.
 */
export interface WavHeader {
  /** `RIFF`, `RIFX`, `RF64` or `BW64`. */
  readonly form: string;
  readonly sampleRate: number;
  readonly channels: number;
  /** `null`: a codec of `codecTag` that this reader leaves to ffmpeg. */
  readonly sampleFormat: SampleFormat | null;
  readonly codecTag: number;
  readonly blockAlign: number;
  readonly isBigEndian: boolean;
  readonly bext: Bext | null;
  /** Where the samples begin. */
  readonly dataOffset: number;
  /** `null`: until the source ends. */
  readonly dataBytes: number | null;
}

const MAX_CHUNKS = 4096;
const MAX_CHANNELS = 128;
const MAX_SKIPPED_BYTES = 64 * 1024 * 1024;
const MAX_FMT_BYTES = 4096;
const MAX_BEXT_BYTES = 1024 * 1024;
/** Above any converter that exists; below it no whistle is left (its tones reach 4.5 kHz, but speech recordings at 8 kHz are real). */
const SAMPLE_RATES = { least: 1_000, most: 768_000 };
const BEXT_HEAD_BYTES = 602;
/** Streaming writers put a number just below 2^31 or 2^32 where they do not know the size. */
const STREAM_SLACK = 0x1_0000;

const FORM_TAGS = new Set(["RIFF", "RIFX", "RF64", "BW64"]);
const KNOWN_CHUNKS = new Set(
  "fmt |data|fact|LIST|bext|JUNK|junk|PAD |FLLR|iXML|axml|chna|cue |smpl|inst|id3 |ID3 |PEAK|cart|umid|levl|link|qlty|mext|acid|ds64|plst|_PMX|minf|elm1|regn|umid|DISP|SAUR|afsp".split(
    "|",
  ),
);

const TAG_PCM = 1;
const TAG_FLOAT = 3;
const TAG_EXTENSIBLE = 0xfffe;
/** The last 14 bytes of KSDATAFORMAT_SUBTYPE_*: xxxx-0000-0010-8000-00AA00389B71; the first two are the old tag. */
const GUID_TAIL = Buffer.from("000000001000800000aa00389b71", "hex");
/** The ambisonic B-format subtypes of the same family: xxxx-0721-11d3-8644-C8C1CA000000. */
const GUID_AMBISONIC_TAIL = Buffer.from("00002107d3118644c8c1ca000000", "hex");

interface Fmt {
  readonly sampleRate: number;
  readonly channels: number;
  readonly sampleFormat: SampleFormat | null;
  readonly codecTag: number;
  readonly blockAlign: number;
}

/** True when the first twelve bytes are those of a WAVE file. */
export function looksLikeWav(head: Buffer): boolean {
  return head.length >= 12 && FORM_TAGS.has(head.toString("latin1", 0, 4)) && head.toString("latin1", 8, 12) === "WAVE";
}

/**
 * Reads up to the first sample.
 * @throws TouchlineError AUD_NOT_WAV, AUD_BAD_WAV, FILE_UNREADABLE
 */
export async function readWavHeader(reader: ByteReader, warnings: SourceWarning[]): Promise<WavHeader> {
  const head = await reader.view(12, 12);
  if (!looksLikeWav(head)) throw new TouchlineError("AUD_NOT_WAV", [reader.label, describeHead(head)]);
  const form = head.toString("latin1", 0, 4);
  reader.consume(12);
  return new HeaderScan(reader, form, warnings).run();
}

class HeaderScan {
  readonly #reader: ByteReader;
  readonly #form: string;
  readonly #isBigEndian: boolean;
  readonly #warnings: SourceWarning[];
  #fmt: Fmt | null = null;
  #bext: Bext | null = null;
  #longDataBytes: number | null = null;

  constructor(reader: ByteReader, form: string, warnings: SourceWarning[]) {
    this.#reader = reader;
    this.#form = form;
    this.#isBigEndian = form === "RIFX";
    this.#warnings = warnings;
  }

  async run(): Promise<WavHeader> {
    for (let chunk = 0; chunk < MAX_CHUNKS; chunk++) {
      const at = this.#reader.position;
      const head = await this.#reader.view(8, 8);
      if (head.length < 8) throw this.#bad(at, `it ends before its ${this.#fmt === null ? "fmt" : "data"} chunk`);
      const id = head.toString("latin1", 0, 4);
      const size = this.#u32(head, 4);
      this.#reader.consume(8);
      if (id === "data") return this.#atData(at, size);
      await this.#readChunk(id, size, at);
    }
    throw this.#bad(this.#reader.position, `it has more than ${MAX_CHUNKS} chunks before its sound`);
  }

  async #readChunk(id: string, size: number, at: number): Promise<void> {
    if (!/^[\x20-\x7e]{4}$/.test(id)) throw this.#bad(at, "no chunk begins here");
    if (id === "fmt " && (size < 16 || size > MAX_FMT_BYTES)) throw this.#bad(at, `its fmt chunk says ${size} bytes`);
    if (size > MAX_SKIPPED_BYTES) throw this.#bad(at, `its chunk "${id}" says ${size} bytes`);
    const taken = await this.#interpret(id, size, at);
    const skipped = await this.#reader.skip(size - taken);
    if (skipped < size - taken) throw this.#bad(at, `it ends within its chunk "${id}"`);
    if (size % 2 === 1) await this.#skipPad(id);
  }

  /** Returns how many bytes of the chunk it consumed. */
  async #interpret(id: string, size: number, at: number): Promise<number> {
    const wanted = id === "fmt " ? size : id === "ds64" ? Math.min(size, 28) : id === "bext" ? bextBytes(size) : 0;
    if (wanted === 0) return 0;
    const body = await this.#reader.view(wanted, wanted);
    if (body.length < wanted) throw this.#bad(at, `it ends within its chunk "${id}"`);
    if (id === "fmt ") this.#fmt ??= this.#parseFmt(body, at);
    if (id === "ds64" && size >= 16) this.#longDataBytes = body.readUInt32LE(8) + body.readUInt32LE(12) * 2 ** 32;
    if (id === "bext") this.#bext = parseBext(body, this.#isBigEndian);
    this.#reader.consume(body.length);
    return body.length;
  }

  /** An odd chunk is followed by a pad byte, unless its writer forgot it: the next chunk's name decides. */
  async #skipPad(id: string): Promise<void> {
    const next = await this.#reader.view(9, 9);
    if (next.length < 5) return;
    const here = next.toString("latin1", 0, 4);
    const after = next.toString("latin1", 1, 5);
    const hasPad =
      KNOWN_CHUNKS.has(after) || (!KNOWN_CHUNKS.has(here) && (next[0] === 0 || !/^[\x20-\x7e]{4}$/.test(here)));
    if (hasPad) this.#reader.consume(1);
    else this.#warn("missingPad", `byte ${this.#reader.position}: chunk "${id}" has an odd size and no pad byte`);
  }

  #parseFmt(body: Buffer, at: number): Fmt {
    const declared = this.#u16(body, 0);
    const channels = this.#u16(body, 2);
    const sampleRate = this.#u32(body, 4);
    const blockAlign = this.#u16(body, 12);
    const bits = this.#u16(body, 14);
    const codecTag = declared === TAG_EXTENSIBLE ? this.#subFormat(body) : declared;
    if (channels < 1 || channels > MAX_CHANNELS) throw this.#bad(at, `its fmt chunk says ${channels} channels`);
    if (sampleRate < SAMPLE_RATES.least || sampleRate > SAMPLE_RATES.most) {
      throw this.#bad(at, `its fmt chunk says ${sampleRate} samples per second`);
    }
    if (codecTag !== TAG_PCM && codecTag !== TAG_FLOAT) {
      return { sampleRate, channels, sampleFormat: null, codecTag, blockAlign };
    }
    const sampleFormat = this.#sampleFormat(codecTag, channels, blockAlign, bits, at);
    return { sampleRate, channels, sampleFormat, codecTag, blockAlign: SAMPLE_BYTES[sampleFormat] * channels };
  }

  #subFormat(body: Buffer): number {
    if (body.length < 40) return TAG_EXTENSIBLE;
    const tail = body.subarray(26, 40);
    return tail.equals(GUID_TAIL) || tail.equals(GUID_AMBISONIC_TAIL) ? body.readUInt16LE(24) : TAG_EXTENSIBLE;
  }

  /** The container is what block align says; the bits say only how much of it is meant. */
  #sampleFormat(tag: number, channels: number, blockAlign: number, bits: number, at: number): SampleFormat {
    if (blockAlign === 0) throw this.#bad(at, "its fmt chunk says a block align of 0");
    const fromBits = tag === TAG_FLOAT ? floatFormat(bits / 8) : integerFormat(Math.ceil(bits / 8));
    const bytes = blockAlign / channels;
    const fromAlign = tag === TAG_FLOAT ? floatFormat(bytes) : integerFormat(bytes);
    if (fromAlign !== null && bits > 0 && bits <= bytes * 8) return fromAlign;
    if (fromBits === null) {
      throw this.#bad(at, `its fmt chunk says ${bits} bits, ${channels} channels and a block align of ${blockAlign}`);
    }
    this.#warn("blockAlign", `byte ${at}: block align ${blockAlign} contradicts ${bits} bits in ${channels} channels`);
    return fromBits;
  }

  async #atData(at: number, size: number): Promise<WavHeader> {
    if (this.#fmt === null) throw this.#bad(at, "its data chunk comes before its fmt chunk");
    const isLong = this.#form === "RF64" || this.#form === "BW64";
    const declared = isLong && size === 0xffff_ffff && this.#longDataBytes ? this.#longDataBytes : size;
    return {
      form: this.#form,
      ...this.#fmt,
      isBigEndian: this.#isBigEndian,
      bext: this.#bext,
      dataOffset: this.#reader.position,
      dataBytes: await this.#dataBytes(declared, at),
    };
  }

  async #dataBytes(declared: number, at: number): Promise<number | null> {
    const size = this.#reader.sizeBytes;
    const left = size === null ? null : size - this.#reader.position;
    if (left !== null && declared > 0 && declared <= left) return this.#unwrap(declared, left, at);
    if (declared === 0) {
      const next = await this.#reader.view(8, 8);
      if (next.length === 0 || KNOWN_CHUNKS.has(next.toString("latin1", 0, 4))) return 0;
      this.#warn("dataSizeUnknown", `byte ${at + 4}: the data size is 0; read to the end`);
      return left;
    }
    if (isStreamSize(declared)) {
      this.#warn("dataSizeUnknown", `byte ${at + 4}: the data size is a stream's (${declared}); read to the end`);
      return left;
    }
    if (left === null) return declared;
    this.#warn("truncated", `byte ${at + 4}: the data size is ${declared}, but ${left} bytes are there`);
    return left;
  }

  /** A 32-bit size in a file above 4 GB has lost its upper part. */
  #unwrap(declared: number, left: number, at: number): number {
    const lost = left - declared;
    const isWrapped = lost >= 2 ** 32 && lost % 2 ** 32 < STREAM_SLACK && declared < 2 ** 32;
    if (!isWrapped) return declared;
    this.#warn("dataSizeWrapped", `byte ${at + 4}: the data size ${declared} has overflowed; read to the end`);
    return declared + Math.floor(lost / 2 ** 32) * 2 ** 32;
  }

  #u16(bytes: Buffer, at: number): number {
    return this.#isBigEndian ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at);
  }

  #u32(bytes: Buffer, at: number): number {
    return this.#isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
  }

  #warn(code: string, message: string): void {
    this.#warnings.push({ code, message });
  }

  #bad(at: number, what: string): TouchlineError {
    return new TouchlineError("AUD_BAD_WAV", [this.#reader.label, `byte ${at}: ${what}`]);
  }
}

function describeHead(head: Buffer): string {
  if (head.length === 0) return "it is empty";
  if (head.length < 12) return `it has only ${head.length} bytes`;
  return `byte 0: it begins with "${head.toString("latin1", 0, 4).replace(/[^\x20-\x7e]/g, "?")}"`;
}

function bextBytes(size: number): number {
  return size > MAX_BEXT_BYTES ? 0 : Math.min(size, BEXT_HEAD_BYTES);
}

function integerFormat(bytes: number): SampleFormat | null {
  return ({ 1: "u8", 2: "s16", 3: "s24", 4: "s32" } as const)[bytes] ?? null;
}

function floatFormat(bytes: number): SampleFormat | null {
  return ({ 4: "f32", 8: "f64" } as const)[bytes] ?? null;
}

function isStreamSize(bytes: number): boolean {
  const isNear = (limit: number): boolean => bytes < limit && bytes >= limit - STREAM_SLACK;
  return isNear(2 ** 31) || isNear(2 ** 32);
}
