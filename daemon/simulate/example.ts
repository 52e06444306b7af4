import { parseRfc3339, type UnixMicros } from "../../sync/index.js";
import { logMatch } from "./match/logger.js";
import type { Match, Play, TrueCue } from "./match/match.js";
import { DEFAULT_START } from "./options.js";
import { type WrittenRecording, writeRecording } from "./write-recording.js";

const SEED = 28;
const SAMPLE_RATE = 16_000;

/** Twenty seconds that hold one of each: a kick-off, a foul, an offside, a goal with its roar, a half that ends with two blasts. */
const PLAYS: readonly Play[] = [
  play("p001", "period_start", 1.5, "whistle", "c001", null),
  play("p002", "foul", 4.9, "whistle", "c002", "away"),
  play("p003", "offside", 7.3, "whistle", "c003", "home"),
  play("p004", "goal", 10.1, "roar", "c004", "home"),
  play("p005", "period_end", 17.6, "whistle", "c005", null),
];

const CUES: readonly TrueCue[] = [
  cue("c001", "whistle", 1.5, 2.25, 1, "p001", "period_start"),
  cue("c002", "whistle", 4.9, 5.2, 1, "p002", "foul"),
  cue("c003", "whistle", 7.3, 7.75, 1, "p003", "offside"),
  cue("c004", "roar", 10.55, 14, 1, "p004", "goal"),
  cue("c005", "whistle", 17.6, 18, 1, "p005", "period_end"),
  cue("c006", "whistle", 18.3, 19, 2, null, "nextBlast"),
];

/** The match of `config/example`. */
export const EXAMPLE_MATCH: Match = {
  start: parseRfc3339(DEFAULT_START) ?? (0 as UnixMicros),
  durationSec: 20,
  periods: [{ period: "1", startSec: 1.5, endSec: 17.6, scheduledSec: 0 }],
  plays: PLAYS,
  cues: CUES,
};

/**
 * Writes `config/example`: a recording small enough to ship, made by the simulator, so that it is ours and can be made again.
 * @throws TouchlineError FILE_UNWRITABLE
 */
export function writeExample(dir: string): Promise<WrittenRecording> {
  const session = "example";
  const logged = [logMatch(EXAMPLE_MATCH, "venue", SEED, { logger: "scout-1", session, faults: [] })];
  const content = {
    venue: "simulated",
    session,
    sport: "football",
    name: "Example: twenty simulated seconds",
    seed: SEED,
    sampleRate: SAMPLE_RATE,
    snrDb: 8,
    channel: "ambience",
    audioFile: "whistles.wav",
    match: EXAMPLE_MATCH,
    logged,
    simulated: { seed: SEED },
  };
  return writeRecording(dir, content, () => undefined);
}

function play(
  key: string,
  eventClass: string,
  timeSec: number,
  anchor: Play["anchor"],
  cueId: string,
  team: Play["team"],
): Play {
  return { key, class: eventClass, period: "1", timeSec, anchor, cueId, team };
}

function cue(
  cueId: string,
  kind: TrueCue["kind"],
  onsetSec: number,
  endSec: number,
  count: number,
  owner: string | null,
  what: string,
): TrueCue {
  return { cueId, kind, onsetSec, endSec, count, play: owner, what };
}
