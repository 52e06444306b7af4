import { TouchlineError } from "../../errors.js";
import type { AudioSource } from "../audio-input.js";
import { ByteReader, type ByteSource } from "./byte-reader.js";
import { openPath, openStdin } from "./byte-sources.js";
import { isStreamUrl, openFfmpeg } from "./ffmpeg-source.js";
import { openPcm, type PcmLayout, readPcm } from "./pcm-source.js";
import type { SampleSource } from "./sample-source.js";
import { looksLikeWav } from "./wav-header.js";
import { tryOpenWav } from "./wav-reader.js";

/** How files begin that ffmpeg reads for certain: MP3, AAC, FLAC, Ogg, Matroska (after a control character), AIFF, W64, AU, MP4. */
const COMPRESSED = /^(ID3|\xff[\xe0-\xff]|fLaC|OggS|.E\xdf\xa3|FORM|riff|\.snd|....ftyp)/s;

/** Opens what the configuration names. */
export function openSource(source: AudioSource, signal: AbortSignal): Promise<SampleSource> {
  if (source.type === "pcm") return openPcm(source.from, source);
  return openAudioFile(source.type === "wav" ? source.path : source.url, signal);
}

/**
 * A WAV by our own reader, any other file and every URL by ffmpeg.
 * @throws TouchlineError FILE_UNREADABLE, AUD_NOT_WAV, AUD_BAD_WAV, AUD_FFMPEG_MISSING, AUD_FFMPEG_FAILED
 */
export async function openAudioFile(pathOrUrl: string, signal: AbortSignal): Promise<SampleSource> {
  if (isStreamUrl(pathOrUrl)) return openFfmpeg(pathOrUrl, signal);
  const bytes = await openPath(pathOrUrl);
  const reader = new ByteReader(bytes);
  const head = Buffer.from(await reader.view(12, 12));
  // A pipe cannot be read again by ffmpeg, and an empty file holds nothing for it.
  if (looksLikeWav(head) || bytes.seek === null || head.length === 0) {
    const wav = await tryOpenWav(reader);
    if (wav !== null) return wav;
  }
  await reader.close();
  return openByFfmpeg(pathOrUrl, head, signal);
}

/** Standard input: a WAV header is recognised, anything else is raw PCM as `layout` says. */
export async function openStdinSource(layout: PcmLayout | null): Promise<SampleSource> {
  return openStreamSource(await openStdin(), layout);
}

export async function openStreamSource(bytes: ByteSource, layout: PcmLayout | null): Promise<SampleSource> {
  const reader = new ByteReader(bytes);
  const head = await reader.view(12, 12);
  if (looksLikeWav(head) || (layout === null && head.length === 0)) {
    const wav = await tryOpenWav(reader);
    if (wav !== null) return wav;
    throw new TouchlineError("AUD_BAD_WAV", [bytes.label, "its codec is not PCM"]);
  }
  if (layout !== null) return readPcm(reader, layout);
  await reader.close();
  throw new TouchlineError("AUD_BAD_FORMAT", [bytes.label, "no WAV header: say --format, --rate and --channels"]);
}

async function openByFfmpeg(path: string, head: Buffer, signal: AbortSignal): Promise<SampleSource> {
  try {
    return await openFfmpeg(path, signal);
  } catch (error) {
    if (!(error instanceof TouchlineError)) throw error;
    const isAudio = COMPRESSED.test(head.toString("latin1"));
    if (isAudio && error.code === "AUD_FFMPEG_MISSING") throw error;
    const begins = `it begins with "${head.toString("latin1", 0, 4).replace(/[^\x20-\x7e]/g, "?")}"`;
    throw new TouchlineError("AUD_NOT_WAV", [path, `byte 0: ${begins}; ${error.message}`], error);
  }
}
