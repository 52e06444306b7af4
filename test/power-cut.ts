import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openDatabase } from "../daemon/outbox/database.js";
import { buildDiskShim } from "./disk-shim.js";
import { seeded } from "./faults/report.js";
import { START } from "./store-fixture.js";

/** What is on the disk of writes that were not flushed when the power went: none, any of them, or any 512 bytes of any of them. */
export type Unflushed = "lost" | "some" | "torn";

const SECTOR_BYTES = 512;
const HEADER_BYTES = 14;
const CHILD = fileURLToPath(new URL("./integration/children/disk-child.mjs", import.meta.url));
const FILES = ["t.db", "t.db-wal", null, "t.db-journal"] as const;
const ACKNOWLEDGEMENTS = 2;
const JOURNAL = 3;

interface Change {
  readonly kind: "W" | "S" | "T" | "D";
  readonly file: number;
  readonly at: number;
  readonly data: Buffer;
}

/** Lets a store run from its first byte on and records what it does to its disk. */
export function recordRun(folder: string, rounds: number): Change[] {
  const log = join(folder, "disk.log");
  const env = { ...process.env, LD_PRELOAD: buildDiskShim(folder), TOUCHLINE_DISK_LOG: log };
  const child = spawnSync(process.execPath, [CHILD, folder, String(rounds), "run"], { env, encoding: "utf8" });
  if (child.status !== 0) throw new Error(child.stderr);
  const bytes = readFileSync(log);
  const changes: Change[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 10);
    const from = at + HEADER_BYTES;
    changes.push({
      kind: String.fromCharCode(bytes.readUInt8(at)) as Change["kind"],
      file: bytes.readUInt8(at + 1),
      at: Number(bytes.readBigUInt64LE(at + 2)),
      data: bytes.subarray(from, from + length),
    });
    at = from + length;
  }
  return changes;
}

export interface CutResult {
  readonly cuts: number;
  /** Acknowledged before a cut, summed over the cuts. */
  readonly acknowledged: number;
  readonly lost: number;
  readonly damaged: number;
}

export interface CutOptions {
  readonly folder: string;
  readonly cuts: number;
  readonly seed: number;
  readonly unflushed: Unflushed;
  /** As on a disk that says it has flushed and has not: the control that must lose. */
  readonly ignoreFlushes?: boolean;
}

/** Cuts the power at random changes, half of them beside those of the database file (checkpoints), and opens what is then on the disk. */
export function cutAndOpen(changes: readonly Change[], options: CutOptions): CutResult {
  const { folder, cuts, seed, unflushed, ignoreFlushes } = options;
  const random = seeded(seed);
  const place = join(folder, "cut");
  const disk = new Disk(ignoreFlushes ?? false);
  const acknowledged: string[] = [];
  let sum = 0;
  let lost = 0;
  let damaged = 0;
  let done = 0;
  for (const cut of drawCuts(changes, cuts, random)) {
    for (; done < cut; done++) {
      const change = changes[done];
      if (change === undefined) break;
      if (change.file !== ACKNOWLEDGEMENTS) disk.apply(change);
      else if (change.kind === "W") acknowledged.push(...change.data.toString("utf8").trim().split("\n"));
    }
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place);
    for (const [file, name] of FILES.entries()) {
      const image = disk.afterCut(file, unflushed, random);
      if (image !== null && name !== null) writeFileSync(join(place, name), image);
    }
    const found = keptIn(join(place, "t.db"));
    sum += acknowledged.length;
    lost += acknowledged.filter((line) => !found.kept.has(line)).length;
    if (found.isDamaged) damaged += 1;
  }
  rmSync(place, { recursive: true, force: true });
  return { cuts, acknowledged: sum, lost, damaged };
}

function drawCuts(changes: readonly Change[], cuts: number, random: () => number): number[] {
  const ofDatabase = changes.flatMap(({ file, kind }, i) => (file === 0 && kind !== "S" ? [i] : []));
  return Array.from({ length: cuts }, (_, i) => {
    const anywhere = Math.floor(random() * changes.length);
    return i % 2 === 0 ? anywhere : (ofDatabase[Math.floor(random() * ofDatabase.length)] ?? anywhere) + 1;
  }).sort((a, b) => a - b);
}

/** Opens it as the daemon does. */
function keptIn(path: string): { kept: ReadonlySet<string>; isDamaged: boolean } {
  const opened = openDatabase({ path, epoch: null, maxBytes: 1e9, routes: [], now: START });
  const kept = opened.db
    .prepare<[], string>("SELECT 'message ' || body FROM inbox UNION ALL SELECT 'record ' || subject FROM records")
    .pluck()
    .all() as unknown as string[];
  const isDamaged = opened.setAside !== null || opened.db.pragma("integrity_check", { simple: true }) !== "ok";
  opened.close();
  return { kept: new Set(kept), isDamaged };
}

/** The files of a database: what is surely on the disk, and what was written since the last flush. */
class Disk {
  readonly #sure: (Buffer | null)[] = [null, null, null, null];
  readonly #open: Change[][] = [[], [], [], []];
  readonly #ignoreFlushes: boolean;

  constructor(ignoreFlushes: boolean) {
    this.#ignoreFlushes = ignoreFlushes;
  }

  apply(change: Change): void {
    const open = this.#open[change.file];
    if (open === undefined) return;
    if (change.kind !== "S") open.push(change);
    else if (!this.#ignoreFlushes || change.file !== 1) {
      this.#flush(change.file);
      // with a new log its folder is flushed too, and with that the deletion of the journal
      if (this.#open[JOURNAL]?.at(-1)?.kind === "D") this.#flush(JOURNAL);
    }
  }

  #flush(file: number): void {
    const open = this.#open[file] ?? [];
    this.#sure[file] = open.reduce(changed, this.#sure[file] ?? null);
    open.length = 0;
  }

  afterCut(file: number, unflushed: Unflushed, random: () => number): Buffer | null {
    const sure = this.#sure[file] ?? null;
    if (unflushed === "lost") return sure;
    const open = (this.#open[file] ?? []).filter(() => random() < 0.5);
    const happened = unflushed === "some" ? open : open.flatMap((change) => torn(change, random));
    return happened.reduce(changed, sure === null ? null : Buffer.from(sure));
  }
}

function torn(change: Change, random: () => number): Change[] {
  if (change.kind !== "W") return [change];
  const sectors: Change[] = [];
  for (let from = 0; from < change.data.length; ) {
    // sectors are those of the disk, not of the write
    const to = Math.min(change.data.length, from + SECTOR_BYTES - ((change.at + from) % SECTOR_BYTES));
    if (random() < 0.5) sectors.push({ ...change, at: change.at + from, data: change.data.subarray(from, to) });
    from = to;
  }
  return sectors;
}

/** Works on the image it is given where that is large enough. */
function changed(image: Buffer | null, { kind, at, data }: Change): Buffer | null {
  if (kind === "D") return null;
  if (kind === "T") return resized(image, at);
  const target = image !== null && image.length >= at + data.length ? image : resized(image, at + data.length);
  data.copy(target, at);
  return target;
}

function resized(image: Buffer | null, bytes: number): Buffer {
  const target = Buffer.alloc(bytes);
  image?.copy(target, 0, 0, Math.min(bytes, image.length));
  return target;
}
