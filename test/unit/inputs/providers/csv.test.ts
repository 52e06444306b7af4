import { describe, expect, it } from "vitest";
import { CSV } from "../../../../daemon/inputs/providers/csv.js";
import { findProviderFormat, guessProviderFormat } from "../../../../daemon/inputs/providers/index.js";
import { parseRfc3339 } from "../../../../sync/index.js";

const KICK_OFF = parseRfc3339("2026-05-16T18:30:00Z")!;
const read = (text: string) => CSV.read(text, { logger: "sheet", kickOff: KICK_OFF });

describe("plain CSV", () => {
  it("reads classes and dated times, whatever the columns' order, case and separator", () => {
    const { messages, broken, isNominal } = read(
      "\uFEFFTeam;Event Type;ID;Half;Time\r\nhome;Free Kick;7;1;2026-05-16T18:31:04.250Z\r\n;foul;8;1;1778956270\r\n",
    );
    expect(broken).toEqual([]);
    expect(isNominal).toBe(false);
    expect(messages[0]).toEqual({
      id: "7",
      logger: "sheet",
      class: "free_kick",
      period: "1",
      stamp: "2026-05-16T18:31:04.250Z",
      team: "home",
    });
    expect(messages[1]).toMatchObject({ id: "8", stamp: "2026-05-16T18:31:10.000000Z" });
  });

  it("puts clocks of the period on the kick-off, the second half after the first", () => {
    const { messages, isNominal } = read('class,period,clock\nfoul,1,12:34\n"goal",2,3:05.5\nfoul,1,45:10\n');
    expect(isNominal).toBe(true);
    expect(messages.map(({ stamp }) => stamp)).toEqual([
      "2026-05-16T18:42:34.000000Z",
      "2026-05-16T19:33:15.500000Z",
      "2026-05-16T19:15:10.000000Z",
    ]);
    expect(messages.map(({ id, resolutionMs }) => [id, resolutionMs])).toEqual([
      ["line-2", 1000],
      ["line-3", 1],
      ["line-4", 1000],
    ]);
  });

  it("keeps separators, line ends and quotes inside a quoted field, and counts lines right after it", () => {
    const { messages, broken } = read('class,player,stamp\nfoul,"A, ""B""\nC",2026-05-16T18:31:04Z\nfoul,x,soon\n');
    expect(messages[0]?.player).toBe('A, "B"\nC');
    expect(broken).toEqual([{ place: "line 4", reason: "has no time that can be read" }]);
  });

  it("names a row without a class, and a file without the columns it needs", () => {
    expect(read("class,stamp\n,2026-05-16T18:31:04Z\n").broken[0]).toMatchObject({
      place: "line 2",
      reason: "has no class",
    });
    expect(read("a,b\n1,2\n")).toMatchObject({ messages: [], broken: [{ place: "file" }] });
    expect(read("")).toMatchObject({ messages: [] });
  });

  it("is guessed from its header, and never for JSON or XML", () => {
    expect(guessProviderFormat("id,class,stamp\n")?.name).toBe("csv");
    expect(guessProviderFormat('{"class":"foul","stamp":"x"}\n')).toBeNull();
    expect(guessProviderFormat("some words, and more\n")).toBeNull();
    expect(findProviderFormat("csv")).toBe(CSV);
  });

  it("reads any text without throwing", () => {
    for (const text of [
      '"',
      'class,stamp\n"',
      "class,stamp\n,,,,\n",
      "\0,\n",
      "class;clock\nfoul;99:99:99\nfoul;-1\n",
    ]) {
      expect(() => read(text)).not.toThrow();
    }
  });
});
