import type { Colour } from "./colours.js";
import { CELL_HEIGHT, CELL_WIDTH, drawText } from "./font.js";
import { encodePng } from "./png.js";

/** Pixels of the glyphs' dots. */
const SCALE = 2;

export const TEXT_HEIGHT = CELL_HEIGHT * SCALE;

export function textWidth(text: string): number {
  return [...text].length * CELL_WIDTH * SCALE;
}

/** A picture in memory; what is drawn outside of it is left out. */
export class Canvas {
  readonly width: number;
  readonly height: number;
  readonly #pixels: Uint8Array;

  constructor(width: number, height: number, background: Colour) {
    this.width = width;
    this.height = height;
    this.#pixels = new Uint8Array(3 * width * height);
    this.fill(0, 0, width, height, background);
  }

  /** @param opacity 0..1 */
  dot(x: number, y: number, [red, green, blue]: Colour, opacity = 1): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const at = 3 * (y * this.width + x);
    const pixels = this.#pixels;
    pixels[at] = blend(pixels[at], red, opacity);
    pixels[at + 1] = blend(pixels[at + 1], green, opacity);
    pixels[at + 2] = blend(pixels[at + 2], blue, opacity);
  }

  fill(x: number, y: number, width: number, height: number, colour: Colour, opacity = 1): void {
    for (let row = y; row < y + height; row++) {
      for (let column = x; column < x + width; column++) this.dot(column, row, colour, opacity);
    }
  }

  /** @param x left edge, or the right one where `align` says so, or the middle */
  text(x: number, y: number, text: string, colour: Colour, align: "left" | "center" | "right" = "left"): void {
    const width = textWidth(text);
    const left = align === "left" ? x : align === "right" ? x - width : x - Math.round(width / 2);
    drawText(text, (dotX, dotY) => this.fill(left + dotX * SCALE, y + dotY * SCALE, SCALE, SCALE, colour));
  }

  png(): Buffer {
    return encodePng(this.width, this.height, this.#pixels);
  }
}

function blend(below: number | undefined, above: number, opacity: number): number {
  return Math.round((below ?? 0) * (1 - opacity) + above * opacity);
}
