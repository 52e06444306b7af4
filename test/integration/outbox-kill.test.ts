import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { connect } from "nats";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HAS_NATS_SERVER, natsMissing, startNatsServer, type TestServer } from "../nats-server.js";
import { range, tempFolder } from "../store-fixture.js";

const CHILD = fileURLToPath(new URL("./children/outbox-child.mjs", import.meta.url));
const SEED = Number(process.env.TOUCHLINE_SEED ?? Math.floor(Math.random() * 1e9));

interface Told {
  open?: string;
  setAside?: string | null;
  accepted?: string;
  committed?: string[];
  pending?: string[];
}

interface Line {
  readonly lane: string;
  readonly sequence: string;
  readonly id: string;
  readonly mark: string;
}

let folder: ReturnType<typeof tempFolder>;
beforeEach(() => {
  folder = tempFolder();
});
afterEach(() => folder.remove());

function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Runs the child until `forMs` after it opened the store, or to its end; what it said before it died. */
async function runChild(server: string, run: string, mode: string, forMs: number | null): Promise<Told[]> {
  const args = [CHILD, join(folder.path, "t.db"), join(folder.path, "out.jsonl"), server, run, mode];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const told: Told[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as Told;
    told.push(said);
    if (said.open !== undefined && forMs !== null) setTimeout(() => child.kill("SIGKILL"), forMs);
  }
  await exited;
  return told;
}

function readFile(): Line[] {
  const lines = readFileSync(join(folder.path, "out.jsonl"), "utf8").split("\n");
  expect(lines.pop()).toBe("");
  return lines.map((line) => {
    const { lane, sequence, id, data } = JSON.parse(line) as Line & { data: { mark: string } };
    return { lane, sequence, id, mark: data.mark };
  });
}

async function readStream(url: string, lane: string): Promise<Line[]> {
  const nc = await connect({ servers: url });
  const consumer = await nc.jetstream().consumers.get(`TOUCHLINE_arena_a_${lane}`);
  const { num_pending: count } = await consumer.info();
  const lines: Line[] = [];
  for await (const message of await consumer.consume({ max_messages: 1000 })) {
    const header = (name: string): string => message.headers?.get(name) ?? "";
    const { mark } = message.json<{ mark: string }>();
    lines.push({ lane: header("ce-lane"), sequence: header("ce-sequence"), id: header("ce-id"), mark });
    if (lines.length >= count) break;
  }
  await nc.close();
  return lines;
}

/** Lost, duplicated, out of order: all must be none. Records of a commit that was not acknowledged may be there. */
function expectExactlyOnce(lines: readonly Line[], acknowledged: ReadonlySet<string>): void {
  const marks = lines.map((line) => line.mark);
  const found = new Set(marks);
  const lost = [...acknowledged].filter((mark) => !found.has(mark));
  const sequences = lines.map((line) => Number(line.sequence));
  const label = `seed ${SEED}: ${lines.length} records, ${acknowledged.size} acknowledged`;
  expect({ lost, duplicates: marks.length - found.size }, label).toEqual({ lost: [], duplicates: 0 });
  expect(sequences, label).toEqual(range(1, lines.length));
  expect(new Set(lines.map((line) => line.id)).size).toBe(lines.length);
}

async function killAgainAndAgain(url: string, kills: number, between: (round: number) => Promise<void>): Promise<void> {
  const random = seeded(SEED);
  const committed = { live: new Set<string>(), analysis: new Set<string>() };
  const accepted = new Set<string>();
  const epochs = new Set<string>();
  const take = (told: readonly Told[]): void => {
    for (const said of told) {
      if (said.open !== undefined) epochs.add(said.open);
      if (said.accepted !== undefined) accepted.add(`"${said.accepted}"`);
      for (const mark of said.committed ?? [])
        committed[Number(mark.split("-")[1]) % 4 === 0 ? "analysis" : "live"].add(mark);
    }
  };
  for (let round = 0; round < kills; round++) {
    const running = runChild(url, `r${round}`, "produce", Math.floor(random() * 700));
    await between(round);
    take(await running);
  }
  const last = await runChild(url, "drain", "drain", null);
  take(last);
  expect(epochs.size).toBe(1);
  const pending = last.find((said) => said.pending !== undefined)?.pending ?? [];
  const kept = new Set(pending);
  expect([...accepted].filter((body) => !kept.has(body))).toEqual([]);
  expect(kept.size).toBe(pending.length);
  for (const lane of ["live", "analysis"] as const) {
    expectExactlyOnce(
      readFile().filter((line) => line.lane === lane),
      committed[lane],
    );
    if (url !== "-") expectExactlyOnce(await readStream(url, lane), committed[lane]);
  }
  expect(committed.live.size).toBeGreaterThan(0);
}

describe("kill -9 at random points", () => {
  it("loses no acknowledged message, and the file holds each record exactly once", async () => {
    await killAgainAndAgain("-", 8, async () => undefined);
  });
});

const title = HAS_NATS_SERVER ? "with a server" : "skipped: nats-server is not installed: kill -9 with a server";
describe.skipIf(natsMissing())(title, () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startNatsServer();
  });
  afterEach(() => server.dispose());

  it("delivers each record exactly once to JetStream and file while daemon and server are killed", async () => {
    const random = seeded(SEED + 1);
    await killAgainAndAgain(server.url, 8, async (round) => {
      if (round % 2 === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 300 + random() * 500));
      await server.kill();
      await new Promise((resolve) => setTimeout(resolve, random() * 300));
      await server.start();
    });
  });
});
