import { ColumnStore } from "./column-store.js";
import { makePalette } from "./palette.js";
import type { CueData, Hello } from "./protocol.js";

/** Marks kept: more than a minute of a lively match has. */
const MAX_MARKS = 200;
const FREQUENCY_LABELS: readonly [number, string][] = [
  [500, "0.5 kHz"],
  [1000, "1 kHz"],
  [2000, "2 kHz"],
  [4000, "4 kHz"],
  [8000, "8 kHz"],
];
const SECONDS_BETWEEN_LABELS = 15;

/** One channel's spectrogram of the last minute, with the cues heard in it. Drawn only when something is new. */
export class Spectrogram {
  readonly element: HTMLCanvasElement;
  readonly #hello: Hello;
  readonly #store: ColumnStore;
  readonly #image: ImageData;
  readonly #pixels: Uint32Array;
  readonly #offscreen: OffscreenCanvas;
  readonly #marks = new Map<string, CueData>();
  #isDue = false;

  constructor(channel: string, hello: Hello) {
    const bands = hello.bandsHz.length;
    const width = Math.round(hello.windowSec * hello.columnRateHz);
    this.#hello = hello;
    this.#store = new ColumnStore(bands, width);
    this.#image = new ImageData(width, bands);
    this.#pixels = new Uint32Array(this.#image.data.buffer);
    this.#offscreen = new OffscreenCanvas(width, bands);
    this.element = document.createElement("canvas");
    this.element.className = "spectrogram";
    this.element.setAttribute("role", "img");
    this.element.setAttribute("aria-label", `Spectrogram of the last minute, ${channel}`);
    new ResizeObserver(() => this.redraw()).observe(this.element);
  }

  push(timesMs: readonly number[], columns: Uint8Array): void {
    this.#store.push(timesMs, columns);
    if (timesMs.length > 0) this.redraw();
  }

  /** A cue is told twice, provisional and final: the later word stands. */
  mark(cue: CueData): void {
    this.#marks.set(cue.cueId, cue);
    const [oldest] = this.#marks.keys();
    if (this.#marks.size > MAX_MARKS && oldest !== undefined) this.#marks.delete(oldest);
    this.redraw();
  }

  redraw(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { element } = this;
    const width = Math.round(element.clientWidth * devicePixelRatio);
    const height = Math.round(element.clientHeight * devicePixelRatio);
    const context = element.getContext("2d");
    if (context === null || width === 0 || height === 0) return;
    if (element.width !== width || element.height !== height) Object.assign(element, { width, height });
    this.#drawColumns(context, width, height);
    const style = getComputedStyle(element);
    this.#drawAxes(context, width, height, style);
    this.#drawMarks(context, width, height, style);
  }

  #drawColumns(context: CanvasRenderingContext2D, width: number, height: number): void {
    const theme = document.documentElement.dataset.theme === "light" ? "light" : "dark";
    this.#store.paint(this.#pixels, this.#image.width, 1000 / this.#hello.columnRateHz, makePalette(theme));
    this.#offscreen.getContext("2d")?.putImageData(this.#image, 0, 0);
    context.imageSmoothingEnabled = true;
    context.drawImage(this.#offscreen, 0, 0, width, height);
  }

  #drawAxes(context: CanvasRenderingContext2D, width: number, height: number, style: CSSStyleDeclaration): void {
    const size = fontSize(style) * 0.72;
    context.font = `${size}px ${style.fontFamily}`;
    const label = (text: string, x: number, y: number) => {
      context.strokeStyle = style.getPropertyValue("--back");
      context.lineWidth = 3 * devicePixelRatio;
      context.strokeText(text, x, y);
      context.fillStyle = style.getPropertyValue("--text");
      context.fillText(text, x, y);
    };
    const grid = (x0: number, y0: number, x1: number, y1: number) => {
      context.strokeStyle = style.getPropertyValue("--grid");
      context.lineWidth = 1;
      line(context, x0, y0, x1, y1);
    };
    context.lineJoin = "round";
    for (const [hz, text] of FREQUENCY_LABELS) {
      const y = this.#yOf(hz, height);
      if (y === null || y < size || y > height - size) continue;
      grid(0, y, width, y);
      label(text, size / 2, y - size / 4);
    }
    for (let back = SECONDS_BETWEEN_LABELS; back < this.#hello.windowSec; back += SECONDS_BETWEEN_LABELS) {
      const x = width * (1 - back / this.#hello.windowSec);
      const text = `−${back} s`;
      grid(x, 0, x, height);
      label(text, x - context.measureText(text).width / 2, height - size / 2);
    }
  }

  #drawMarks(context: CanvasRenderingContext2D, width: number, height: number, style: CSSStyleDeclaration): void {
    const size = fontSize(style) * 0.78;
    context.font = `600 ${size}px ${style.fontFamily}`;
    const colourOf = (kind: string) => style.getPropertyValue(`--cue-${kind}`) || style.getPropertyValue("--cue-other");
    const marks = this.#visibleMarks(width);
    context.lineWidth = 2 * devicePixelRatio;
    for (const { kind, x } of marks) {
      context.strokeStyle = colourOf(kind);
      line(context, x, 0, x, height);
    }
    const ends = new Map<string, number>();
    for (const { kind, x } of marks) {
      // The blasts of a train share one flag; another kind's flag hangs a line lower.
      if (x < (ends.get(kind) ?? 0)) continue;
      const row = [...ends.values()].some((end) => x < end) ? 1 : 0;
      context.fillStyle = colourOf(kind);
      ends.set(kind, flag(context, { x, row, width, size, label: kind }));
    }
  }

  /** The cues of the minute that is shown, in the order of time; older ones are forgotten. */
  #visibleMarks(width: number): { kind: string; x: number }[] {
    const newest = this.#store.newestMs;
    if (newest === null) return [];
    const marks: { kind: string; x: number }[] = [];
    for (const [id, cue] of this.#marks) {
      const back = (newest - Date.parse(cue.onset)) / 1000;
      if (back > this.#hello.windowSec) this.#marks.delete(id);
      else if (back >= 0) marks.push({ kind: cue.kind, x: width * (1 - back / this.#hello.windowSec) });
    }
    return marks.sort((a, b) => a.x - b.x);
  }

  /** Height of a frequency on the canvas, between the centres of the bands around it; `null` outside the bands. */
  #yOf(hz: number, height: number): number | null {
    const { bandsHz } = this.#hello;
    const above = bandsHz.findIndex((centre) => centre >= hz);
    const upper = bandsHz[above];
    const lower = bandsHz[above - 1];
    if (upper === undefined || lower === undefined) return null;
    const place = above - 1 + (hz - lower) / (upper - lower);
    return height * (1 - (place + 0.5) / bandsHz.length);
  }
}

/** In pixels of the canvas; follows the page, so that labels are read from as far as the rest. */
function fontSize(style: CSSStyleDeclaration): number {
  return Number.parseFloat(style.fontSize) * devicePixelRatio;
}

function line(context: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

interface Flag {
  readonly x: number;
  readonly row: number;
  readonly width: number;
  readonly size: number;
  readonly label: string;
}

/** The cue's name on a flag that hangs off the mark, to the left where the edge is near. Returns where it ends. */
function flag(context: CanvasRenderingContext2D, { x, row, width, size, label }: Flag): number {
  const length = context.measureText(label).width + size;
  const left = x + length > width ? x - length : x;
  const top = row * size * 1.6;
  context.fillRect(left, top, length, size * 1.5);
  context.fillStyle = "#0b1118";
  context.fillText(label, left + size / 2, top + size * 1.1);
  return left + length;
}
