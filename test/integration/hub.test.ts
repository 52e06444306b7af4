import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nkeys } from "nats";
import { Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { SYSTEM_CLOCK } from "../../daemon/clock.js";
import { type FollowedRecord, inboxOf, VenueFollower } from "../../daemon/cloud/index.js";
import type { NatsLink } from "../../daemon/link.js";
import { createNatsLink } from "../../daemon/nats-link.js";
import type { StoreClient } from "../../daemon/outbox/index.js";
import { createJetStreamOutput, type Output } from "../../daemon/outputs/index.js";
import type { BoxIdentity } from "../../daemon/records/index.js";
import { discardAtExit } from "../leftovers.js";
import { secretFile } from "../nats-security.js";
import { HAS_NATS_SERVER, natsMissing, startNatsServer, type TestServer } from "../nats-server.js";
import { batchOf, draft, openTestStore, range, tempFolder, until } from "../store-fixture.js";
import { CLI } from "../touchline-process.js";

// Real servers and processes on a machine that may be busy: the limits are for what hangs, not for what is slow.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const title = HAS_NATS_SERVER ? "a hub of three boxes" : "skipped: nats-server is not installed: a hub of three boxes";

/** Long enough to be packed where a box does that. */
const note = "seen from the north stand ".repeat(25);

interface Box {
  readonly identity: BoxIdentity;
  readonly store: StoreClient;
  readonly link: NatsLink;
  readonly output: Output;
  commit(from: number, to: number): Promise<unknown>;
}

describe.skipIf(natsMissing())(title, () => {
  const folder = tempFolder();
  const users = Object.fromEntries(
    ["admin", "arena-a", "arena-b", "track-a", "graphics", "archive"].map((name) => [name, nkeys.createUser()]),
  );
  const boxes: Box[] = [];
  const links: NatsLink[] = [];
  let server: TestServer;
  let plan: string;
  let relay: ChildProcess | null = null;

  const publicKey = (name: string): string => users[name]!.getPublicKey();
  const seed = (name: string): string =>
    secretFile(folder.path, `${name}.nk`, new TextDecoder().decode(users[name]!.getSeed()));

  function hub(...args: string[]): { status: number | null; lines: Record<string, unknown>[]; stdout: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, "hub", ...args], { encoding: "utf8" });
    if (status !== 0 && status !== 1) throw new Error(stderr);
    const lines =
      args[0] === "config"
        ? []
        : stdout
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line));
    return { status, lines, stdout };
  }
  const withHub = (): string[] => [plan, "--server", server.url, "--nkey-file", seed("admin"), "--json"];

  function startRelay(): void {
    relay = spawn(process.execPath, [CLI, "hub", "relay", plan, "--server", server.url, "--nkey-file", seed("admin")], {
      stdio: "ignore",
    });
    const leftover = discardAtExit(() => relay?.kill("SIGKILL"));
    relay.once("exit", () => leftover.takeBack());
  }

  function connectAs(name: string, inboxPrefix: string): NatsLink {
    const link = createNatsLink({
      servers: [server.url],
      name,
      clock: SYSTEM_CLOCK,
      nkeyFile: seed(name),
      inboxPrefix,
      requestTimeoutMs: 2000,
    });
    links.push(link);
    link.start();
    return link;
  }

  async function startBox(identity: BoxIdentity): Promise<Box> {
    const name = `${identity.venue}-${identity.box}`;
    const store = await openTestStore(join(folder.path, `${name}.db`), { box: identity });
    const link = connectAs(name, inboxOf(identity));
    const log = { info: () => undefined, warn: () => undefined };
    const registry = new Registry();
    const output = createJetStreamOutput({
      name: "cloud",
      box: identity,
      source: store,
      link,
      clock: SYSTEM_CLOCK,
      registry,
      log,
      compress: identity.box === "a",
    });
    output.start();
    const commit = (from: number, to: number): Promise<unknown> =>
      store.commit(batchOf(range(from, to).map((n) => draft(n, { data: { n, revision: 1, note } }))));
    const box = { identity, store, link, output, commit };
    boxes.push(box);
    return box;
  }

  function follow(
    name: string,
    subject: string | null,
    onMessage: (follower: VenueFollower) => void = () => undefined,
  ) {
    const given: FollowedRecord[] = [];
    const gaps: unknown[] = [];
    let place = 0;
    const follower = new VenueFollower({
      venue: "arena",
      main: "a",
      onRecord: (record) => void given.push(record),
      onGap: (gap) => void gaps.push(gap),
      nowMs: () => performance.now(),
    });
    const problems: string[] = [];
    const stop = connectAs(name, `_INBOX_${name}`).follow({
      stream: "TOUCHLINE_live",
      subject,
      after: () => place,
      handle: (message) => {
        place = message.sequence;
        follower.take(message);
        onMessage(follower);
      },
      onProblem: (message) => void problems.push(message),
    });
    return { follower, given, gaps, problems, stop };
  }

  beforeAll(async () => {
    plan = join(folder.path, "hub.yaml");
    const lines = [
      `admins: [ ${publicKey("admin")} ]`,
      "boxes:",
      ...["arena a", "arena b", "track a"].map((name) => {
        const [venue, box] = name.split(" ");
        return `  - { venue: ${venue}, box: ${box}, nkey: ${publicKey(`${venue}-${box}`)} }`;
      }),
      "consumers:",
      `  - { name: graphics, nkey: ${publicKey("graphics")}, venues: [arena] }`,
      `  - { name: archive, nkey: ${publicKey("archive")} }`,
    ];
    writeFileSync(plan, lines.join("\n"));
    // the test's server has a port, a store and no monitoring of its own
    const config = hub("config", plan).stdout.replace(/^(port|http|jetstream).*$/gm, "");
    server = await startNatsServer({ config });
  });

  afterAll(async () => {
    relay?.kill("SIGKILL");
    for (const box of boxes) {
      await box.output.stop();
      await box.store.close();
    }
    for (const link of links) await link.stop();
    await server.dispose();
    folder.remove();
  });

  it("says what is missing, makes it, and finds nothing to do after that", () => {
    const before = hub("check", ...withHub());
    expect(before.status).toBe(1);
    expect(new Set(before.lines.map(({ outcome }) => outcome))).toEqual(new Set(["missing"]));
    const made = hub("apply", ...withHub());
    expect(made.status).toBe(0);
    expect(made.lines.map(({ stream }) => stream)).toContain("TOUCHLINE_live");
    expect(new Set(made.lines.map(({ outcome }) => outcome))).toEqual(new Set(["made"]));
    expect(hub("apply", ...withHub()).lines.every(({ outcome }) => outcome === "there")).toBe(true);
  });

  it("brings each record of the venue once to a consumer of the aggregate, which goes from main to backup without a double", async () => {
    const [main, backup, other] = [
      await startBox({ venue: "arena", box: "a" }),
      await startBox({ venue: "arena", box: "b" }),
      await startBox({ venue: "track", box: "a" }),
    ];
    startRelay();
    const { follower, given, gaps } = follow("graphics", "touchline.all.live.arena.>");
    await Promise.all([main.commit(1, 300), backup.commit(1, 300), other.commit(1, 300)]);
    await until(() => given.length >= 300, 120_000);
    // the main box dies with a part of its records unsent; the backup has them all
    await main.output.stop();
    await Promise.all([main.commit(301, 350), backup.commit(301, 350)]);
    await until(async () => (await backup.store.cursors("cloud"))[0]?.acknowledged === 350);
    const switchedAt = performance.now();
    follower.switchTo("b");
    await until(() => given.length >= 350, 120_000);
    console.log(`switched in ${Math.round(performance.now() - switchedAt)} ms`);
    await backup.commit(351, 400);
    await until(() => given.length >= 400, 120_000);
    expect(given.map(({ data }) => data.n)).toEqual(range(1, 400));
    expect(gaps).toEqual([]);
    expect(follower.doubles).toBe(0);
  });

  it("goes on at its own place when the hub is killed, and gives nothing twice", async () => {
    const { follower, given, gaps } = follow("archive", null);
    await until(() => given.length >= 300, 120_000);
    follower.switchTo("b");
    await until(() => given.length >= 400, 120_000);
    relay?.kill("SIGKILL");
    await server.kill();
    const backup = boxes[1]!;
    await backup.commit(401, 450);
    await server.start();
    startRelay();
    await until(() => given.length >= 450, 120_000);
    expect(given.map(({ data }) => data.n)).toEqual(range(1, 450));
    expect([gaps, follower.doubles]).toEqual([[], 0]);
  });

  it("keeps a box to its own subjects and streams, and a consumer to its venues", async () => {
    const stranger = connectAs("track-a", "_INBOX_track_a");
    await until(() => stranger.status().state === "up", 120_000);
    const published = await stranger.publish(
      { subject: "touchline.out.arena.a.cup.event.goal.home", headers: [], body: "{}" },
      { sequence: 0, id: null },
    );
    expect(published.ok).toBe(false);
    expect((await stranger.streamInfo("TOUCHLINE_arena_a_live")).ok).toBe(false);
    expect((await stranger.streamInfo("TOUCHLINE_track_a_live")).ok).toBe(true);
    const greedy = follow("graphics", null);
    const elsewhere = follow("graphics", "touchline.all.live.track.>");
    await until(() => greedy.problems.length > 0 && elsewhere.problems.length > 0, 120_000);
    expect([greedy.given, elsewhere.given]).toEqual([[], []]);
  });
});
