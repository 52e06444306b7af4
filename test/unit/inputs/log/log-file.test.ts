import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LogFileInput } from "../../../../daemon/inputs/index.js";
import { eventually } from "../../../touchline-process.js";

describe("LogFileInput", () => {
  let folder: string;
  let path: string;
  let accepted: unknown[];
  let problems: { place: string; message: string }[];
  let offset: number;
  const open = (startOffset: number) =>
    new LogFileInput({
      name: "log",
      path,
      startOffset,
      sink: {
        accept: async (_what, messages) => {
          accepted.push(...messages);
          return messages.map((_, index) => ({ status: "accepted", inboxId: index + 1 }));
        },
      },
      onOffset: (next) => {
        offset = next;
      },
      onProblem: (problem) => problems.push(problem),
    });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "touchline-log-"));
    path = join(folder, "log.jsonl");
    accepted = [];
    problems = [];
    offset = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("waits for a file that is not there yet, and follows what is appended", async () => {
    const input = open(0);
    input.start();
    await eventually("the missing file is told", async () => (problems.length > 0 ? true : null));
    writeFileSync(path, '{"id":1}\n');
    await eventually("the first line", async () => (accepted.length === 1 ? true : null));
    appendFileSync(path, '{"id":2}\n{"id":3');
    await eventually("the second line", async () => (accepted.length === 2 ? true : null));
    await input.stop();
    expect(accepted).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it("goes on where it stopped", async () => {
    writeFileSync(path, '{"id":1}\n{"id":2}\n');
    const first = open(0);
    first.start();
    await eventually("both lines", async () => (offset === 18 ? true : null));
    await first.stop();
    appendFileSync(path, '{"id":3}\n');
    const second = open(offset);
    second.start();
    await eventually("the third line", async () => (accepted.length === 3 ? true : null));
    await second.stop();
    expect(accepted).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
  });

  it("tells a broken line with its number and takes its neighbours", async () => {
    writeFileSync(path, '{"id":1}\n{"id":\n{"id":3}\n');
    const input = open(0);
    input.start();
    await eventually("the good lines", async () => (accepted.length === 2 ? true : null));
    await input.stop();
    expect(problems.map(({ place }) => place)).toEqual(["line 2"]);
  });

  it("begins anew when the file was replaced by a shorter one", async () => {
    writeFileSync(path, '{"id":"new"}\n');
    const input = open(5000);
    input.start();
    await eventually("the new line", async () => (accepted.length === 1 ? true : null));
    await input.stop();
    expect(accepted).toEqual([{ id: "new" }]);
  });
});
