import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FolderConnector } from "../../../../daemon/inputs/connectors/index.js";
import { eventually } from "../../../touchline-process.js";
import { connectorParts, event, type Seen } from "./provider-server.js";

let folder: string;
let connector: FolderConnector | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "touchline-folder-"));
});

afterEach(async () => {
  await connector?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function watch(seen: Seen, path = folder): void {
  connector = new FolderConnector(seen.parts, { path, everyMs: 1 });
  connector.start();
}

const line = (id: string) => `${JSON.stringify(event(id))}\n`;
const until = (what: string, isSo: () => boolean) => eventually(what, async () => (isSo() ? true : null));
const idsOf = (seen: Seen) => seen.messages.map(({ id }) => id);

describe("watching a folder", () => {
  it("reads what is there, what falls into it and what is appended, each event once", async () => {
    writeFileSync(join(folder, "first.jsonl"), line("a"));
    const seen = connectorParts();
    watch(seen);
    await until("the first file is read", () => seen.messages.length === 1);
    writeFileSync(join(folder, "second.jsonl.part"), line("b"));
    renameSync(join(folder, "second.jsonl.part"), join(folder, "second.jsonl"));
    await until("the second file is read", () => seen.messages.length === 2);
    appendFileSync(join(folder, "first.jsonl"), line("c"));
    await until("what was appended is read", () => seen.messages.length === 3);
    expect(idsOf(seen)).toEqual(["a", "b", "c"]);
  });

  it("leaves hidden and unfinished files and folders alone, and tells a file it cannot read", async () => {
    for (const name of [".hidden.jsonl", "x.tmp", "y.jsonl~"]) writeFileSync(join(folder, name), line(name));
    mkdirSync(join(folder, "deeper"));
    writeFileSync(join(folder, "z.bin"), Buffer.from([0, 1, 2, 255]));
    writeFileSync(join(folder, "good.jsonl"), line("good"));
    const seen = connectorParts();
    watch(seen);
    await until("both were looked at", () => seen.problems.length > 0 && seen.messages.length > 0);
    expect(idsOf(seen)).toEqual(["good"]);
    expect(seen.problems[0]).toMatch(/^z\.bin: /);
  });

  it("is down while the folder is not there, and up when it is", async () => {
    const path = join(folder, "later");
    const seen = connectorParts();
    watch(seen, path);
    await until("it is down", () => seen.states.some((state) => state.startsWith("down: ENOENT")));
    mkdirSync(path);
    writeFileSync(join(path, "a.jsonl"), line("a"));
    await until("it is read", () => seen.messages.length === 1);
    expect(seen.states.at(-1)).toBe("up");
  });

  it("reads a file again that the store could not keep", async () => {
    writeFileSync(join(folder, "a.jsonl"), line("a"));
    const seen = connectorParts();
    seen.failure = new Error("no room for the store");
    watch(seen);
    await until("the store refused", () => seen.problems.includes("a.jsonl: no room for the store"));
    seen.failure = null;
    await until("it was handed on", () => seen.messages.length === 1);
  });
});
