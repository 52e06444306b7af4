import { describe, expect, it } from "vitest";
import { answerOf } from "../../../daemon/commands/timecode.js";

describe("touchline timecode", () => {
  it.each([
    ["10:00:00:00", { rate: "25" }, { timecode: "10:00:00:00", frame: 900_000, seconds: 36_000, dropFrame: false }],
    ["00:01:00;02", { rate: "29.97" }, { timecode: "00:01:00;02", frame: 1800, seconds: 60.06, dropFrame: true }],
    ["10:00:59;29", { rate: "29.97", add: "0.0334" }, { timecode: "10:01:00;02" }],
    ["00:00:01:00", { rate: "50", add: "-2" }, { timecode: "23:59:59:00", frame: 4_319_950 }],
    ["00:00:02:00", { rate: "50", since: "23:59:58:00" }, { framesSince: 200, secondsSince: 4 }],
    ["01:00:00:00", { rate: "25", to: "29.97", dropFrame: true }, { timecode: "01:00:00;00", rate: "29.97" }],
    ["01:00:00:00", { rate: "25", to: "50" }, { timecode: "01:00:00:00", frame: 180_000 }],
  ])("reads %s with %o", (text, options, expected) => {
    expect(answerOf(text, options)).toMatchObject(expected);
  });

  it.each([
    ["25:00:00:00", { rate: "25" }, "25:00:00:00 is no timecode at 25"],
    ["00:01:00;00", { rate: "29.97" }, "00:01:00;00 is no timecode at 29.97"],
    ["10:00:00:00", { rate: "48" }, "no timecode is counted at 48"],
    ["10:00:00:00", { rate: "25", add: "soon" }, "--add takes seconds, not soon"],
    ["10:00:00:00", { rate: "25", to: "30", dropFrame: true }, "there is no drop-frame at 30"],
    ["10:00:00;00", { rate: "29.97", since: "09:00:00:00" }, "are not both drop-frame"],
  ])("refuses %s with %o and says why", (text, options, message) => {
    expect(() => answerOf(text, options)).toThrow(message);
  });
});
