import { describe, expect, it } from "vitest";
import { toLoggedEvent } from "../../../daemon/inputs/index.js";
import { SessionCores } from "../../../daemon/session-cores.js";
import {
  DEFAULT_OPTIONS,
  DETECTORS,
  type Match,
  parseSimulateOptions,
  Random,
  simulateCues,
  simulateLog,
} from "../../../daemon/simulate/index.js";
import { BedLevel } from "../../../daemon/simulate/sound/bed-level.js";
import { planStands } from "../../../daemon/simulate/sound/stands.js";
import { profileOf } from "../../../daemon/sport-profiles.js";
import { addSeconds, type LevelSecond, parseRfc3339, secondsBetween, type UnixMicros } from "../../../sync/index.js";

/** Textures are RMS 1, so the level of the stands follows from their gains alone, without a sound being made. */
const EMPTY = new Float32Array(0);
const CROWD = { bed: EMPTY, roar: EMPTY, groan: EMPTY, applause: EMPTY, chants: [EMPTY] };

function levelTrack(match: Match, seed: number): LevelSecond[] {
  const random = new Random(`${seed}/levels`);
  const bed = new BedLevel(match, random.fork("bed"));
  const { layers } = planStands(match, bed, CROWD, random.fork("stands"));
  const noise = random.fork("noise");
  const track: LevelSecond[] = [];
  for (let sec = 0; sec < match.durationSec - 1; sec++) {
    const middle = sec + 0.5;
    let power = bed.at(middle) ** 2;
    for (const layer of layers) {
      if (layer.fromSec <= middle && middle <= layer.toSec) power += layer.gainAt(middle) ** 2;
    }
    const rmsDb = 10 * Math.log10(power) + noise.normal(0, 0.4);
    const before = track
      .slice(-20)
      .map((level) => level.rmsDb)
      .sort((a, b) => a - b);
    const crowdRiseDb = rmsDb - (before[before.length >> 1] ?? rmsDb);
    track.push({ channel: "ambience", at: addSeconds(match.start, sec + 1), rmsDb, crowdRiseDb, excitement: 0 });
  }
  return track;
}

interface Moment {
  readonly in: UnixMicros;
  readonly out: UnixMicros;
  readonly interest: number;
}

/** A whole match through the cores of a session: its log as it arrived, cues as a middling detector tells them, levels. */
function momentsOf(seed: number, persona: string): { match: Match; moments: Moment[] } {
  const options = parseSimulateOptions({ ...DEFAULT_OPTIONS, seed: String(seed), persona, fault: [] });
  const { match, logged } = simulateLog(options);
  const spec = {
    session: "cup",
    sport: "football",
    name: null,
    scheduledStart: null,
    scheduledEnd: null,
    channels: null,
  };
  const WAY = { role: "ambience", isDelayKnown: true, position: null };
  const cores = new SessionCores(spec, profileOf("football"), 0.02);
  const { cues } = simulateCues(match, DETECTORS["90/85"], seed);
  const steps: [UnixMicros, (now: UnixMicros) => ReturnType<SessionCores["tick"]>][] = [
    ...levelTrack(match, seed).map((level): (typeof steps)[number] => [
      addSeconds(level.at, 0.5),
      (now) => cores.level(level, now),
    ]),
    ...cues.map((cue): (typeof steps)[number] => [cue.reported, (now) => cores.heard(cue, WAY, now)]),
    ...logged
      .flatMap(({ messages }) => messages)
      .map((message): (typeof steps)[number] => {
        const arrival = parseRfc3339(message.arrival) as UnixMicros;
        return [arrival, (now) => cores.logged(toLoggedEvent({ ...message }, arrival, "cup"), now)];
      }),
  ];
  steps.sort((a, b) => a[0] - b[0]);
  const standing = new Map<string, Moment>();
  const take = (drafts: ReturnType<SessionCores["tick"]>) => {
    for (const { kind, subject, data } of drafts) {
      if (kind !== "moment") continue;
      if (data.state === "retracted") standing.delete(subject);
      else {
        const [from, out] = [parseRfc3339(String(data.in)), parseRfc3339(String(data.out))] as [UnixMicros, UnixMicros];
        standing.set(subject, { in: from, out, interest: Number(data.interest) });
      }
    }
  };
  let now = match.start;
  for (const [time, act] of steps) {
    for (let due = cores.nextDue(); due !== null && due <= time && due > now; due = cores.nextDue()) {
      now = due;
      take(cores.tick(now));
    }
    now = Math.max(now, time) as UnixMicros;
    take(act(now));
  }
  take(cores.end(addSeconds(now, 60)));
  return { match, moments: [...standing.values()].sort((a, b) => b.interest - a.interest) };
}

describe("moments of a simulated match", () => {
  it.each([
    ["venue", 11],
    ["venue", 12],
    ["venue", 13],
    ["venue", 14],
    ["tv", 15],
    ["stream", 16],
    ["dirty", 17],
    ["post-match", 18],
  ])(
    "ranks the goals above everything else (%s logger, seed %i), and holds each within its in and out points",
    (persona, seed) => {
      const { match, moments } = momentsOf(seed, persona);
      const goals = match.plays
        .filter((play) => play.class === "goal")
        .map((play) => addSeconds(match.start, play.timeSec));
      expect(goals.length).toBeGreaterThan(0);
      const ranks = goals.map((goal) => moments.findIndex((moment) => moment.in <= goal && goal <= moment.out) + 1);
      // A goal may be unlogged and unheard by chance; then another play may come between two goals, but no more than one.
      for (const rank of ranks) {
        expect(rank, `ranks of the goals: ${ranks}`).toBeGreaterThan(0);
        expect(rank, `ranks of the goals: ${ranks}`).toBeLessThanOrEqual(goals.length + 1);
      }
      // No reel is worth watching that has most of the match in it.
      const shown = moments.reduce((sum, moment) => sum + secondsBetween(moment.in, moment.out), 0);
      expect(shown).toBeLessThan(match.durationSec / 4);
    },
  );
});
