import { stringify } from "yaml";
import { addSeconds, formatRfc3339, type UnixMicros } from "../../sync/index.js";
import type { LoggedMatch, RecordTruth } from "./match/logger.js";
import type { Match } from "./match/match.js";
import type { SoundPlan } from "./sound/sounds.js";

/** A simulated session before it is written. */
export interface RecordingContent {
  readonly venue: string;
  readonly session: string;
  readonly sport: string;
  readonly name: string;
  readonly seed: number;
  readonly sampleRate: number;
  /** Mean level of whistles over the crowd, dB broadband. */
  readonly snrDb: number;
  readonly channel: string;
  /** Path of the sound inside the folder. */
  readonly audioFile: string;
  readonly match: Match;
  readonly logged: readonly LoggedMatch[];
  /** What made it, noted in the session file. */
  readonly simulated: Readonly<Record<string, unknown>>;
}

type TimeText = (sec: number) => string;

/** The text files of a recording, by their path inside its folder. */
export function recordingFiles(content: RecordingContent, sound: SoundPlan): ReadonlyMap<string, string> {
  const time = timeText(content.match.start);
  const { logged } = content;
  const messages = logged.flatMap((one) => one.messages);
  return new Map([
    ["session.yaml", sessionYaml(content, time)],
    ["log.jsonl", toLines(sortedBy(messages, (message) => message.arrival))],
    ["truth/events.jsonl", toLines(logged.flatMap((one) => one.records.map((record) => eventLine(record, time))))],
    ["truth/cues.jsonl", toLines(cueLines(content, sound, time))],
    ["truth/loggers.jsonl", toLines(logged.map((one) => one.truth))],
  ]);
}

function eventLine(record: RecordTruth, time: TimeText) {
  return {
    eventId: record.eventId,
    time: time(record.timeSec),
    anchor: record.anchor,
    ...(record.cueId === null ? {} : { cueId: record.cueId }),
    class: record.class,
    period: record.period,
    occurrence: record.play,
    ...(record.fault === null ? {} : { fault: record.fault }),
  };
}

function cueLines({ match, logged }: RecordingContent, sound: SoundPlan, time: TimeText) {
  const eventOfPlay = new Map<string, string>();
  for (const record of logged.flatMap((one) => one.records)) {
    if (!eventOfPlay.has(record.play)) eventOfPlay.set(record.play, record.eventId);
  }
  const cues = match.cues.map((cue) => ({
    cueId: cue.cueId,
    kind: cue.kind,
    onset: time(cue.onsetSec),
    end: time(cue.endSec),
    count: cue.count,
    event: cue.play === null ? null : (eventOfPlay.get(cue.play) ?? null),
    what: cue.what,
    ...(sound.snrDb.has(cue.cueId) ? { snrDb: sound.snrDb.get(cue.cueId) } : {}),
  }));
  const distractors = sound.distractors.map((distractor, index) => ({
    cueId: `d${String(index + 1).padStart(3, "0")}`,
    kind: distractor.kind,
    onset: time(distractor.onsetSec),
    end: time(distractor.endSec),
    event: null,
    distractor: true,
  }));
  return sortedBy([...cues, ...distractors], (line) => line.onset);
}

function sessionYaml(content: RecordingContent, time: TimeText): string {
  const { match } = content;
  return stringify({
    venue: content.venue,
    box: "sim",
    session: {
      session: content.session,
      sport: content.sport,
      name: content.name,
      scheduledStart: time(match.periods[0]?.scheduledSec ?? 0),
      scheduledEnd: time(match.durationSec),
    },
    channels: [
      {
        name: content.channel,
        role: "ambience",
        file: content.audioFile,
        sampleRate: content.sampleRate,
        startTime: time(0),
        pathDelayMs: 0,
        // Truth is the direct path's arrival at the microphone: travel of sound is not in it.
        reference: "microphone",
      },
    ],
    loggers: content.logged.map((one) => ({ logger: one.truth.logger, persona: one.truth.persona })),
    simulated: content.simulated,
  });
}

function timeText(start: UnixMicros): TimeText {
  return (sec) => formatRfc3339(addSeconds(start, sec));
}

/** By code units: the same on every machine, whatever its language. */
function sortedBy<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return [...items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0));
}

function toLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join("");
}
