import { type Static, Type } from "@sinclair/typebox";
import { atLeastZero, FLAGS, flag, id, list, number, openWord, probability, time, timeOrNull } from "./fields.js";

export const CUE_DATA = Type.Object(
  {
    cueId: id("The same when the cue is told as it begins and again at its end."),
    kind: openWord("What was heard.", "whistle", "roar", "beep", "horn"),
    state: openWord("provisional while the sound lasts, final at its end.", "provisional", "final"),
    onset: time("When it began, at the source as far as path delay and travel are known."),
    onsetSdSec: atLeastZero("Standard deviation of the onset, seconds; what is not known of path and travel is in it."),
    end: timeOrNull("When it ended; null while it lasts."),
    score: probability("P(it is what kind says), from the sound alone, without any hint from the log."),
    count: Type.Integer({ minimum: 1, description: "Place in its train; of the last one, the train's length." }),
    channel: id("Audio channel that heard it first."),
    reference: openWord("Whether travel of the sound is taken off.", "source", "microphone"),
    levelDb: number("Level, dBFS."),
    tonesHz: Type.Optional(list(atLeastZero("Tone, Hz."), "Main tones, strongest first.")),
    reported: time("When it could first be told."),
    flags: FLAGS("What is odd.", "replay", "crowdWhistle"),
    replayOf: Type.Optional(id("Of a replay: the cue it repeats.")),
    character: Type.Optional(
      openWord(
        "Of a roar: what the crowd does; unknown where none is likely enough.",
        "cheer",
        "applause",
        "chant",
        "jeer",
        "unknown",
      ),
    ),
    characterShares: Type.Optional(
      Type.Record(Type.String(), probability("P(the crowd does that)."), {
        description: "Of a roar: the probabilities by character, their sum 1.",
      }),
    ),
    channels: Type.Optional(list(id("Audio channel."), "All that heard it, where several did.")),
    primed: Type.Optional(flag("A hint from the log lowered the threshold: then it is no evidence for that log.")),
  },
  { title: "cue", description: "Something heard." },
);

export type CueData = Static<typeof CUE_DATA>;
