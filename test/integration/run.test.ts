import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, StringCodec } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { PACKAGE_ROOT } from "../../daemon/package-files.js";
import { validateData, validateRecord } from "../../daemon/records/index.js";
import { freePort, natsMissing, startNatsServer, type TestServer } from "../nats-server.js";
import { readStream } from "../stream-reader.js";
import { eventually, type RunningDaemon, runTouchline, startTouchline } from "../touchline-process.js";

const LIVE_STREAM = "TOUCHLINE_e2e_a_live";
const ANALYSIS_STREAM = "TOUCHLINE_e2e_a_analysis";

interface CloudEventLine {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly sequence: string;
  readonly data: Record<string, unknown>;
}

describe.skipIf(natsMissing())("touchline run, all its ways in and out", () => {
  const folder = mkdtempSync(join(tmpdir(), "touchline-run-"));
  const config = join(folder, "venue.yaml");
  const recording = join(folder, "recording");
  let server: TestServer;
  let daemon: RunningDaemon;

  beforeAll(async () => {
    server = await startNatsServer();
    writeFileSync(config, configFor(server.url));
    writeFileSync(join(folder, "log.jsonl"), "");
    daemon = await startTouchline(config, ["--record", recording]);
  }, 120_000);

  afterAll(async () => {
    daemon?.signal("SIGKILL");
    await server?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it("takes events by HTTP, NATS request and file, and answers after the commit", async () => {
    const answer = await post(daemon, { id: "h1", logger: "web", class: "foul", stamp: now() });
    expect(answer.status).toBe(202);

    const connection = await connect({ servers: server.url });
    const text = StringCodec();
    const reply = await connection.request(
      "touchline.in.e2e.log.scout-1",
      text.encode(JSON.stringify({ id: "n1", logger: "scout", class: "goal", team: "home.fc", stamp: now() })),
      { timeout: 5000 },
    );
    expect(JSON.parse(text.decode(reply.data))).toMatchObject({ receipts: [{ status: "accepted" }] });
    const refused = await connection.request("touchline.in.e2e.log.scout-1", text.encode('{"id":'), { timeout: 5000 });
    expect(JSON.parse(text.decode(refused.data))).toMatchObject({ receipts: [{ status: "rejected" }] });
    await connection.close();

    appendFileSync(
      join(folder, "log.jsonl"),
      `{"broken\n${JSON.stringify({ id: "f1", logger: "file", class: "corner" })}\n`,
    );

    await eventually("all three are on the stream", async () => {
      const subjects = (await readStream(server.url, LIVE_STREAM)).map((record) => record.headers["ce-subject"]);
      return ["web/h1", "scout/n1", "file/f1"].every((id) => subjects.includes(id)) ? true : null;
    });
  });

  it("escapes what a subject must not hold, so that one filter follows a team", async () => {
    const goal = (await readStream(server.url, LIVE_STREAM)).find(
      (record) => record.headers["ce-subject"] === "scout/n1",
    );
    expect(goal?.subject).toBe("touchline.out.e2e.a.cup.event.goal.home%2Efc");
  });

  it("hears the whistles of its audio input and forwards them on their own lane", async () => {
    const cues = await eventually(
      "a cue is on the analysis stream",
      async () => {
        const found = (await readStream(server.url, ANALYSIS_STREAM)).filter(
          (record) => record.headers["ce-type"] === "touchline.cue.v1",
        );
        return found.length > 0 ? found : null;
      },
      90_000,
    );
    for (const cue of cues) expect(validateData("cue", cue.data)).toEqual([]);
  }, 100_000);

  it("resumes the live feed without a gap or a repeat", async () => {
    const first = await readFeed(daemon, "", (records) => records.length >= 1);
    await post(daemon, { id: "h2", logger: "web", class: "foul", stamp: now() });
    const all = await readFeed(daemon, `?epoch=${first.epoch}&live=0`, (records) =>
      records.some((record) => record.event.subject === "web/h2"),
    );
    const live = all.records.filter((record) => record.lane === "live").map((record) => record.sequence);
    expect(live).toEqual(live.map((_, index) => index + 1));
    const middle = Math.floor(live.length / 2);
    const rest = await readFeed(daemon, `?epoch=${first.epoch}&live=${middle}`, (records) =>
      records.some((record) => record.event.subject === "web/h2"),
    );
    expect(rest.records.filter((record) => record.lane === "live")[0]?.sequence).toBe(middle + 1);
  });

  it("shows what it did in its metrics, is ready, and knows its events", async () => {
    const metrics = await (await fetch(`${daemon.url}/metrics`)).text();
    expect(metrics).toContain("touchline_input_messages_total");
    expect((await fetch(`${daemon.url}/livez`)).status).toBe(200);
    expect((await fetch(`${daemon.url}/readyz`)).status).toBe(200);
    const { events } = (await (await fetch(`${daemon.url}/v1/events`)).json()) as { events: CloudEventLine[] };
    expect(events.map((event) => event.subject)).toContain("scout/n1");
    const { within100Ms, all } = firstRevisions(metrics);
    expect(all).toBeGreaterThan(0);
    expect(within100Ms).toBeGreaterThan(0);
  });

  it("tells how soon the first revision of each of 300 events was durable", async () => {
    const before = firstRevisions(await (await fetch(`${daemon.url}/metrics`)).text()).all;
    for (let index = 0; index < 300; index++)
      await post(daemon, { id: `d${index}`, logger: "delay", class: "foul", stamp: now() });
    const { within100Ms, all } = await eventually("all 300 are counted", async () => {
      const counts = firstRevisions(await (await fetch(`${daemon.url}/metrics`)).text());
      return counts.all >= before + 300 ? counts : null;
    });
    console.log(`first revisions committed within 100 ms of their arrival: ${within100Ms} of ${all}`);
  }, 60_000);

  it("goes on over an outage of the server and sends everything once", async () => {
    await server.kill();
    for (let index = 0; index < 20; index++) {
      const answer = await post(daemon, { id: `o${index}`, logger: "outage", class: "throw_in", stamp: now() });
      expect(answer.status).toBe(202);
    }
    await server.start();
    const stream = await eventually("what was logged during the outage is on the stream", async () => {
      const records = await readStream(server.url, LIVE_STREAM);
      return records.some((record) => record.headers["ce-subject"] === "outage/o19") ? records : null;
    });
    expect(stream.map((record) => Number(record.headers["ce-sequence"]))).toEqual(stream.map((_, index) => index + 1));
    expect(new Set(stream.map((record) => record.headers["ce-id"])).size).toBe(stream.length);
  }, 60_000);

  it("stops in order on SIGTERM, says what is unsent, and leaves valid records in its file", async () => {
    daemon.signal("SIGTERM");
    expect(await daemon.exited).toBe(0);
    expect(daemon.stderr()).toMatch(/Stopped; (everything was sent|unsent)/);
    const lines = readFileSync(join(folder, "out.jsonl"), "utf8").trimEnd().split("\n");
    const records = lines.map((line) => JSON.parse(line) as CloudEventLine);
    for (const record of records)
      expect({ id: record.id, problems: validateRecord(record) }).toEqual({ id: record.id, problems: [] });
    expect(new Set(records.map((record) => record.type))).toEqual(
      new Set([
        "touchline.session.v1",
        "touchline.health.v1",
        "touchline.event.v1",
        "touchline.cue.v1",
        "touchline.moment.v1",
      ]),
    );
    expect(new Set(records.map((record) => record.id)).size).toBe(records.length);
  });

  it("wrote a recording that replays", async () => {
    expect(readdirSync(recording).sort()).toEqual(["audio", "log.jsonl", "output.jsonl", "session.yaml"]);
    const output = join(folder, "again.jsonl");
    const { code, stderr } = await runTouchline(["replay", recording, "--output", output]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const replayed = readFileSync(output, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as CloudEventLine);
    const lived = readFileSync(join(recording, "output.jsonl"), "utf8").trimEnd().split("\n");
    const livedCues = cueIds(lived.map((line) => JSON.parse(line) as CloudEventLine));
    const replayedCues = cueIds(replayed);
    expect(livedCues.size).toBeGreaterThan(0);
    expect([...livedCues].filter((id) => !replayedCues.has(id))).toEqual([]);
    // The stop may cut a sound off before it could be told: in a replay the recording ends there, which ends that sound.
    const onsetOf = (id: string) => id.slice(-"2026-01-01T00:00:00.000000Z".length);
    const toldUpTo = [...livedCues].map(onsetOf).sort().at(-1) ?? "";
    const added = [...replayedCues].filter((id) => !livedCues.has(id));
    expect(added.filter((id) => onsetOf(id) <= toldUpTo)).toEqual([]);
    expect(added.length).toBeLessThanOrEqual(1);
  }, 60_000);
});

describe("touchline run without its surroundings", () => {
  const folder = mkdtempSync(join(tmpdir(), "touchline-alone-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("starts with no NATS server, says so, and keeps what comes in", async () => {
    const config = join(folder, "alone.yaml");
    writeFileSync(
      config,
      `venue: alone\nhttp: { listen: 127.0.0.1:0 }\nnats: { servers: [nats://127.0.0.1:${await freePort()}] }\noutputs: [ { name: cloud, type: jetstream } ]\nlog: { format: json }\n`,
    );
    const daemon = await startTouchline(config);
    expect((await post(daemon, { id: "1", logger: "x", class: "goal" })).status).toBe(202);
    const ready = (await (await fetch(`${daemon.url}/readyz`)).json()) as { parts: { part: string; state: string }[] };
    expect(ready.parts.find(({ part }) => part === "output cloud")?.state).toBe("degraded");
    daemon.signal("SIGTERM");
    expect(await daemon.exited).toBe(0);
    expect(daemon.stderr()).toMatch(/unsent, kept: .*cloud: \d+/);
  });

  it("sets a damaged database aside, starts a fresh one, and raises the metric", async () => {
    const config = join(folder, "damaged.yaml");
    writeFileSync(
      config,
      "venue: damaged\nhttp: { listen: 127.0.0.1:0 }\nstore: { path: damaged.db }\nlog: { format: json }\n",
    );
    writeFileSync(join(folder, "damaged.db"), "this is no database, but somebody's only copy of it");
    const daemon = await startTouchline(config);
    const metrics = await (await fetch(`${daemon.url}/metrics`)).text();
    expect(metrics).toMatch(/^touchline_store_set_aside_total 1$/m);
    const kept = readdirSync(folder).filter((name) => name.startsWith("damaged.db.") && !name.endsWith(".lock"));
    expect(kept.some((name) => readFileSync(join(folder, name), "utf8").startsWith("this is no database"))).toBe(true);
    daemon.signal("SIGTERM");
    expect(await daemon.exited).toBe(0);
  });

  it("ends with 78 and every place for a wrong configuration", async () => {
    const config = join(folder, "wrong.yaml");
    writeFileSync(config, "venue: x\nhttp:\n  lisen: 1\nbox: 7\n");
    const { code, stderr } = await runTouchline(["run", "-c", config]);
    expect(code).toBe(78);
    expect(stderr).toContain(`${config}:3:3 http.lisen: unknown key. Did you mean listen?`);
    expect(stderr).toContain(`${config}:4:6 box`);
  });

  it("ends with 69 when the database cannot be opened", async () => {
    const config = join(folder, "nowhere.yaml");
    writeFileSync(config, "venue: x\nhttp: { listen: 127.0.0.1:0 }\nstore: { path: /nowhere/at/all.db }\n");
    const { code, stderr } = await runTouchline(["run", "-c", config]);
    expect(code).toBe(69);
    expect(stderr).toContain("/nowhere/at/all.db");
    expect(stderr).toContain("Try: ");
  });
});

function configFor(url: string): string {
  return `
venue: e2e
http: { listen: 127.0.0.1:0 }
store: { path: e2e.db }
nats: { servers: [${url}] }
inputs:
  audio: [ { name: ambience, role: ambience, file: ${join(PACKAGE_ROOT, "config", "example", "whistles.wav")}, pathDelayMs: 0 } ]
  log: [ { type: http }, { type: nats }, { type: file, path: log.jsonl } ]
outputs: [ { name: cloud, type: jetstream }, { name: archive, type: file, path: out.jsonl } ]
sessions: [ { session: cup, sport: football, scheduledStart: ${now()} } ]
log: { format: json }
`;
}

function cueIds(records: readonly CloudEventLine[]): Set<string> {
  return new Set(records.filter((record) => record.type === "touchline.cue.v1").map((record) => record.subject));
}

function firstRevisions(metrics: string): { within100Ms: number; all: number } {
  const read = (pattern: RegExp) => Number(pattern.exec(metrics)?.[1] ?? 0);
  return {
    within100Ms: read(/touchline_event_first_revision_seconds_bucket\{le="0.1"\} (\d+)/),
    all: read(/touchline_event_first_revision_seconds_count (\d+)/),
  };
}

function now(): string {
  return new Date().toISOString();
}

function post(daemon: RunningDaemon, message: Record<string, unknown>): Promise<Response> {
  return fetch(`${daemon.url}/v1/in/log`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(message),
  });
}

interface FeedRecord {
  readonly lane: string;
  readonly sequence: number;
  readonly event: CloudEventLine;
}

/** What the feed says until `isEnough`. */
function readFeed(
  daemon: RunningDaemon,
  query: string,
  isEnough: (records: readonly FeedRecord[]) => boolean,
): Promise<{ epoch: string; records: FeedRecord[] }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${daemon.url.replace("http", "ws")}/v1/feed${query}`);
    const records: FeedRecord[] = [];
    let epoch = "";
    const timer = setTimeout(() => reject(new Error(`the feed gave only ${records.length} records`)), 20_000);
    socket.on("error", reject);
    socket.on("message", (data) => {
      const message = JSON.parse(String(data)) as { type: string; epoch?: string } & Partial<FeedRecord>;
      if (message.type === "hello") epoch = message.epoch ?? "";
      if (message.type === "record") records.push(message as unknown as FeedRecord);
      if (epoch === "" || !isEnough(records)) return;
      clearTimeout(timer);
      socket.close();
      resolve({ epoch, records });
    });
  });
}
