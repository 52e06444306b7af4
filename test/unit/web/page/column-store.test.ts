import { describe, expect, it } from "vitest";
import { ColumnStore } from "../../../../daemon/web/page/column-store.js";
import { makePalette } from "../../../../daemon/web/page/palette.js";

const PALETTE = Uint32Array.from({ length: 256 }, (_, index) => index);

describe("the browser's last minute", () => {
  it("is painted so that the newest column is at the right edge and low bands are at the bottom", () => {
    const store = new ColumnStore(2, 10);
    store.push([1000, 1050], Uint8Array.of(100, 0, 200, 100));
    const pixels = new Uint32Array(8);
    store.paint(pixels, 4, 50, PALETTE);
    const [top, bottom] = [pixels.slice(0, 4), pixels.slice(4)];
    expect([...bottom]).toEqual([0, 0, 0, 255]);
    expect([...top]).toEqual([0, 0, 0, 0]);
  });

  it("leaves a gap where columns are missing", () => {
    const store = new ColumnStore(1, 10);
    store.push([1000, 1150], Uint8Array.of(250, 250));
    const pixels = new Uint32Array(4);
    store.paint(
      pixels,
      4,
      50,
      Uint32Array.from({ length: 256 }, (_, index) => (index > 0 ? 1 : 0)),
    );
    expect(store.newestMs).toBe(1150);
    expect(pixels[1]).toBe(0);
    expect(pixels[2]).toBe(0);
  });

  it("is bounded, and begins anew when the source's time goes back", () => {
    const store = new ColumnStore(1, 3);
    store.push([0, 50, 100, 150], Uint8Array.of(1, 2, 3, 4));
    const pixels = new Uint32Array(4);
    store.paint(pixels, 4, 50, PALETTE);
    store.push([-60_000], Uint8Array.of(9));
    expect(store.newestMs).toBe(-60_000);
  });

  it("spreads the colours over at least 25 dB, so that silence does not glow", () => {
    const store = new ColumnStore(1, 10);
    store.push([0, 50, 100], Uint8Array.of(80, 81, 80));
    expect(store.range()).toEqual({ low: 80, high: 130 });
    expect(new ColumnStore(1, 10).range()).toEqual({ low: 0, high: 50 });
  });
});

it("both palettes run from the page's background to its opposite", () => {
  const brightness = (word: number) => (word & 255) + ((word >> 8) & 255) + ((word >> 16) & 255);
  const ends = (theme: "dark" | "light") => [0, 255].map((index) => brightness(makePalette(theme)[index]!));
  expect(ends("dark")[1]! - ends("dark")[0]!).toBeGreaterThan(500);
  expect(ends("light")[0]! - ends("light")[1]!).toBeGreaterThan(500);
  expect(makePalette("dark").every((word) => word >>> 24 === 255)).toBe(true);
});
