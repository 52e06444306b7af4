import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import {
  formatProblem,
  parseDurationMs,
  parseListen,
  parseRate,
  parseSize,
  parseVenueConfig,
} from "../../../config/index.js";
import { VENUE_SCHEMA } from "../../../config/schema.js";

const RUNS = { numRuns: process.env.CI === "true" ? 2000 : 300 };

/** Whatever goes in, either a configuration comes out or at least one problem that a person can find. */
function expectAnswer(bytes: Uint8Array, env: Record<string, string> = {}): void {
  const result = parseVenueConfig(bytes, "venue.yaml", env);
  if (result.ok) {
    expect(result.config.venue).toMatch(/./);
    return;
  }
  expect(result.problems.length).toBeGreaterThan(0);
  for (const problem of result.problems) {
    expect(formatProblem(problem)).toMatch(/^(venue\.yaml(:\d+:\d+)?|environment)( \S.*)?: .+/su);
    if (problem.line !== null) expect(Math.min(problem.line, problem.column ?? 0)).toBeGreaterThanOrEqual(1);
  }
}

const utf8 = (text: string) => new TextEncoder().encode(text);

/** Values that look like what the file wants, and ones that do not. */
const leaf = fc.oneof(
  fc.constantFrom(
    ...["arena", "127.0.0.1:8470", "20GB", "48h", "football", "whistle.wav", "http", "jetstream", "file", ""],
  ),
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    1e308,
    Number.NaN,
    "2026-05-16T18:30:00Z",
    "nats://h:1",
    "__proto__",
  ),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.double(),
);

/** Trees whose keys are those of the declaration, at the right places and at wrong ones. */
function treeOf(schema: unknown, depth = 0): fc.Arbitrary<unknown> {
  const { properties, items } = schema as { properties?: Record<string, unknown>; items?: unknown };
  if (depth > 4) return leaf;
  if (properties !== undefined) {
    const known = Object.fromEntries(Object.entries(properties).map(([key, child]) => [key, treeOf(child, depth + 1)]));
    return fc.oneof({ weight: 8, arbitrary: fc.record(known, { requiredKeys: [] }) }, { weight: 1, arbitrary: leaf });
  }
  if (items !== undefined) return fc.oneof(fc.array(treeOf(items, depth + 1), { maxLength: 3 }), leaf);
  return fc.oneof({ weight: 6, arbitrary: leaf }, { weight: 1, arbitrary: fc.object({ maxDepth: 2, maxKeys: 3 }) });
}

describe("the loader", () => {
  it("answers any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => expectAnswer(bytes)),
      RUNS,
    );
  });

  it("answers any text that has the look of YAML", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ..."{}[]:,-?&*!|>'\"%@`#~\n\t ".split(""),
        "\n  ",
        ": ",
        "- ",
        "<<: ",
        "&a ",
        "*a",
        "---\n",
        "...\n",
      ),
      fc.constantFrom("venue", "inputs", "audio", "http", "listen", "outputs", "sessions", "null", "1", "0x", "1e9"),
      fc.string({ maxLength: 4 }),
    );
    const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(text, (yaml) => expectAnswer(utf8(yaml))),
      RUNS,
    );
  });

  it("answers any tree of known keys and wild values", () => {
    fc.assert(
      fc.property(treeOf(VENUE_SCHEMA), (tree) => expectAnswer(utf8(stringify(tree)))),
      RUNS,
    );
  });

  it("answers any environment", () => {
    const name = fc.constantFrom(
      "TOUCHLINE_HTTP_LISTEN",
      "TOUCHLINE_NATS_SERVERS",
      "TOUCHLINE_STORE_MAX_BYTES",
      "TOUCHLINE_X",
    );
    fc.assert(
      fc.property(fc.dictionary(name, fc.string({ maxLength: 20 })), (env) => expectAnswer(utf8("venue: a"), env)),
      RUNS,
    );
  });
});

describe("the readers of notations", () => {
  it("give a whole number that is not negative, or nothing", () => {
    const text = fc.oneof(
      fc.string(),
      fc.tuple(fc.double(), fc.constantFrom("GB", "MB", "h", "ms", " d", "kbit/s", "")).map((p) => p.join("")),
    );
    fc.assert(
      fc.property(text, (value) => {
        for (const read of [parseSize(value), parseDurationMs(value), parseRate(value)]) {
          expect(read === null || (Number.isSafeInteger(read) && read >= 0)).toBe(true);
        }
        const listen = parseListen(value);
        expect(listen === null || listen.port <= 65_535).toBe(true);
      }),
      RUNS,
    );
  });

  it.each([
    ["20GB", 20e9],
    ["1GiB", 2 ** 30],
    ["0.5 kB", 500],
    ["20", null],
    ["20 gb", null],
    ["-1GB", null],
    ["1e3B", null],
    ["constructorB", null],
    ["1toString", null],
  ])("reads the size %s as %s", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each([
    ["48h", 172_800_000],
    ["250ms", 250],
    ["1.5m", 90_000],
    ["5 min", null],
    ["h", null],
    ["99999999999999999999d", null],
  ])("reads the duration %s as %s", (text, millis) => {
    expect(parseDurationMs(text)).toBe(millis);
  });

  it.each([
    ["100kbit/s", 100_000],
    ["1.5 Mbit/s", 1_500_000],
    ["64000bit/s", 64_000],
    ["100kbit", null],
    ["100kB/s", null],
    ["100kbit/ss", null],
  ])("reads the rate %s as %s", (text, bits) => {
    expect(parseRate(text)).toBe(bits);
  });

  it.each([
    ["127.0.0.1:8470", { host: "127.0.0.1", port: 8470 }],
    ["[::1]:0", { host: "::1", port: 0 }],
    [":8470", null],
    ["::1:8470", null],
    ["host:65536", null],
    ["host", null],
  ])("reads the address %s", (text, address) => {
    expect(parseListen(text)).toEqual(address);
  });
});
