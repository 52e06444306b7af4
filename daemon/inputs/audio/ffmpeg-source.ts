import { type ChildProcess, spawn } from "node:child_process";
import { messageOf, TouchlineError } from "../../errors.js";
import { ByteReader } from "./byte-reader.js";
import { streamSource } from "./byte-sources.js";
import type { FrameBlock, SampleSource, SourceWarning } from "./sample-source.js";
import { tryOpenWav } from "./wav-reader.js";

const URL_SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;
const KEPT_STDERR_CHARS = 2000;
const KEPT_WARNINGS = 20;
const LAST_WORDS_MS = 2000;

/** True for anything with a scheme: read by ffmpeg, believed to be live, tried again when it ends. */
export function isStreamUrl(text: string): boolean {
  return URL_SCHEME.test(text);
}

/** A URL without the name and password in it: what may be shown and logged. */
export function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/g, "//***@");
}

/** ffmpeg decodes the first audio stream and writes it as floating-point WAV to a pipe: the header tells rate and channels. */
export function ffmpegArguments(url: string): string[] {
  const isUrl = isStreamUrl(url);
  // `file:` keeps names with a colon from being taken for protocols, the list keeps a playlist from reaching the network.
  const input = isUrl ? ["-i", url] : ["-protocol_whitelist", "file,crypto,data", "-i", `file:${url}`];
  const live = isUrl ? ["-fflags", "nobuffer"] : [];
  // RTSP over UDP loses sound wherever the network is busy.
  const rtsp = /^rtsps?:/i.test(url) ? ["-rtsp_transport", "tcp"] : [];
  const output = ["-map", "0:a:0", "-c:a", "pcm_f32le", "-f", "wav", "-bitexact", "pipe:1"];
  return ["-nostdin", "-hide_banner", "-loglevel", "warning", ...live, ...rtsp, ...input, ...output];
}

/**
 * Starts ffmpeg and waits for its first sound. It is killed by `close`, or by `signal` while it is waited for; whoever reads decides
 * whether to start another.
 * @throws TouchlineError AUD_FFMPEG_MISSING, AUD_FFMPEG_FAILED
 */
export async function openFfmpeg(url: string, signal: AbortSignal, program = "ffmpeg"): Promise<SampleSource> {
  const child = new FfmpegChild(url, program);
  const onAbort = (): void => child.kill();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const wav = await tryOpenWav(new ByteReader(streamSource(child.stdout, child.label)), !isStreamUrl(url));
    if (wav === null) throw new TouchlineError("AUD_FFMPEG_FAILED", [child.label, "an unknown codec", ""]);
    return new FfmpegSource(child, wav);
  } catch (error) {
    throw (await child.failureAtEnd()) ?? error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

class FfmpegSource implements SampleSource {
  readonly #child: FfmpegChild;
  readonly #wav: SampleSource;
  readonly expectedFrames = null;
  readonly startTime = null;

  constructor(child: FfmpegChild, wav: SampleSource) {
    this.#child = child;
    this.#wav = wav;
  }

  get label(): string {
    return this.#child.label;
  }

  get format(): SampleSource["format"] {
    return this.#wav.format;
  }

  get warnings(): readonly SourceWarning[] {
    return this.#child.warnings;
  }

  get notFinite(): number {
    return this.#wav.notFinite;
  }

  async read(maxFrames: number): Promise<FrameBlock | null> {
    const block = await this.#wav.read(maxFrames);
    if (block !== null) return block;
    const failure = await this.#child.failureAtEnd();
    if (failure !== null) throw failure;
    return null;
  }

  skipTo(frame: number): Promise<number> {
    return this.#wav.skipTo(frame);
  }

  async close(): Promise<void> {
    this.#child.kill();
    await this.#wav.close();
    await this.#child.failure();
  }
}

class FfmpegChild {
  readonly label: string;
  readonly warnings: SourceWarning[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<TouchlineError | null>;
  #stderr = "";
  #isKilled = false;

  constructor(url: string, program: string) {
    this.label = withoutCredentials(url);
    this.#child = spawn(program, ffmpegArguments(url), { stdio: ["ignore", "pipe", "pipe"] });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => this.#keep(text));
    this.#ended = new Promise((resolve) => {
      this.#child.on("error", (error) => resolve(this.#spawnError(error)));
      this.#child.on("close", (code, signal) => resolve(this.#exitError(code, signal)));
    });
  }

  get stdout(): NonNullable<ChildProcess["stdout"]> {
    if (this.#child.stdout === null) throw new TouchlineError("AUD_FFMPEG_FAILED", [this.label, "no output", ""]);
    return this.#child.stdout;
  }

  /** Once it has ended: why it failed, or `null` when it did not, or was killed by us. */
  failure(): Promise<TouchlineError | null> {
    return this.#ended;
  }

  /** Its output has ended: it is given a moment to say why, then it is killed. */
  async failureAtEnd(): Promise<TouchlineError | null> {
    const timer = setTimeout(() => this.kill(), LAST_WORDS_MS);
    const failure = await this.#ended;
    clearTimeout(timer);
    return failure;
  }

  /** It has nothing to save, so it is not asked. */
  kill(): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#isKilled = this.#child.kill("SIGKILL");
    this.#child.stdout?.destroy();
  }

  #spawnError(error: NodeJS.ErrnoException): TouchlineError {
    if (error.code === "ENOENT") return new TouchlineError("AUD_FFMPEG_MISSING", [this.label], error);
    return new TouchlineError("AUD_FFMPEG_FAILED", [this.label, "no start", messageOf(error)], error);
  }

  #exitError(code: number | null, signal: string | null): TouchlineError | null {
    if (code === 0 || this.#isKilled) return null;
    return new TouchlineError("AUD_FFMPEG_FAILED", [this.label, signal ?? `status ${code}`, this.#lastLine()]);
  }

  /** A broken stream makes ffmpeg talk for hours: the newest text is kept, and the first few lines as warnings. */
  #keep(text: string): void {
    this.#stderr = `${this.#stderr}${withoutCredentials(text)}`.slice(-KEPT_STDERR_CHARS);
    for (const line of text.split("\n")) {
      if (this.warnings.length >= KEPT_WARNINGS) return;
      if (line.trim() !== "")
        this.warnings.push({ code: "ffmpeg", message: withoutCredentials(line.trim()).slice(0, 300) });
    }
  }

  #lastLine(): string {
    return this.#stderr.trim().split("\n").at(-1)?.trim() || "no message";
  }
}
