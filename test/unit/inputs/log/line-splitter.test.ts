import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineSplitter } from "../../../../daemon/inputs/log/line-splitter.js";

describe("LineSplitter", () => {
  it("gives the same lines however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" })), fc.integer({ min: 1, max: 7 }), (texts, step) => {
        const lines = texts.map((text) => text.replaceAll("\n", ""));
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
        const splitter = new LineSplitter(10_000);
        const found = [];
        for (let at = 0; at < bytes.length; at += step) found.push(...splitter.push(bytes.subarray(at, at + step)));
        expect(found.map((line) => line.text)).toEqual(lines);
        expect(found.reduce((sum, line) => sum + line.bytes, 0)).toBe(bytes.length);
      }),
    );
  });

  it("holds back an unfinished line", () => {
    const splitter = new LineSplitter(100);
    expect(splitter.push(Buffer.from("half"))).toEqual([]);
    expect(splitter.push(Buffer.from(" and half\n"))).toEqual([{ text: "half and half", bytes: 14 }]);
  });

  it("throws a line away that is too long, tells its size, and goes on with the next", () => {
    const splitter = new LineSplitter(5);
    const found = [...splitter.push(Buffer.from("123")), ...splitter.push(Buffer.from("456789\nok\n"))];
    expect(found).toEqual([
      { text: null, bytes: 10 },
      { text: "ok", bytes: 3 },
    ]);
  });
});
