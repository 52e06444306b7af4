import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ApiError } from "../../../daemon/web/api-error.js";
import { MAX_MESSAGES, parseJsonBody, parseLinesBody } from "../../../daemon/web/message-body.js";

const problemOf = (text: string) => {
  try {
    parseJsonBody(Buffer.from(text));
    return null;
  } catch (thrown) {
    return (thrown as ApiError).message;
  }
};

describe("a JSON body", () => {
  it("is one message or an array of them", () => {
    expect(parseJsonBody(Buffer.from('{"a":1}'))).toEqual([{ message: { a: 1 } }]);
    expect(parseJsonBody(Buffer.from('[{"a":1},2]'))).toEqual([{ message: { a: 1 } }, { message: 2 }]);
  });

  it.each([
    ['{"a":1,}', "line 1, column 8: Expected double-quoted property name"],
    ["{a:1}", "line 1, column 2: Expected property name or '}'"],
    ['{\n "a": tru}', "line 2, column 10: unexpected character"],
    ['{"a":1', "line 1, column 7: "],
    ['{"a":"x', "line 1, column 8: the JSON ends too early"],
    ["", "line 1, column 1: the JSON ends too early"],
    ['{"a":1}{', "line 1, column 8: Unexpected non-whitespace character"],
    [`${" ".repeat(60)}[1, 2, oops]`, "line 1, column 68: unexpected character"],
    [`{"a":"${"x".repeat(500)}","b":nope}`, "line 1, column 514: unexpected character"],
  ])("names the place of the fault in %j", (text, problem) => {
    expect(problemOf(text)).toMatch(new RegExp(`^${problem.replace(/[{}[\]()?.]/g, "\\$&")}`));
  });

  it("does not repeat what was sent", () => {
    expect(problemOf('{"name":"Anna Secret" "b":1}')).not.toContain("Secret");
    expect(problemOf('{"name":"Anna Secret", "b":nope}')).not.toContain("Secret");
  });

  it("gives either messages or a place, whatever the text", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.json().map((text) => text.slice(0, -1)),
        ),
        (text) => {
          const problem = problemOf(text);
          expect(problem === null || /^line \d+, column \d+: .+|holds no message$/.test(problem)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("does not exhaust the stack on deep nesting", () => {
    const deep = "[".repeat(200_000) + "]".repeat(200_000);
    const outcome = (() => {
      try {
        return parseJsonBody(Buffer.from(deep));
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(outcome instanceof ApiError || JSON.stringify(outcome).includes("nested deeper")).toBe(true);
  });
});

describe("a body of lines", () => {
  it("has Windows line ends and empty lines read as what they are", () => {
    expect(parseLinesBody(Buffer.from('{"a":1}\r\n\r\n{"b":2}\r\n'))).toEqual([
      { message: { a: 1 } },
      { message: { b: 2 } },
    ]);
  });

  it("is bounded in number", () => {
    expect(parseLinesBody(Buffer.from("1\n".repeat(MAX_MESSAGES)))).toHaveLength(MAX_MESSAGES);
    expect(() => parseLinesBody(Buffer.from("1\n".repeat(MAX_MESSAGES + 1)))).toThrow("1001 messages");
  });
});
