import type { EventRevision } from "../event-revision.js";
import { addSeconds, isTime, MICROS_PER_SECOND, parseRfc3339, secondsBetween, type UnixMicros } from "../time.js";
import { parseFrameRate } from "./frame-rate.js";
import {
  GeneratorClock,
  type GeneratorForm,
  type GeneratorPair,
  type GeneratorState,
  type SavedGenerator,
} from "./generator-clock.js";
import { type MediaStamp, mediaMoveSec, mediaStamps } from "./media.js";
import { framesPerDay, microsOfFrames, parseTimecode } from "./timecode.js";

/** What is told of one generator. */
export interface GeneratorReport extends GeneratorState {
  /** `feed/form`: one feed may have several clocks. */
  readonly generator: string;
  readonly feed: string;
  readonly form: GeneratorForm;
}

export const GENERATORS_SNAPSHOT_VERSION = 1;

/** Feeds of one venue, each in up to three forms; the one not seen for longest goes first. */
const MAX_GENERATORS = 64;
/** A told generator is told again after this, while stamps come. */
const TELL_EVERY_SEC = 180;
const MOVED_SEC = 0.25;
const MOVED_SDS = 2;
/** Of a press. Its event's interval bounds it from above, for most of that is the lag, which the stamp shares; the split from below. */
const LEAST_SD_SEC = 0.2;
const MOST_SD_SEC = 0.5;
const SDS_OF_95 = 1.96;

interface Told {
  readonly report: GeneratorReport;
  readonly toldAt: UnixMicros;
}

interface Saved {
  readonly clocks: readonly (readonly [string, string, GeneratorForm, SavedGenerator])[];
  readonly told: readonly (readonly [string, Told])[];
}

/**
 * The clocks of a session's video feeds, each estimated like a logger's: every corrected event whose record carries a feed's stamp
 * says what the feed showed at a known time. Pure; never throws on bad input.
 */
export class GeneratorDesk {
  #clocks = new Map<string, { feed: string; form: GeneratorForm; clock: GeneratorClock }>();
  #told = new Map<string, Told>();

  /** Reports of the generators of which a revision says something that matters. */
  push(revision: EventRevision, now: UnixMicros): GeneratorReport[] {
    if (!isTime(now)) return [];
    const pairs = pairsOf(revision);
    const reports: GeneratorReport[] = [];
    for (const { feed, form, pair } of pairs) {
      const generator = `${feed}/${form}`;
      const { clock } = this.#clocks.get(generator) ?? this.#add(generator, feed, form);
      if (clock.push(pair)) reports.push(...this.#tell(generator, now));
    }
    const named = new Set(pairs.map(({ feed, form }) => `${feed}/${form}`));
    for (const [generator, { clock }] of this.#clocks) {
      if (!named.has(generator) && clock.remove(revision.eventId)) reports.push(...this.#tell(generator, now));
    }
    return reports;
  }

  /** Of each generator, what was told last. */
  reports(): GeneratorReport[] {
    return [...this.#told.values()].map(({ report }) => report);
  }

  snapshot(): { version: number; body: string } {
    const saved: Saved = {
      clocks: [...this.#clocks].map(([name, { feed, form, clock }]) => [name, feed, form, clock.snapshot()]),
      told: [...this.#told],
    };
    return { version: GENERATORS_SNAPSHOT_VERSION, body: JSON.stringify(saved) };
  }

  /** False when it is of another version or damaged: then nothing has changed. */
  restore(snapshot: { readonly version: number; readonly body: string }): boolean {
    const saved = snapshot.version === GENERATORS_SNAPSHOT_VERSION ? parse(snapshot.body) : null;
    if (saved === null) return false;
    this.#clocks = new Map(
      saved.clocks.map(([name, feed, form, state]) => {
        const clock = new GeneratorClock();
        clock.restore(state);
        return [name, { feed, form, clock }];
      }),
    );
    this.#told = new Map(saved.told);
    return true;
  }

  #add(generator: string, feed: string, form: GeneratorForm) {
    if (this.#clocks.size >= MAX_GENERATORS) {
      const [oldest] = [...this.#clocks].sort(([, a], [, b]) => a.clock.lastAt - b.clock.lastAt);
      this.#clocks.delete(oldest?.[0] ?? "");
      this.#told.delete(oldest?.[0] ?? "");
    }
    const made = { feed, form, clock: new GeneratorClock() };
    this.#clocks.set(generator, made);
    return made;
  }

  #tell(generator: string, now: UnixMicros): GeneratorReport[] {
    const known = this.#clocks.get(generator);
    const state = known?.clock.state() ?? null;
    if (known === undefined || state === null) return [];
    const report: GeneratorReport = { generator, feed: known.feed, form: known.form, ...state };
    const before = this.#told.get(generator);
    if (before !== undefined && !isDue(before, now) && !isNews(before.report, report)) return [];
    this.#told.set(generator, { report, toldAt: now });
    return [report];
  }
}

function isDue({ toldAt }: Told, now: UnixMicros): boolean {
  return now < toldAt || now >= addSeconds(toldAt, TELL_EVERY_SEC);
}

/** Against what the report before said would be shown now. */
function isNews(before: GeneratorReport, next: GeneratorReport): boolean {
  const expected = before.offsetSec + (before.driftPpm / 1e6) * secondsBetween(before.at, next.at);
  const moved = Math.abs(next.offsetSec - expected);
  return (
    before.segment !== next.segment ||
    before.diagnosis !== next.diagnosis ||
    before.likelyRate !== next.likelyRate ||
    moved > Math.max(MOVED_SEC, MOVED_SDS * before.offsetSdSec)
  );
}

/** An event without a lock, in conflict or taken back says nothing of any clock. */
function pairsOf(revision: EventRevision): { feed: string; form: GeneratorForm; pair: GeneratorPair }[] {
  const { eventId, anchor, state, flags, corrected } = revision;
  const move = mediaMoveSec(revision);
  const at = addSeconds(corrected.time, -move);
  if (anchor === "none" || state === "retracted" || flags.includes("conflict") || !isTime(at)) return [];
  const common = { id: eventId, at, sdSec: sdOf(corrected) };
  return mediaStamps(revision).flatMap((stamp) =>
    readingsOf(stamp).map(({ form, ...shown }) => ({ feed: stamp.feed, form, pair: { ...common, ...shown } })),
  );
}

function sdOf({ intervals }: EventRevision["corrected"]): number {
  const wide = intervals.find(({ p }) => p === 0.95);
  const sd = wide === undefined ? MOST_SD_SEC : secondsBetween(wide.lo, wide.hi) / (2 * SDS_OF_95);
  return Math.min(MOST_SD_SEC, Math.max(LEAST_SD_SEC, Number.isFinite(sd) ? sd : MOST_SD_SEC));
}

type Reading = Pick<GeneratorPair, "shownSec" | "daySec" | "rate"> & { readonly form: GeneratorForm };

function readingsOf({ timecode, rate, pts, programDateTime }: MediaStamp): Reading[] {
  const readings: Reading[] = [];
  const known = rate === null ? null : parseFrameRate(rate);
  const read = known === null || timecode === null ? null : parseTimecode(timecode.trim(), known);
  if (read !== null && known !== null) {
    readings.push({
      form: "timecode",
      shownSec: microsOfFrames(read.frame, known) / MICROS_PER_SECOND,
      daySec: microsOfFrames(framesPerDay(read.format), known) / MICROS_PER_SECOND,
      rate: known,
    });
  }
  const plain = { daySec: null, rate: null };
  if (pts !== null) readings.push({ form: "pts", shownSec: pts, ...plain });
  const shown = programDateTime === null ? null : parseRfc3339(programDateTime.trim());
  if (shown !== null) readings.push({ form: "programDateTime", shownSec: shown / MICROS_PER_SECOND, ...plain });
  return readings;
}

function parse(body: string): Saved | null {
  try {
    const saved = JSON.parse(body) as Partial<Saved> | null;
    return Array.isArray(saved?.clocks) && Array.isArray(saved.told) ? (saved as Saved) : null;
  } catch {
    return null; // Damaged: the caller starts fresh.
  }
}
