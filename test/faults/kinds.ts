import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { discardAtExit } from "../leftovers.js";
import type { Tally } from "./counting-consumer.js";
import { percentile, seeded } from "./report.js";
import { logged, type Rig, startRig } from "./rig.js";

export interface KindResult {
  readonly faults: number;
  readonly tally: Tally;
  /** Acknowledged events of which the consumer saw nothing. */
  readonly unseen: number;
  /** What proves that the fault did happen. */
  readonly evidence: string;
}

const LIBRARIES = ["/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/lib/faketime"];
export const FAKETIME =
  LIBRARIES.map((folder) => join(folder, "libfaketime.so.1")).find((file) => existsSync(file)) ?? null;

/** Only root may mount, and not in every container. */
export const CAN_MOUNT = canMount();

function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), "touchline-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], { stdio: "ignore" });
    execFileSync("umount", [folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function finished(
  rig: Rig,
  accepted: ReadonlySet<string>,
  faults: number,
  evidence: string,
): Promise<KindResult> {
  await rig.untilSeen(accepted);
  rig.daemon.signal("SIGTERM");
  await rig.daemon.exited;
  const tally = await rig.consumer.stop();
  return { faults, tally, unseen: [...accepted].filter((id) => !rig.consumer.subjects.has(id)).length, evidence };
}

/** The hub's disk fills up until it takes no more, and gets room again. */
export async function serverDiskFull(rounds: number): Promise<KindResult> {
  const disk = mkdtempSync(join(tmpdir(), "touchline-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", disk]);
  const leftover = discardAtExit(() => {
    execFileSync("umount", ["-l", disk], { stdio: "ignore" });
    rmSync(disk, { recursive: true, force: true });
  });
  const rig = await startRig({ server: { storeDir: disk, config: "jetstream { max_file_store: 1GB }" } });
  try {
    const accepted = new Set<string>();
    let next = 0;
    let megabytes = 4;
    let refused = 0;
    for (let round = 0; round < rounds; round++) {
      const before = refused;
      while (refused === before) {
        const messages = Array.from({ length: 100 }, () => logged(next++));
        if (await rig.post(messages)) for (const { id } of messages) accepted.add(`ana/${id}`);
        await new Promise((resolve) => setTimeout(resolve, 200));
        const { disconnected: _, ...reasons } = await rig.failures();
        refused = Object.values(reasons).reduce((sum, count) => sum + count, 0);
        if (next > 50_000) throw new Error("the disk did not fill up");
      }
      megabytes += 8;
      execFileSync("mount", ["-o", `remount,size=${megabytes}m`, disk]);
      await rig.server.kill(); // newer servers stay frozen until they are restarted
      await rig.server.start();
      await rig.untilSeen(accepted);
    }
    return await finished(rig, accepted, rounds, `the hub refused ${refused} times`);
  } finally {
    await rig.end();
    leftover.takeBack();
    execFileSync("umount", ["-l", disk]);
    rmSync(disk, { recursive: true, force: true });
  }
}

/** The box's clock jumps an hour forth and two back while events come in. Monotonic clocks go on, as they do. */
export async function clockSteps(steps: readonly number[], eventsPerStep: number): Promise<KindResult> {
  const folder = mkdtempSync(join(tmpdir(), "touchline-clock-"));
  const file = join(folder, "offset");
  writeFileSync(file, "+0");
  const rig = await startRig({
    env: {
      LD_PRELOAD: FAKETIME ?? "",
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      DONT_FAKE_MONOTONIC: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    },
  });
  try {
    const accepted = new Set<string>();
    let next = 0;
    for (const seconds of [0, ...steps]) {
      writeFileSync(file, seconds < 0 ? String(seconds) : `+${seconds}`);
      for (let sent = 0; sent < eventsPerStep; sent += 10) {
        const messages = Array.from({ length: 10 }, () => logged(next++));
        if (await rig.post(messages)) for (const { id } of messages) accepted.add(`ana/${id}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await rig.untilSeen(accepted);
    }
    return await finished(rig, accepted, steps.length, `the records span ${rig.spanMinutes()} minutes`);
  } finally {
    await rig.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Each event is sent one to three times, in any order, some with later versions first. */
export async function repeatedAndReordered(events: number, seed: number): Promise<KindResult> {
  const rig = await startRig();
  try {
    const random = seeded(seed);
    const accepted = new Set<string>();
    const sends = Array.from({ length: events }, (_, n) => n)
      .flatMap((n) =>
        Array.from({ length: 1 + Math.floor(random() * 3) }, () => ({ message: logged(n), place: random() })),
      )
      .sort((a, b) => a.place - b.place)
      .map(({ message }) => message);
    for (let from = 0; from < sends.length; from += 50) {
      const messages = sends.slice(from, from + 50);
      if (await rig.post(messages)) for (const { id } of messages) accepted.add(`ana/${id}`);
    }
    return await finished(rig, accepted, sends.length - events, `${sends.length} messages of ${events} events`);
  } finally {
    await rig.end();
  }
}

/** People log 0.2 events a second at a match; for a while 150 times as many come. */
const USUAL_PER_SECOND = 0.2;

export async function burst(factor: number, seconds: number): Promise<KindResult> {
  const rig = await startRig();
  try {
    const accepted = new Set<string>();
    const perSecond = USUAL_PER_SECOND * factor;
    let next = 0;
    const startedAt = performance.now();
    while (next < perSecond * seconds) {
      const due = Math.min(perSecond * seconds, ((performance.now() - startedAt) / 1000) * perSecond);
      const messages: ReturnType<typeof logged>[] = [];
      while (next < due) messages.push(logged(next++));
      if (messages.length > 0 && (await rig.post(messages))) for (const { id } of messages) accepted.add(`ana/${id}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await rig.untilSeen(accepted);
    const p99 = Math.round(percentile(rig.ages, 0.99));
    return await finished(
      rig,
      accepted,
      1,
      `${Math.round(perSecond)} events/s for ${seconds} s; live p99 ${p99} ms old`,
    );
  } finally {
    await rig.end();
  }
}
