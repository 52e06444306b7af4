import { ByteReader } from "./byte-reader.js";
import { openPath, openStdin } from "./byte-sources.js";
import { FrameReader } from "./frame-reader.js";
import type { SampleFormat } from "./sample-codec.js";
import type { FrameBlock, SampleSource, SourceWarning } from "./sample-source.js";

export const PCM_FORMATS = ["s16le", "s24le", "s32le", "f32le"] as const;
export type PcmFormat = (typeof PCM_FORMATS)[number];

export interface PcmLayout {
  readonly format: PcmFormat;
  readonly sampleRate: number;
  readonly channels: number;
}

/** Interleaved samples without a header. Where the writer cuts them does not matter; what it leaves of a frame at its end is dropped. */
export function readPcm(reader: ByteReader, layout: PcmLayout): SampleSource {
  const sampleFormat = layout.format.slice(0, -2) as SampleFormat;
  const frames = new FrameReader(reader, {
    sampleFormat,
    channels: layout.channels,
    isBigEndian: false,
    dataBytes: null,
    fillsBlocks: reader.canSeek,
  });
  const warnings: SourceWarning[] = [];
  return {
    label: reader.label,
    format: {
      sampleRate: layout.sampleRate,
      channels: layout.channels,
      writeFormat: sampleFormat === "s16" || sampleFormat === "s24" ? sampleFormat : "f32",
    },
    expectedFrames: null,
    startTime: null,
    warnings,
    get notFinite() {
      return frames.notFinite;
    },
    async read(maxFrames: number): Promise<FrameBlock | null> {
      const block = await frames.read(maxFrames);
      if (block === null && frames.partialBytes > 0 && warnings.length === 0) {
        warnings.push({
          code: "partialFrame",
          message: `it ended within a frame: ${frames.partialBytes} bytes left over`,
        });
      }
      return block;
    },
    skipTo: (frame) => frames.skipTo(frame),
    close: () => reader.close(),
  };
}

/** @throws TouchlineError FILE_UNREADABLE */
export async function openPcm(from: "stdin" | { readonly fifo: string }, layout: PcmLayout): Promise<SampleSource> {
  return readPcm(new ByteReader(from === "stdin" ? await openStdin() : await openPath(from.fifo)), layout);
}
