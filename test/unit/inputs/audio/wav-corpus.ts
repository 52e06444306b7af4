/** Crafted WAV files: every header is written here byte by byte, so that the reader is not tested against our own writer. */

export interface CorpusFile {
  readonly name: string;
  readonly bytes: Buffer;
  /** By channel; `null` when reading must fail. */
  readonly samples: readonly (readonly number[])[] | null;
  /** Codes of the warnings, in order, when read from a file. */
  readonly warnings?: readonly string[];
  /** Where reading must fail: the code, and what the message must contain. */
  readonly error?: readonly [code: string, part: string];
}

export const PCM_GUID_TAIL = "000000001000800000aa00389b71";

export function chunk(id: string, body: Buffer, options: { size?: number; pad?: boolean; big?: boolean } = {}): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 0, "latin1");
  const size = options.size ?? body.length;
  if (options.big === true) head.writeUInt32BE(size, 4);
  else head.writeUInt32LE(size, 4);
  const pad = (options.pad ?? true) && body.length % 2 === 1 ? Buffer.alloc(1) : Buffer.alloc(0);
  return Buffer.concat([head, body, pad]);
}

export interface FmtFields {
  tag?: number;
  channels?: number;
  rate?: number;
  bits?: number;
  blockAlign?: number;
  /** Bytes behind the first 16. */
  extra?: Buffer;
  big?: boolean;
}

export function fmt(fields: FmtFields = {}): Buffer {
  const { tag = 1, channels = 1, rate = 48_000, bits = 16, extra = Buffer.alloc(0), big = false } = fields;
  const blockAlign = fields.blockAlign ?? (channels * Math.ceil(bits / 8)) % 65_536;
  const body = Buffer.alloc(16);
  const u16 = (value: number, at: number) => (big ? body.writeUInt16BE(value, at) : body.writeUInt16LE(value, at));
  const u32 = (value: number, at: number) => (big ? body.writeUInt32BE(value, at) : body.writeUInt32LE(value, at));
  u16(tag, 0);
  u16(channels, 2);
  u32(rate, 4);
  u32((rate * blockAlign) % 2 ** 32, 8);
  u16(blockAlign, 12);
  u16(bits, 14);
  return chunk("fmt ", Buffer.concat([body, extra]), { big });
}

/** The 24 bytes that make a fmt chunk extensible. */
export function extension(tag: number, validBits: number): Buffer {
  const extra = Buffer.alloc(24);
  extra.writeUInt16LE(22, 0);
  extra.writeUInt16LE(validBits, 2);
  extra.writeUInt16LE(tag, 8);
  Buffer.from(PCM_GUID_TAIL, "hex").copy(extra, 10);
  return extra;
}

export function riff(chunks: readonly Buffer[], form = "RIFF"): Buffer {
  const body = Buffer.concat(chunks);
  const head = Buffer.alloc(12);
  head.write(form, 0, "latin1");
  if (form === "RIFX") head.writeUInt32BE(body.length + 4, 4);
  else head.writeUInt32LE(form === "RIFF" ? body.length + 4 : 0xffff_ffff, 4);
  head.write("WAVE", 8, "latin1");
  return Buffer.concat([head, body]);
}

function ints(values: readonly number[], bytes: number, big = false): Buffer {
  const out = Buffer.alloc(values.length * bytes);
  values.forEach((value, i) => {
    if (bytes === 1) out.writeUInt8(value + 128, i);
    else if (big) out.writeIntBE(value, i * bytes, bytes);
    else out.writeIntLE(value, i * bytes, bytes);
  });
  return out;
}

function floats(values: readonly number[], bytes: 4 | 8, big = false): Buffer {
  const out = Buffer.alloc(values.length * bytes);
  values.forEach((value, i) => {
    if (bytes === 4) big ? out.writeFloatBE(value, i * 4) : out.writeFloatLE(value, i * 4);
    else big ? out.writeDoubleBE(value, i * 8) : out.writeDoubleLE(value, i * 8);
  });
  return out;
}

/** Both ends of the range, zero, and values on both sides. */
function codes(bytes: number): number[] {
  const full = 2 ** (8 * bytes - 1);
  return [-full, full - 1, 0, 1, -1, Math.floor(full / 3), -Math.floor(full / 5), Math.floor(full / 2)];
}

function scaled(values: readonly number[], bytes: number): number[] {
  return values.map((value) => Math.fround(value / 2 ** (8 * bytes - 1)));
}

const F = [-1, 1, 0, 0.5, -0.25, 1.5, Math.fround(1e-9), Math.fround(0.1)];
const S16 = codes(2);
const X16 = scaled(S16, 2);
const DATA16 = ints(S16, 2);
const ODD = Buffer.from("odd");
const FACT = chunk("fact", Buffer.from([8, 0, 0, 0]));
const CB = Buffer.alloc(2);

function ds64(dataBytes: number): Buffer {
  const body = Buffer.alloc(28);
  body.writeBigUInt64LE(BigInt(dataBytes + 100), 0);
  body.writeBigUInt64LE(BigInt(dataBytes), 8);
  return chunk("ds64", body);
}

/** One mono 16-bit file with something before, at or behind its data. */
function mono16(parts: { before?: Buffer[]; data?: Buffer; size?: number; after?: Buffer[]; form?: string }): Buffer {
  const data = chunk("data", parts.data ?? DATA16, parts.size === undefined ? {} : { size: parts.size });
  return riff([fmt(), ...(parts.before ?? []), data, ...(parts.after ?? [])], parts.form);
}

function split(values: readonly number[], channels: number): number[][] {
  return Array.from({ length: channels }, (_, channel) => values.filter((_, i) => i % channels === channel));
}

const PLAIN: CorpusFile[] = [1, 2, 3, 4].flatMap((bytes) =>
  [1, 2].map((channels) => ({
    name: `PCM ${bytes * 8}, ${channels} channel(s)`,
    bytes: riff([fmt({ bits: bytes * 8, channels }), chunk("data", ints(codes(bytes), bytes))]),
    samples: split(scaled(codes(bytes), bytes), channels),
  })),
);

const FORMATS: CorpusFile[] = [
  {
    name: "float 32, plain fmt",
    bytes: riff([fmt({ tag: 3, bits: 32 }), chunk("data", floats(F, 4))]),
    samples: [F],
  },
  {
    name: "float 32, 18-byte fmt and fact (as sox writes)",
    bytes: riff([fmt({ tag: 3, bits: 32, extra: CB }), FACT, chunk("data", floats(F, 4))]),
    samples: [F],
  },
  {
    name: "float 64, 18-byte fmt and fact",
    bytes: riff([fmt({ tag: 3, bits: 64, extra: CB }), FACT, chunk("data", floats(F, 8))]),
    samples: [F],
  },
  {
    name: "extensible PCM 16",
    bytes: riff([fmt({ tag: 0xfffe, extra: extension(1, 16) }), chunk("data", DATA16)]),
    samples: [X16],
  },
  {
    name: "extensible PCM 24 (as ffmpeg and sox write)",
    bytes: riff([fmt({ tag: 0xfffe, bits: 24, extra: extension(1, 24) }), chunk("data", ints(codes(3), 3))]),
    samples: [scaled(codes(3), 3)],
  },
  {
    name: "extensible float 32 (as ffmpeg writes), 2 channels",
    bytes: riff([fmt({ tag: 0xfffe, bits: 32, channels: 2, extra: extension(3, 32) }), chunk("data", floats(F, 4))]),
    samples: split(F, 2),
  },
  {
    name: "extensible float 64",
    bytes: riff([fmt({ tag: 0xfffe, bits: 64, extra: extension(3, 64) }), chunk("data", floats(F, 8))]),
    samples: [F],
  },
  {
    name: "extensible, 24 valid bits in 32",
    bytes: riff([
      fmt({ tag: 0xfffe, bits: 32, extra: extension(1, 24) }),
      chunk(
        "data",
        ints(
          codes(3).map((value) => value * 256),
          4,
        ),
      ),
    ]),
    samples: [scaled(codes(3), 3)],
  },
  {
    name: "extensible, 20 valid bits in 24",
    bytes: riff([
      fmt({ tag: 0xfffe, bits: 24, extra: extension(1, 20) }),
      chunk("data", ints([-8388608, 8388592, 16, -16], 3)),
    ]),
    samples: [scaled([-8388608, 8388592, 16, -16], 3)],
  },
  {
    name: "plain PCM, 24 bits in a 4-byte container",
    bytes: riff([
      fmt({ bits: 24, blockAlign: 4 }),
      chunk(
        "data",
        ints(
          codes(3).map((value) => value * 256),
          4,
        ),
      ),
    ]),
    samples: [scaled(codes(3), 3)],
  },
  {
    name: "plain PCM, 12 bits in 2 bytes",
    bytes: riff([fmt({ bits: 12 }), chunk("data", ints([-32768, 32752, 16], 2))]),
    samples: [scaled([-32768, 32752, 16], 2)],
  },
  {
    name: "RIFX 16",
    bytes: riff([fmt({ big: true }), chunk("data", ints(S16, 2, true), { big: true })], "RIFX"),
    samples: [X16],
  },
  {
    name: "RIFX 24, 2 channels",
    bytes: riff(
      [fmt({ big: true, bits: 24, channels: 2 }), chunk("data", ints(codes(3), 3, true), { big: true })],
      "RIFX",
    ),
    samples: split(scaled(codes(3), 3), 2),
  },
  {
    name: "RIFX 32",
    bytes: riff([fmt({ big: true, bits: 32 }), chunk("data", ints(codes(4), 4, true), { big: true })], "RIFX"),
    samples: [scaled(codes(4), 4)],
  },
  {
    name: "RIFX float 32 and 64",
    bytes: riff([fmt({ big: true, tag: 3, bits: 64 }), chunk("data", floats(F, 8, true), { big: true })], "RIFX"),
    samples: [F],
  },
  {
    name: "128 channels",
    bytes: riff([
      fmt({ channels: 128 }),
      chunk(
        "data",
        ints(
          Array.from({ length: 256 }, (_, i) => i),
          2,
        ),
      ),
    ]),
    samples: split(
      Array.from({ length: 256 }, (_, i) => Math.fround(i / 32768)),
      128,
    ),
  },
  {
    name: "8 kHz and 192 kHz are sane",
    bytes: riff([fmt({ rate: 192_000 }), chunk("data", DATA16)]),
    samples: [X16],
  },
];

const CHUNKS: CorpusFile[] = [
  {
    name: "bext before fmt",
    bytes: riff([chunk("bext", Buffer.alloc(602)), fmt(), chunk("data", DATA16)]),
    samples: [X16],
  },
  {
    name: "JUNK before fmt, LIST, cue and id3 before data",
    bytes: riff([
      chunk("JUNK", Buffer.alloc(28)),
      fmt(),
      ...["LIST", "cue ", "id3 "].map((id) => chunk(id, Buffer.alloc(40))),
      chunk("data", DATA16),
    ]),
    samples: [X16],
  },
  { name: "odd chunk with pad byte", bytes: mono16({ before: [chunk("LIST", ODD)] }), samples: [X16] },
  {
    name: "odd chunk without pad byte",
    bytes: mono16({ before: [chunk("LIST", ODD, { pad: false })] }),
    samples: [X16],
    warnings: ["missingPad"],
  },
  {
    name: "odd chunk whose pad byte is a letter",
    bytes: mono16({ before: [Buffer.concat([chunk("LIST", ODD, { pad: false }), Buffer.from(" ")])] }),
    samples: [X16],
  },
  { name: "unknown chunk ids", bytes: mono16({ before: [chunk("zz9 ", Buffer.alloc(5))] }), samples: [X16] },
  { name: "chunks behind the data", bytes: mono16({ after: [chunk("LIST", Buffer.alloc(30))] }), samples: [X16] },
  { name: "trailing bytes (ID3v1)", bytes: mono16({ after: [Buffer.from("TAG and an odd rest")] }), samples: [X16] },
  { name: "two fmt chunks: the first counts", bytes: mono16({ before: [fmt({ bits: 8 })] }), samples: [X16] },
  {
    name: "4000 empty chunks",
    bytes: mono16({ before: Array.from({ length: 4000 }, () => chunk("JUNK", Buffer.alloc(0))) }),
    samples: [X16],
  },
  {
    name: "block align contradicts bits and channels",
    bytes: riff([fmt({ blockAlign: 7 }), chunk("data", DATA16)]),
    samples: [X16],
    warnings: ["blockAlign"],
  },
];

const SIZES: CorpusFile[] = [
  {
    name: "RF64",
    bytes: riff([ds64(16), fmt(), chunk("data", DATA16, { size: 0xffff_ffff })], "RF64"),
    samples: [X16],
  },
  {
    name: "BW64",
    bytes: riff([ds64(16), fmt(), chunk("data", DATA16, { size: 0xffff_ffff })], "BW64"),
    samples: [X16],
  },
  {
    name: "RF64 whose ds64 knows no size",
    bytes: riff([ds64(0), fmt(), chunk("data", DATA16, { size: 0xffff_ffff })], "RF64"),
    samples: [X16],
    warnings: ["dataSizeUnknown"],
  },
  {
    name: "RF64 whose ds64 says too much",
    bytes: riff([ds64(2 ** 40), fmt(), chunk("data", DATA16, { size: 0xffff_ffff })], "RF64"),
    samples: [X16],
    warnings: ["truncated"],
  },
  { name: "RF64 with a plain data size", bytes: riff([ds64(0), fmt(), chunk("data", DATA16)], "RF64"), samples: [X16] },
  ...[0, 0xffff_ffff, 0xffff_fffe, 0xffff_ff00, 0x7fff_ffff, 0x7fff_ffd8, 0x7fff_f000].map((size) => ({
    name: `streaming header, data size 0x${size.toString(16)}`,
    bytes: mono16({ size }),
    samples: [X16],
    warnings: ["dataSizeUnknown"],
  })),
  {
    name: "data size beyond the end",
    bytes: mono16({ size: 1000 }),
    samples: [X16],
    warnings: ["truncated"],
  },
  {
    name: "cut off within a sample",
    bytes: mono16({}).subarray(0, -3),
    samples: [X16.slice(0, -2)],
    warnings: ["truncated", "partialFrame"],
  },
  {
    name: "cut off within a frame of two channels",
    bytes: riff([fmt({ channels: 2 }), chunk("data", DATA16)]).subarray(0, -2),
    samples: [split(X16, 2)[0]!.slice(0, 3), split(X16, 2)[1]!.slice(0, 3)],
    warnings: ["truncated", "partialFrame"],
  },
  {
    name: "data size that is no multiple of the frame",
    bytes: mono16({ size: 15 }),
    samples: [X16.slice(0, 7)],
    warnings: ["partialFrame"],
  },
  { name: "no samples at all", bytes: mono16({ data: Buffer.alloc(0) }), samples: [[]], warnings: ["empty"] },
  {
    name: "data size 0 before another chunk",
    bytes: mono16({ data: Buffer.alloc(0), after: [chunk("LIST", Buffer.alloc(10))] }),
    samples: [[]],
    warnings: ["empty"],
  },
];

const BAD: CorpusFile[] = [
  { name: "empty file", bytes: Buffer.alloc(0), samples: null, error: ["AUD_NOT_WAV", "it is empty"] },
  { name: "four bytes", bytes: Buffer.from("RIFF"), samples: null, error: ["AUD_NOT_WAV", "only 4 bytes"] },
  {
    name: "text",
    bytes: Buffer.from("once upon a time there was a whistle"),
    samples: null,
    error: ["AUD_NOT_WAV", 'begins with "once"'],
  },
  {
    name: "another RIFF form",
    bytes: Buffer.concat([Buffer.from("RIFF"), Buffer.alloc(4), Buffer.from("AVI ")]),
    samples: null,
    error: ["AUD_NOT_WAV", 'begins with "RIFF"'],
  },
  { name: "header only", bytes: riff([]), samples: null, error: ["AUD_BAD_WAV", "byte 12: it ends before its fmt"] },
  {
    name: "no data chunk",
    bytes: riff([fmt()]),
    samples: null,
    error: ["AUD_BAD_WAV", "byte 36: it ends before its data"],
  },
  {
    name: "data before fmt",
    bytes: riff([chunk("data", DATA16), fmt()]),
    samples: null,
    error: ["AUD_BAD_WAV", "byte 12: its data chunk comes before"],
  },
  {
    name: "cut off within fmt",
    bytes: mono16({}).subarray(0, 30),
    samples: null,
    error: ["AUD_BAD_WAV", 'byte 12: it ends within its chunk "fmt "'],
  },
  {
    name: "cut off within a skipped chunk",
    bytes: riff([fmt(), chunk("LIST", Buffer.alloc(4), { size: 400 })]),
    samples: null,
    error: ["AUD_BAD_WAV", 'byte 36: it ends within its chunk "LIST"'],
  },
  {
    name: "fmt size 0xFFFFFFFF",
    bytes: riff([chunk("fmt ", Buffer.alloc(16), { size: 0xffff_ffff })]),
    samples: null,
    error: ["AUD_BAD_WAV", "byte 12: its fmt chunk says 4294967295 bytes"],
  },
  {
    name: "fmt size 4",
    bytes: riff([chunk("fmt ", Buffer.alloc(4))]),
    samples: null,
    error: ["AUD_BAD_WAV", "its fmt chunk says 4 bytes"],
  },
  {
    name: "a skipped chunk of 1 GB",
    bytes: riff([fmt(), chunk("JUNK", Buffer.alloc(4), { size: 2 ** 30 })]),
    samples: null,
    error: ["AUD_BAD_WAV", 'byte 36: its chunk "JUNK" says 1073741824 bytes'],
  },
  {
    name: "100 000 empty chunks",
    bytes: mono16({ before: Array.from({ length: 100_000 }, () => chunk("JUNK", Buffer.alloc(0))) }),
    samples: null,
    error: ["AUD_BAD_WAV", "more than 4096 chunks"],
  },
  {
    name: "a chunk id that is none",
    bytes: riff([fmt(), chunk("\x00\x01\x02\x03", Buffer.alloc(4))]),
    samples: null,
    error: ["AUD_BAD_WAV", "byte 36: no chunk begins here"],
  },
  ...[0, 129, 65_535].map((channels) => ({
    name: `${channels} channels`,
    bytes: riff([fmt({ channels, blockAlign: 2 }), chunk("data", DATA16)]),
    samples: null,
    error: ["AUD_BAD_WAV", `byte 12: its fmt chunk says ${channels} channels`] as const,
  })),
  {
    name: "block align 0",
    bytes: riff([fmt({ blockAlign: 0 }), chunk("data", DATA16)]),
    samples: null,
    error: ["AUD_BAD_WAV", "byte 12: its fmt chunk says a block align of 0"],
  },
  ...[0, 999, 0xffff_ffff].map((rate) => ({
    name: `${rate} samples per second`,
    bytes: riff([fmt({ rate }), chunk("data", DATA16)]),
    samples: null,
    error: ["AUD_BAD_WAV", `its fmt chunk says ${rate} samples per second`] as const,
  })),
  {
    name: "64-bit integers",
    bytes: riff([fmt({ bits: 64 }), chunk("data", DATA16)]),
    samples: null,
    error: ["AUD_BAD_WAV", "its fmt chunk says 64 bits"],
  },
  ...[6, 7, 2, 0x11, 0x55].map((tag) => ({
    name: `codec tag ${tag} is left to ffmpeg`,
    bytes: riff([fmt({ tag, bits: 8 }), chunk("data", DATA16)]),
    samples: null,
    error: ["AUD_BAD_WAV", "its codec is not PCM"] as const,
  })),
  {
    name: "extensible with an unknown GUID",
    bytes: riff([fmt({ tag: 0xfffe, extra: Buffer.alloc(24, 7) }), chunk("data", DATA16)]),
    samples: null,
    error: ["AUD_BAD_WAV", "its codec is not PCM"],
  },
];

export const CORPUS: readonly CorpusFile[] = [...PLAIN, ...FORMATS, ...CHUNKS, ...SIZES, ...BAD];

export { floats, ints };
