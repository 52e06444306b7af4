import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, TouchlineError } from "../errors.js";
import { type LoggedMatch, logMatch } from "./match/logger.js";
import { makeMatch } from "./match/make-match.js";
import type { Match } from "./match/match.js";
import type { SimulateOptions } from "./options.js";
import type { Distractor } from "./sound/sounds.js";
import { writeRecording } from "./write-recording.js";

export interface SimulatedSession {
  readonly dir: string;
  readonly session: string;
  readonly match: Match;
  readonly logged: readonly LoggedMatch[];
  readonly distractors: readonly Distractor[];
  readonly audio: readonly { readonly channel: string; readonly path: string; readonly samples: number }[];
}

/** Where the recording goes; `replace` lets an earlier simulation in the same folder be written over. */
export interface SimulateTarget {
  readonly dir: string;
  readonly replace: boolean;
}

const CHANNEL = "ambience";
/** What a simulation writes, and what a replay adds to it. */
const OWN_ENTRIES = ["audio", "telemetry", "truth", "log.jsonl", "race.jsonl", "output.jsonl", "session.yaml"];

/**
 * Writes a session with its truth in the layout of a recording. The same options give the same bytes.
 * @param onProgress share of the sound that is written, 0..1
 * @throws TouchlineError SIM_BAD_OPTION when the folder holds something, FILE_UNWRITABLE
 */
export async function simulateSession(
  options: SimulateOptions,
  target: SimulateTarget,
  onProgress: (done: number) => void,
): Promise<SimulatedSession> {
  await prepareFolder(target);
  const { match, logged } = simulateLog(options);
  const session = sessionName(options);
  const content = {
    venue: "simulated",
    session,
    sport: options.sport,
    name: `Simulated match, seed ${options.seed}`,
    seed: options.seed,
    sampleRate: options.sampleRate,
    snrDb: options.snrDb,
    channel: CHANNEL,
    audioFile: `audio/${CHANNEL}.wav`,
    match,
    logged,
    simulated: {
      seed: options.seed,
      minutes: options.minutes,
      breakMinutes: options.breakMinutes,
      snrDb: options.snrDb,
      faults: [...options.faults],
    },
  };
  const { audioPath, samples, distractors } = await writeRecording(target.dir, content, onProgress);
  return {
    dir: target.dir,
    session,
    match,
    logged,
    distractors,
    audio: [{ channel: CHANNEL, path: audioPath, samples }],
  };
}

/** The match and its logs without the sound. */
export function simulateLog(options: SimulateOptions): { match: Match; logged: LoggedMatch[] } {
  const match = makeMatch(options.seed, options);
  const session = sessionName(options);
  const logged = Array.from({ length: options.loggers }, (_, index) =>
    logMatch(match, options.persona, options.seed, { logger: `scout-${index + 1}`, session, faults: options.faults }),
  );
  return { match, logged };
}

function sessionName(options: SimulateOptions): string {
  return `sim-${options.seed}`;
}

/** An empty folder to write to. @throws TouchlineError SIM_BAD_OPTION when it holds something else, FILE_UNWRITABLE */
export async function prepareFolder({ dir, replace }: SimulateTarget): Promise<void> {
  const entries = await listFolder(dir);
  if (entries.length === 0) return;
  if (!replace) bad(dir, "the folder is not empty (--force replaces an earlier simulation)");
  if (!entries.includes("session.yaml") || !existsSync(join(dir, "truth"))) {
    bad(dir, "the folder holds something else than an earlier simulation");
  }
  try {
    for (const entry of OWN_ENTRIES) await rm(join(dir, entry), { recursive: true, force: true });
  } catch (error) {
    throw new TouchlineError("FILE_UNWRITABLE", [dir, messageOf(error)], error);
  }
}

function bad(dir: string, why: string): never {
  throw new TouchlineError("SIM_BAD_OPTION", [`--out ${dir}: ${why}`]);
}

async function listFolder(dir: string): Promise<string[]> {
  try {
    await mkdir(dir, { recursive: true });
    return await readdir(dir);
  } catch (error) {
    throw new TouchlineError("FILE_UNWRITABLE", [dir, messageOf(error)], error);
  }
}
