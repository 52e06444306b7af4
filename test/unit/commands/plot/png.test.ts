import { crc32, inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Canvas, textWidth } from "../../../../daemon/commands/plot/canvas.js";
import { drawText } from "../../../../daemon/commands/plot/font.js";
import { encodePng } from "../../../../daemon/commands/plot/png.js";

interface Png {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
  readonly chunks: readonly string[];
}

/** A reader of its own, by the standard: chunks with their checksums, filter "none". */
function decode(bytes: Buffer): Png {
  expect([...bytes.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  const chunks: string[] = [];
  let [width, height, data] = [0, 0, Buffer.alloc(0)];
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    const body = bytes.subarray(at + 8, at + 8 + length);
    expect(bytes.readUInt32BE(at + 8 + length)).toBe(crc32(bytes.subarray(at + 4, at + 8 + length)));
    if (type === "IHDR") [width, height] = [body.readUInt32BE(0), body.readUInt32BE(4)];
    if (type === "IDAT") data = Buffer.concat([data, body]);
    chunks.push(type);
    at += length + 12;
  }
  const raw = inflateSync(data);
  expect(raw.length).toBe(height * (3 * width + 1));
  const pixels = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const from = y * (3 * width + 1);
    expect(raw[from]).toBe(0);
    pixels.set(raw.subarray(from + 1, from + 1 + 3 * width), y * 3 * width);
  }
  return { width, height, pixels, chunks };
}

describe("encodePng", () => {
  it("gives back the pixels it was given", () => {
    const pixels = Uint8Array.from({ length: 3 * 5 * 4 }, (_, i) => (i * 37) % 256);
    const png = decode(encodePng(5, 4, pixels));
    expect(png).toEqual({ width: 5, height: 4, pixels, chunks: ["IHDR", "IDAT", "IEND"] });
  });
});

describe("Canvas", () => {
  it("leaves out what is drawn outside of it", () => {
    const canvas = new Canvas(4, 3, [1, 2, 3]);
    canvas.fill(-5, -5, 6, 6, [200, 0, 0]);
    canvas.fill(3, 2, 10, 10, [0, 200, 0]);
    const { pixels } = decode(canvas.png());
    const at = (x: number, y: number): number[] => [...pixels.subarray(3 * (4 * y + x), 3 * (4 * y + x) + 3)];
    expect([at(0, 0), at(1, 0), at(3, 2), at(2, 2)]).toEqual([
      [200, 0, 0],
      [1, 2, 3],
      [0, 200, 0],
      [1, 2, 3],
    ]);
  });

  it("mixes colours by opacity", () => {
    const canvas = new Canvas(1, 1, [0, 100, 200]);
    canvas.dot(0, 0, [100, 200, 0], 0.5);
    expect([...decode(canvas.png()).pixels]).toEqual([50, 150, 100]);
  });
});

describe("the font", () => {
  const shapeOf = (text: string): string => {
    const dots: string[] = [];
    drawText(text, (x, y) => dots.push(`${x},${y}`));
    return dots.join(" ");
  };

  it("draws every letter, digit and sign that labels use, each unlike all others and within its cell", () => {
    const signs = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_/+%()±,"];
    const shapes = signs.map(shapeOf);
    expect(new Set(shapes).size).toBe(signs.length);
    expect(shapes).not.toContain(shapeOf("?"));
    for (const shape of shapes) {
      for (const dot of shape.split(" ")) {
        const [x = -1, y = -1] = dot.split(",").map(Number);
        expect(x >= 0 && x < 5 && y >= 0 && y < 10).toBe(true);
      }
    }
  });

  it("shows a question mark for what it does not know, and counts it as one cell", () => {
    expect(shapeOf("語")).toBe(shapeOf("?"));
    expect(textWidth("語")).toBe(textWidth("?"));
  });
});
