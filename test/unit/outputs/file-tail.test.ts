import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readMark, repairTail } from "../../../daemon/outputs/file-tail.js";
import type { Lane } from "../../../daemon/records/index.js";
import { range, tempFolder } from "../../store-fixture.js";

const EPOCH = "e1";
let folder: ReturnType<typeof tempFolder>;
let path: string;
beforeEach(() => {
  folder = tempFolder();
  path = join(folder.path, "out.jsonl");
});
afterEach(() => folder.remove());

function line(lane: Lane, sequence: number, epoch = EPOCH, pad = ""): string {
  const start = { specversion: "1.0", id: `a.${epoch}.${sequence}`, data: { pad }, epoch, lane };
  return `${JSON.stringify({ ...start, sequence: String(sequence).padStart(12, "0") })}\n`;
}

const acknowledged = (live: number, analysis = 0): Map<Lane, number> =>
  new Map([
    ["live", live],
    ["analysis", analysis],
  ]);
const lines = (from: number, to: number): string =>
  range(from, to)
    .map((n) => line("live", n))
    .join("");

describe("repairTail", () => {
  it("takes whole lines behind the acknowledged one as written", () => {
    writeFileSync(path, lines(1, 5));
    const report = repairTail(path, EPOCH, acknowledged(3));
    expect(report).toEqual({ written: new Map([["live", 5]]), cutBytes: 0, isForeign: false });
  });

  it("cuts a torn last line off", () => {
    writeFileSync(path, lines(1, 5) + line("live", 6).slice(0, 30));
    expect(repairTail(path, EPOCH, acknowledged(5)).cutBytes).toBe(30);
    expect(readFileSync(path, "utf8")).toBe(lines(1, 5));
  });

  it("cuts everything behind a hole, as a power cut leaves one", () => {
    const hole = "\0".repeat(line("live", 5).length);
    writeFileSync(path, lines(1, 4) + hole + lines(6, 8));
    const report = repairTail(path, EPOCH, acknowledged(3));
    expect(report.written).toEqual(new Map([["live", 4]]));
    expect(readFileSync(path, "utf8")).toBe(lines(1, 4));
  });

  it("keeps what an earlier epoch wrote", () => {
    const old = line("live", 90, "e0") + line("analysis", 7, "e0");
    writeFileSync(path, `${old + lines(1, 2)}{"torn`);
    expect(repairTail(path, EPOCH, acknowledged(0)).written).toEqual(new Map([["live", 2]]));
    expect(readFileSync(path, "utf8")).toBe(old + lines(1, 2));
  });

  it("starts anew when the very first batch was torn", () => {
    writeFileSync(path, line("live", 1).slice(0, 40));
    expect(repairTail(path, EPOCH, acknowledged(0))).toMatchObject({ isForeign: false, cutBytes: 40 });
    expect(readFileSync(path, "utf8")).toBe("");
  });

  it("does not touch a file that holds nothing of ours", () => {
    const theirs = "root:x:0:0:root:/root:/bin/bash\nno newline at the end";
    writeFileSync(path, theirs);
    expect(repairTail(path, EPOCH, acknowledged(0)).isForeign).toBe(true);
    expect(readFileSync(path, "utf8")).toBe(theirs);
  });

  it("finds the durable line however long the lines behind it are", () => {
    const long = range(6, 9)
      .map((n) => line("live", n, EPOCH, "x".repeat(100_000)))
      .join("");
    writeFileSync(path, lines(1, 5) + long);
    expect(repairTail(path, EPOCH, acknowledged(5)).written).toEqual(new Map([["live", 9]]));
  });

  it("makes of any file torn at any byte one from which each record is written exactly once", () => {
    const lanes = fc.array(fc.constantFrom<Lane>("live", "analysis"), { minLength: 1, maxLength: 40 });
    const damage = fc.record({ cutAt: fc.nat(), zeroFrom: fc.nat(), zeroLength: fc.nat({ max: 300 }) });
    fc.assert(
      fc.property(
        lanes,
        fc.nat(),
        damage,
        fc.boolean(),
        (order, acknowledgedAt, { cutAt, zeroFrom, zeroLength }, hasOld) => {
          const count = { live: 0, analysis: 0, bulk: 0 };
          const all = order.map((lane) => ({ lane, sequence: ++count[lane] }));
          const old = hasOld ? line("live", 500, "e0") : "";
          // everything up to the acknowledged record was flushed; damage is behind it
          const upTo = acknowledgedAt % (all.length + 1);
          const durable = all.slice(0, upTo);
          const text = (records: typeof all): string =>
            records.map(({ lane, sequence }) => line(lane, sequence)).join("");
          const tail = Buffer.from(text(all.slice(upTo)));
          const torn = Buffer.from(tail.subarray(0, tail.length === 0 ? 0 : cutAt % (tail.length + 1)));
          if (torn.length > 0)
            torn.fill(0, zeroFrom % torn.length, Math.min(torn.length, (zeroFrom % torn.length) + zeroLength));
          const whole = Buffer.concat([Buffer.from(old + text(durable)), torn]);
          writeFileSync(path, whole);
          const highest = (lane: Lane): number => durable.filter((record) => record.lane === lane).length;
          const marks = acknowledged(highest("live"), highest("analysis"));

          const report = repairTail(path, EPOCH, marks);
          if (report.isForeign) {
            // only a first batch of which not even the beginning is left may be taken for foreign; it is renamed, not lost
            expect(old + text(durable)).toBe("");
            return;
          }
          const next = (lane: Lane): number => (report.written.get(lane) ?? marks.get(lane) ?? 0) + 1;
          const rest = all.filter(({ lane, sequence }) => sequence >= next(lane));
          const written = readFileSync(path, "utf8") + text(rest);
          const keys = written
            .split("\n")
            .filter((part) => part !== "")
            .map((part) => readMark(part));
          expect(keys).not.toContain(null);
          const ours = keys.filter((mark) => mark?.epoch === EPOCH).map((mark) => `${mark?.lane} ${mark?.sequence}`);
          expect(ours.toSorted()).toEqual(all.map(({ lane, sequence }) => `${lane} ${sequence}`).toSorted());
          for (const lane of ["live", "analysis"])
            expect(ours.filter((key) => key.startsWith(lane))).toEqual(
              range(1, count[lane as Lane]).map((n) => `${lane} ${n}`),
            );
        },
      ),
      { numRuns: 400 },
    );
  });
});
