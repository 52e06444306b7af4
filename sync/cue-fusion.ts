import { type ChannelWay, type FieldOfPlay, mayBeLate, traitsOf } from "./channel-way.js";
import type { HeardCue } from "./heard-cue.js";
import { EARLIEST_SEC, LATEST_SEC, type PathDelay, PathDelays } from "./path-delays.js";
import { combine, type Hearing, type SoundTime } from "./sound-time.js";
import { addSeconds, secondsBetween, type UnixMicros } from "./time.js";

/** Microphones of one venue hear one sound at most this far apart (100 m of air are 0.29 s), and this long after it was made. */
const SAME_SOUND_SEC = 0.4;
const HEARD_AFTER_SEC = 0.5;
/** The same with the channel's delay measured: what is left is travel that varies. */
const MEASURED_SEC = 0.25;
/** How late a mix of unknown delay is taken to be against the microphones, until its delay is measured. */
const UNMEASURED_SEC = 3;
/** Channels that hear one sound report within this of each other; then it is told as final. */
const SETTLE_SEC = 0.6;
/** A sound whose end nobody tells (the stream broke) waits no longer. */
const GIVE_UP_SEC = 20;
/** A better onset is told again when it moved by this, or its deviation shrank to half. */
const MOVED_SEC = 0.005;
const MOST_TELLINGS = 6;
const KEPT_SOUNDS = 64;
/** A cue is compared with other channels when they have had this long to report, seconds. */
const LEARN_AFTER_SEC = 1;
const KEPT_PENDING = 64;
const KEPT_CHANNELS = 128;
/** Delays below this between microphones that are all taken to have none are travel. */
const LEAST_DELAY_SEC = 0.4;

/** What is told of a sound: the cue at its source, and how it came about. */
export interface FusedCue {
  readonly cue: HeardCue;
  /** Travel of the sound is taken off (`source`) or it is told as the first microphone heard it. */
  readonly reference: "source" | "microphone";
  /** Channels that heard it, in the order of their names. */
  readonly channels: readonly string[];
  /** The hearing that speaks for its level and tones. */
  readonly speaker: string;
}

/** A sound, as far as it was heard: plain data, for the snapshot. */
interface Sound {
  readonly cueId: string;
  readonly kind: string;
  readonly firstReported: UnixMicros;
  hearings: Hearing[];
  onset: UnixMicros;
  sdSec: number;
  reference: SoundTime["reference"];
  tellings: number;
  /** What was told last, in short. */
  told: string;
  isDone: boolean;
}

export interface FusionCounts {
  readonly fused: number;
  readonly duplicates: number;
  readonly unsure: number;
}

interface FusionState {
  readonly sounds: Sound[];
  readonly channels: [string, ChannelWay][];
  readonly delays: ReturnType<PathDelays["dump"]>;
  readonly pending: HeardCue[];
  readonly counts: FusionCounts;
}

/**
 * Makes one cue of what several channels heard of one sound, at the time of its source, and never tells a sound twice.
 *
 * 1. The first hearing is told at once, provisional. 2. Hearings on other channels within the sound's travel join it; its onset is told again where they
 * better it. 3. After `SETTLE_SEC` it is final; whoever hears it later (a programme mix, a stream) is a duplicate and only counted.
 * 4. Channels whose delay nobody knows are measured against the others, from the sounds that both heard, and put right.
 */
export class CueFusion {
  readonly #field: FieldOfPlay | null;
  #sounds: Sound[] = [];
  readonly #channels = new Map<string, ChannelWay>();
  readonly #delays = new PathDelays();
  /** Cues of channels without a known delay that are not compared yet. */
  #pending: HeardCue[] = [];
  #counts = { fused: 0, duplicates: 0, unsure: 0 };

  constructor(field: FieldOfPlay | null) {
    this.#field = field;
  }

  get counts(): FusionCounts {
    return this.#counts;
  }

  /** Delays that were measured, by channel. */
  get pathDelays(): ReadonlyMap<string, PathDelay> {
    const used = [...this.#delays.all()].filter(([channel]) => this.#measured(channel) !== null);
    return new Map(used);
  }

  /** A channel is there, though it has heard nothing yet: where it is the only one, no sound waits for others. */
  meet(channel: string, way: ChannelWay): void {
    if (this.#channels.has(channel) || this.#channels.size < KEPT_CHANNELS) this.#channels.set(channel, way);
  }

  /** The onset as it was before the channel's measured delay. */
  sourceTime(cue: HeardCue): UnixMicros {
    return addSeconds(cue.onset, -(this.#measured(cue.channel)?.sec ?? 0));
  }

  push(cue: HeardCue, way: ChannelWay, now: UnixMicros): FusedCue[] {
    this.meet(cue.channel, way);
    this.#learnDue(now);
    const known = this.#sounds.find((sound) => sound.hearings.some((one) => one.cue.cueId === cue.cueId));
    if (known !== undefined) {
      known.hearings = known.hearings.map((one) => (one.cue.cueId === cue.cueId ? { ...one, cue } : one));
      return this.#refine(known, now);
    }
    if (!way.isDelayKnown && cue.primed !== true) this.#pending = [...this.#pending, cue].slice(-KEPT_PENDING);
    const sound = this.#soundOf(cue, way);
    if (sound === null) return this.#open(cue, way, now);
    this.#counts = { ...this.#counts, duplicates: this.#counts.duplicates + 1 };
    sound.hearings = [...sound.hearings, { cue, way }].sort((a, b) => (a.cue.channel < b.cue.channel ? -1 : 1));
    if (sound.hearings.length === 2) this.#counts = { ...this.#counts, fused: this.#counts.fused + 1 };
    return this.#refine(sound, now);
  }

  /** Sounds that are final now. */
  tick(now: UnixMicros): FusedCue[] {
    this.#learnDue(now);
    const told = this.#sounds.flatMap((sound) => (this.#dueOf(sound) <= now ? this.#refine(sound, now) : []));
    for (const sound of this.#sounds) {
      if (!sound.isDone && secondsBetween(sound.firstReported, now) > GIVE_UP_SEC) sound.isDone = true;
    }
    return told;
  }

  /** The session is over: what waits is told as it stands. */
  end(): FusedCue[] {
    return this.#sounds.flatMap((sound) => (hasEnded(sound) && !sound.isDone ? this.#tell(sound, true) : []));
  }

  nextDue(): UnixMicros | null {
    const due = Math.min(...this.#sounds.map((sound) => this.#dueOf(sound)));
    return Number.isFinite(due) ? (due as UnixMicros) : null;
  }

  snapshot(): FusionState {
    const channels = [...this.#channels];
    const delays = this.#delays.dump();
    return { sounds: this.#sounds, channels, delays, pending: this.#pending, counts: this.#counts };
  }

  /** What is not a state of this version is passed over: fusion then begins anew. */
  restore(state: unknown): void {
    const saved = state as Partial<FusionState> | null;
    if (!Array.isArray(saved?.sounds) || !Array.isArray(saved.channels) || !Array.isArray(saved.delays)) return;
    this.#sounds = structuredClone(saved.sounds);
    for (const [channel, way] of saved.channels) this.#channels.set(channel, way);
    this.#delays.load(saved.delays);
    this.#pending = [...(saved.pending ?? [])];
    if (saved.counts !== undefined) this.#counts = saved.counts;
  }

  #open(cue: HeardCue, way: ChannelWay, now: UnixMicros): FusedCue[] {
    if (cue.score < traitsOf(way).opensAt) {
      this.#counts = { ...this.#counts, unsure: this.#counts.unsure + 1 };
      return [];
    }
    const sound: Sound = {
      cueId: cue.cueId,
      kind: cue.kind,
      firstReported: cue.reported,
      hearings: [{ cue, way }],
      onset: cue.onset,
      sdSec: cue.onsetSdSec,
      reference: "microphone",
      tellings: 0,
      told: "",
      isDone: false,
    };
    this.#sounds.push(sound);
    if (this.#sounds.length > KEPT_SOUNDS) this.#sounds.shift();
    return this.#refine(sound, now);
  }

  /** The sound that this is another channel's hearing of: the nearest that its channel has not heard. */
  #soundOf(cue: HeardCue, way: ChannelWay): Sound | null {
    const at = this.sourceTime(cue);
    let nearest: Sound | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (const sound of this.#sounds) {
      if (sound.kind !== cue.kind || sound.hearings.some((one) => one.cue.channel === cue.channel)) continue;
      const after = secondsBetween(sound.onset, at);
      if (!this.#isInReach(after, cue.channel, way, sound) || Math.abs(after) >= least) continue;
      nearest = sound;
      least = Math.abs(after);
    }
    return nearest;
  }

  #isInReach(afterSec: number, channel: string, way: ChannelWay, sound: Sound): boolean {
    const reach = this.#measured(channel) === null ? SAME_SOUND_SEC : MEASURED_SEC;
    if (afterSec >= -reach && afterSec <= Math.max(reach, HEARD_AFTER_SEC)) return true;
    const wasLate = sound.hearings.every((one) => this.#isUnmeasured(one.cue.channel, one.way));
    if (wasLate && !this.#isUnmeasured(channel, way)) return afterSec < 0 && afterSec > -UNMEASURED_SEC;
    return this.#isUnmeasured(channel, way) && !wasLate && afterSec > 0 && afterSec < UNMEASURED_SEC;
  }

  #isUnmeasured(channel: string, way: ChannelWay): boolean {
    return mayBeLate(way) && this.#measured(channel) === null;
  }

  #refine(sound: Sound, now: UnixMicros): FusedCue[] {
    if (sound.isDone) return [];
    const time = combine(sound.hearings, sound.kind === "whistle" ? this.#field : null, (channel) =>
      this.#delays.of(channel),
    );
    const isDue = hasEnded(sound) && (this.#channels.size < 2 || this.#dueOf(sound) <= now);
    const moved = Math.abs(secondsBetween(sound.onset, time.onset)) > MOVED_SEC || time.sdSec < 0.5 * sound.sdSec;
    if (moved || isDue || sound.tellings === 0) {
      sound.onset = time.onset;
      sound.sdSec = time.sdSec;
      sound.reference = time.reference;
    }
    if (isDue) return this.#tell(sound, true);
    return sound.tellings < MOST_TELLINGS ? this.#tell(sound, false) : [];
  }

  #tell(sound: Sound, isFinal: boolean): FusedCue[] {
    const fused = this.#fusedOf(sound, isFinal);
    const told = JSON.stringify([fused.cue.onset, fused.cue.score, fused.cue.flags, fused.cue.primed, isFinal]);
    if (told === sound.told) return [];
    sound.told = told;
    sound.tellings += 1;
    sound.isDone = isFinal;
    return [fused];
  }

  #fusedOf(sound: Sound, isFinal: boolean): FusedCue {
    const { hearings, reference } = sound;
    const speaker = (hearings.find((one) => one.cue.cueId === sound.cueId) ?? hearings[0])?.cue as HeardCue;
    const ended = speaker.end === null ? hearings.find((one) => one.cue.end !== null)?.cue : speaker;
    const lengthSec = ended?.end == null ? 0 : secondsBetween(ended.onset, ended.end);
    const { primed: _primed, backgroundPerHour, replayOf: _replayOf, ...said } = speaker;
    const original = this.#originalOf(hearings);
    const isPrimed = hearings.every((one) => one.cue.primed === true);
    const cue: HeardCue = {
      ...said,
      cueId: sound.cueId,
      onset: sound.onset,
      onsetSdSec: sound.sdSec,
      end: isFinal ? addSeconds(sound.onset, lengthSec) : null,
      // Channels hear the same sound: two that take a bird for a whistle are no more right than one.
      score: Math.max(...hearings.map((one) => one.cue.score)),
      count: Math.max(...hearings.map((one) => one.cue.count)),
      isFinal,
      flags: [...new Set(hearings.flatMap((one) => one.cue.flags ?? []))].sort(),
      ...(original === null ? {} : { replayOf: original }),
      ...(isPrimed ? { primed: true } : {}),
      ...(isPrimed && backgroundPerHour !== undefined ? { backgroundPerHour } : {}),
    };
    return { cue, reference, channels: hearings.map((one) => one.cue.channel), speaker: speaker.cueId };
  }

  /** The sound that this one repeats, by the name it was told under. */
  #originalOf(hearings: readonly Hearing[]): string | null {
    const repeated = hearings.map((one) => one.cue.replayOf).find((id) => id !== undefined);
    if (repeated === undefined) return null;
    const sound = this.#sounds.find((one) => one.hearings.some(({ cue }) => cue.cueId === repeated));
    return sound?.cueId ?? repeated;
  }

  /** When the sound may be told as final; never for one that is, or whose end is not known. */
  #dueOf(sound: Sound): number {
    if (sound.isDone || !hasEnded(sound)) return Number.POSITIVE_INFINITY;
    return addSeconds(sound.firstReported, SETTLE_SEC);
  }

  /** Whistles come from the field; where roars, horns and beeps come from nobody knows. */
  #timeOf(kind: string, hearings: readonly Hearing[]): SoundTime {
    return combine(hearings, kind === "whistle" ? this.#field : null, (channel) => this.#measured(channel));
  }

  #learnDue(now: UnixMicros): void {
    const isDue = (cue: HeardCue) => secondsBetween(cue.reported, now) >= LEARN_AFTER_SEC;
    if (!this.#pending.some(isDue)) return;
    const due = this.#pending.filter(isDue);
    this.#pending = this.#pending.filter((cue) => !isDue(cue));
    for (const cue of due) this.#learn(cue);
  }

  /** How late the channel is against sounds that were heard where the delay is known, or is taken to be none. */
  #learn(cue: HeardCue): void {
    const isAnyKnown = this.#isAnyKnown();
    const isReference = ({ cue: heard, way }: Hearing) =>
      heard.channel !== cue.channel && (isAnyKnown ? way.isDelayKnown : !mayBeLate(way));
    const differences: number[] = [];
    for (const { kind, hearings } of this.#sounds) {
      const references = kind === cue.kind ? hearings.filter(isReference) : [];
      if (references.length === 0) continue;
      const sec = secondsBetween(this.#timeOf(kind, references).onset, cue.onset);
      if (sec >= EARLIEST_SEC && sec <= LATEST_SEC) differences.push(sec);
    }
    this.#delays.learn(cue.channel, differences);
  }

  #isAnyKnown(): boolean {
    return [...this.#channels.values()].some((way) => way.isDelayKnown);
  }

  /** The delay of a channel where it was measured and means one: between microphones that all have none, small differences are travel. */
  #measured(channel: string): PathDelay | null {
    const way = this.#channels.get(channel);
    const delay = this.#delays.of(channel);
    if (way === undefined || delay === null || way.isDelayKnown) return null;
    return mayBeLate(way) || this.#isAnyKnown() || delay.sec >= LEAST_DELAY_SEC ? delay : null;
  }
}

function hasEnded(sound: Sound): boolean {
  return sound.hearings.some((one) => one.cue.isFinal);
}
