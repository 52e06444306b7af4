import { describe, expect, it } from "vitest";
import { PCM_FORMATS, RECORD_KIND_NAMES } from "../../../config/schema.js";
import { PCM_FORMATS as READABLE_FORMATS } from "../../../daemon/inputs/index.js";
import { RECORD_KINDS } from "../../../daemon/records/index.js";

/** `config` may import types only, so it holds words of its own; these keep them the same. */
describe("the words of the configuration", () => {
  it("name every kind of record there is, and no other", () => {
    expect([...RECORD_KIND_NAMES].sort()).toEqual([...RECORD_KINDS].sort());
  });

  it("name every sample format that can be read, and no other", () => {
    expect([...PCM_FORMATS].sort()).toEqual([...READABLE_FORMATS].sort());
  });
});
