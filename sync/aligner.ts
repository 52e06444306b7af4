import type { AlignerOptions, AlignerSnapshot, AlignerStatus, AlignInput } from "./align-input.js";
import { type CueTable, tableOfCues } from "./cue-table.js";
import { CONFIRMED_P, toldOf, toldUnlocked } from "./event-estimate.js";
import type { EventRevision, Reason } from "./event-revision.js";
import type { HeardCue } from "./heard-cue.js";
import type { LoggedEvent } from "./logged-event.js";
import { type ClockReadings, type Reading, readClocks, type SolverEvent } from "./logger-clocks.js";
import { LoggerFit, solveLogger } from "./logger-solver.js";
import { type LoggerState, NEW_LOGGER } from "./logger-state.js";
import { groupOccurrences } from "./occurrences.js";
import { addSeconds, MICROS_PER_SECOND, type UnixMicros } from "./time.js";
import { isNews, revisionOf, type Told, type TrackedEvent } from "./tracked-event.js";

/** A solve follows a record by this much, so that the corrected revision leaves within a second of its arrival. */
const SOLVE_AFTER_SEC = 0.85;
/** A cue may concern a record that is already there; it is worked in after this. */
const SOLVE_AFTER_CUE_SEC = 0.5;
/** An open event becomes final this long after its arrival, a confirmed one this long after it was confirmed. */
const FINAL_AFTER_SEC = 1800;
const CONFIRMED_FINAL_AFTER_SEC = 300;
/** Bounds of one solve: records of a logger taken in, events judged anew. */
const SOLVE_RECORDS = 400;
const REFRESH_EVENTS = 300;
const FIRST_GLANCE_RECORDS = 60;
/** Calibration and association in turn: a live solve goes on from the last one, the last one has time. */
const ROUNDS = 2;
const END_ROUNDS = 4;
/** A stamp this far from its arrival is no stamp: a wrong day, a clock that was never set. */
const IMPOSSIBLE_SEC = 86_400;
const SNAPSHOT_VERSION = 2;

/** Per logger: what was solved, and where its clock's seconds are counted from. */
interface LoggerEntry {
  state: LoggerState;
  stampOrigin: UnixMicros | null;
}

interface Counters {
  duplicates: number;
  shed: number;
  rejected: number;
  solves: number;
}

/**
 * Puts the true time on logged events.
 *
 * 1. A record is told at once with the best estimate of that moment (the last calibration, the cues heard so far).
 * 2. At the next tick its logger is solved anew: offset scan, calibration and association in turn.
 * 3. What moved by more than 0.15 s, or changed its state, is told again; confident links are held.
 * 4. Each event becomes final at its `finalBy`; then only an operator moves it.
 *
 * Pure and deterministic: the state is all in `snapshot()`, time comes in by `now`.
 */
export class Aligner {
  readonly #options: AlignerOptions;
  readonly #maxEvents: number;
  readonly #maxCues: number;
  readonly #scanRangeSec: number;
  #events = new Map<string, TrackedEvent>();
  #cues = new Map<string, HeardCue>();
  #loggers = new Map<string, LoggerEntry>();
  /** Revisions of events no longer kept, so that their count never starts anew; and versions deleted before they came. */
  #past = new Map<string, { revision: number; version: number | null; isDeleted: boolean }>();
  #rejectedCues = new Set<string>();
  #origin: UnixMicros | null = null;
  #now = Number.NEGATIVE_INFINITY as UnixMicros;
  #solveAt: UnixMicros | null = null;
  #nextFinal: UnixMicros | null = null;
  #nextOrder = 0;
  #refreshFrom = 0;
  #isEnded = false;
  #counters: Counters = { duplicates: 0, shed: 0, rejected: 0, solves: 0 };
  #table: CueTable | null = null;
  #fits = new Map<string, LoggerFit>();

  constructor(options: AlignerOptions) {
    this.#options = options;
    this.#maxEvents = Math.max(1, options.maxEvents ?? 5000);
    this.#maxCues = Math.max(1, options.maxCues ?? 2000);
    this.#scanRangeSec = options.scanRangeSec ?? 300;
  }

  /** Works one input in and returns the revisions it led to. Never throws; a `now` that goes back is taken as the last one. */
  push(input: AlignInput, now: UnixMicros): EventRevision[] {
    if (isTime(now)) this.#now = Math.max(this.#now, now) as UnixMicros;
    if (!Number.isFinite(this.#now)) return this.#refuse();
    this.#origin ??= this.#now;
    switch (input.type) {
      case "logged":
        return this.#takeLogged(withUsableTimes(input.event));
      case "cue":
        return this.#takeCue(input.cue);
      case "tick":
        return this.#takeTick();
      case "control":
        return this.#takeControl(input);
      case "rejectCue":
        return this.#takeRejectedCue(input.cueId);
      case "end":
        return this.#takeEnd();
      default:
        return this.#refuse();
    }
  }

  /** When the next `tick` is needed; `null`: not before the next input. */
  nextDue(): UnixMicros | null {
    if (this.#solveAt === null) return this.#nextFinal;
    return this.#nextFinal === null ? this.#solveAt : (Math.min(this.#solveAt, this.#nextFinal) as UnixMicros);
  }

  #refuse(): EventRevision[] {
    this.#counters.rejected++;
    return [];
  }

  #takeLogged(logged: LoggedEvent): EventRevision[] {
    const known = this.#events.get(logged.eventId);
    if (known !== undefined) return this.#takeEdit(known, logged);
    const past = this.#past.get(logged.eventId);
    if (past !== undefined && isOlder(logged.version, past.version)) return this.#countDuplicate();
    if (logged.op === "delete") {
      if (past === undefined || past.isDeleted) return this.#rememberDelete(logged, past?.revision ?? 0);
    }
    const tracked = this.#track(logged, past?.revision ?? 0);
    if (logged.op === "delete") return [this.#retract(tracked, "deleted")];
    const shed = this.#shedSurplus();
    return [...shed, this.#tell(tracked, this.#firstGlance(tracked), this.#isEnded)];
  }

  #track(logged: LoggedEvent, revision: number): TrackedEvent {
    const tracked: TrackedEvent = {
      logged,
      stamp: this.#usableStamp(logged),
      order: this.#nextOrder++,
      arrivedAt: this.#now,
      revision,
      status: "open",
      isWaiting: true,
      frozenCue: null,
      pin: null,
      finalBy: addSeconds(this.#now, FINAL_AFTER_SEC),
      occurrenceId: logged.occurrence ?? logged.eventId,
      sources: [],
      told: null,
    };
    this.#events.set(logged.eventId, tracked);
    this.#past.delete(logged.eventId);
    this.#scheduleSolve(SOLVE_AFTER_SEC);
    this.#scheduleFinal(tracked.finalBy);
    return tracked;
  }

  /** A stamp that cannot be one is set aside, so that it neither moves the search nor overflows a date. */
  #usableStamp(logged: LoggedEvent): UnixMicros | null {
    const { stamp, arrival } = logged;
    if (stamp === null || arrival === null) return stamp;
    return Math.abs(stamp - arrival) > IMPOSSIBLE_SEC * MICROS_PER_SECOND ? null : stamp;
  }

  #takeEdit(tracked: TrackedEvent, logged: LoggedEvent): EventRevision[] {
    const isGone = tracked.status === "retracted";
    if (isOlder(logged.version, tracked.logged.version)) return this.#countDuplicate();
    if (logged.op === "delete") {
      if (isGone) return this.#countDuplicate();
      tracked.logged = { ...logged, input: tracked.logged.input, class: tracked.logged.class };
      return [this.#retract(tracked, "deleted")];
    }
    if (!isGone && isSameRecord(tracked.logged, logged)) return this.#countDuplicate();
    if (isGone && logged.version !== null && logged.version === tracked.logged.version) return this.#countDuplicate();
    return [this.#applyEdit(tracked, logged, isGone)];
  }

  #applyEdit(tracked: TrackedEvent, logged: LoggedEvent, isGone: boolean): EventRevision {
    const isMoved =
      tracked.logged.stamp !== logged.stamp ||
      tracked.logged.class !== logged.class ||
      tracked.logged.period !== logged.period;
    const arrival = tracked.logged.arrival ?? logged.arrival;
    tracked.logged = { ...logged, arrival: isMoved && tracked.logged.stamp !== logged.stamp ? null : arrival };
    const wasFinal = tracked.status === "final";
    if (wasFinal && tracked.told !== null) {
      const reason: Reason = { code: "editedAfterFinal", params: {} };
      return this.#tell(tracked, { ...tracked.told, reason }, true);
    }
    tracked.stamp = this.#usableStamp(logged);
    tracked.status = "open";
    if (isGone) tracked.finalBy = addSeconds(this.#now, FINAL_AFTER_SEC);
    if (isMoved || isGone) {
      tracked.frozenCue = null;
      tracked.isWaiting = true;
      this.#scheduleSolve(SOLVE_AFTER_SEC);
      this.#scheduleFinal(tracked.finalBy);
    }
    return this.#tell(tracked, this.#firstGlance(tracked), this.#isEnded);
  }

  #countDuplicate(): EventRevision[] {
    this.#counters.duplicates++;
    return [];
  }

  #rememberDelete(logged: LoggedEvent, revision: number): EventRevision[] {
    this.#rememberPast(logged.eventId, { revision, version: logged.version, isDeleted: true });
    return [];
  }

  #rememberPast(eventId: string, past: { revision: number; version: number | null; isDeleted: boolean }): void {
    this.#past.delete(eventId);
    this.#past.set(eventId, past);
    if (this.#past.size > this.#maxEvents * 2) this.#past.delete(this.#past.keys().next().value ?? "");
  }

  #retract(tracked: TrackedEvent, code: string): EventRevision {
    tracked.status = "retracted";
    tracked.isWaiting = false;
    tracked.frozenCue = null;
    const base = tracked.told ?? toldUnlocked(tracked, this.#scanRangeSec);
    this.#scheduleSolve(SOLVE_AFTER_SEC);
    return this.#emit(tracked, { ...base, state: "retracted", cues: [], linkP: 0, reason: { code, params: {} } });
  }

  #takeCue(cue: HeardCue): EventRevision[] {
    if (this.#rejectedCues.has(cue.cueId)) return [];
    if (!isTime(cue.onset) || !(cue.onsetSdSec >= 0) || !Number.isFinite(cue.onsetSdSec)) return this.#refuse();
    if (!Number.isFinite(cue.score) || !Number.isFinite(cue.count)) return this.#refuse();
    const before = this.#cues.get(cue.cueId);
    this.#cues.set(cue.cueId, cue);
    if (this.#cues.size > this.#maxCues) this.#cues.delete(this.#cues.keys().next().value ?? "");
    const isSame =
      before !== undefined &&
      before.onset === cue.onset &&
      before.score === cue.score &&
      before.count === cue.count &&
      before.kind === cue.kind;
    if (isSame) return [];
    this.#table = null;
    if (this.#hasOpenNear()) this.#scheduleSolve(SOLVE_AFTER_CUE_SEC);
    return [];
  }

  /** Whether a record young enough to be the cue's is still open. */
  #hasOpenNear(): boolean {
    let seen = 0;
    for (const tracked of [...this.#events.values()].slice(-20)) {
      if (tracked.status === "open" && this.#now - tracked.arrivedAt < 120 * MICROS_PER_SECOND) seen++;
    }
    return seen > 0;
  }

  #takeTick(): EventRevision[] {
    const told: EventRevision[] = [];
    if (this.#solveAt !== null && this.#solveAt <= this.#now) told.push(...this.#solve(ROUNDS));
    if (this.#nextFinal !== null && this.#nextFinal <= this.#now) told.push(...this.#finaliseDue());
    return told;
  }

  #takeEnd(): EventRevision[] {
    this.#solve(END_ROUNDS, true);
    this.#isEnded = true;
    const told: EventRevision[] = [];
    for (const tracked of this.#events.values()) {
      if (tracked.status !== "open") continue;
      told.push(this.#tell(tracked, tracked.told ?? toldUnlocked(tracked, this.#scanRangeSec), true));
    }
    this.#solveAt = null;
    this.#nextFinal = null;
    return told;
  }

  #takeControl(input: Extract<AlignInput, { type: "control" }>): EventRevision[] {
    const tracked = this.#events.get(input.eventId);
    if (tracked === undefined || tracked.status === "retracted") return this.#refuse();
    if (input.op === "pin" && (input.time === null || !isTime(input.time))) return this.#refuse();
    tracked.pin = input.op === "pin" && input.time !== null ? { time: input.time, by: input.by } : null;
    this.#scheduleSolve(SOLVE_AFTER_CUE_SEC);
    const told = this.#firstGlance(tracked);
    const reason: Reason = { code: input.op === "pin" ? "pinned" : "released", params: { by: input.by } };
    return [this.#tell(tracked, { ...told, reason }, tracked.status === "final")];
  }

  #takeRejectedCue(cueId: string): EventRevision[] {
    this.#rejectedCues.add(cueId);
    if (this.#rejectedCues.size > this.#maxCues) this.#rejectedCues.delete([...this.#rejectedCues][0] ?? "");
    if (!this.#cues.delete(cueId)) return [];
    this.#table = null;
    const told: EventRevision[] = [];
    for (const tracked of this.#events.values()) {
      if (tracked.status === "retracted" || tracked.told?.cues.includes(cueId) !== true) continue;
      tracked.frozenCue = null;
      const reason: Reason = { code: "cueRejected", params: { cueId } };
      told.push(this.#tell(tracked, { ...this.#firstGlance(tracked), reason }, tracked.status === "final"));
    }
    this.#scheduleSolve(SOLVE_AFTER_CUE_SEC);
    return told;
  }

  #scheduleSolve(afterSec: number): void {
    const at = addSeconds(this.#now, afterSec);
    if (this.#solveAt === null || at < this.#solveAt) this.#solveAt = at;
  }

  #scheduleFinal(at: UnixMicros): void {
    if (this.#options.finalise === false) return;
    if (this.#nextFinal === null || at < this.#nextFinal) this.#nextFinal = at;
  }

  /** Best estimate of one record with what was solved before it came. */
  #firstGlance(tracked: TrackedEvent): Told {
    const entry = this.#loggerOf(tracked);
    if (entry.state.lock === 0) return toldUnlocked(tracked, this.#scanRangeSec);
    const logger = tracked.logged.logger;
    const mates = this.#recordsOf(logger, FIRST_GLANCE_RECORDS);
    const clocks = this.#read(mates.includes(tracked) ? mates : [...mates, tracked], entry);
    const reading = clocks.readings.find((candidate) => candidate.event.eventId === tracked.logged.eventId);
    if (reading === undefined) return toldUnlocked(tracked, this.#scanRangeSec);
    return this.#estimate(tracked, reading, this.#fitOf(logger, entry), entry);
  }

  #estimate(tracked: TrackedEvent, reading: Reading, fit: LoggerFit, entry: LoggerEntry): Told {
    const origin = this.#origin ?? this.#now;
    const claimed = this.#claimsOf(tracked);
    const outcome = fit.outcomeOf(reading, this.#cueTable(), claimed);
    const clockShift = (this.#stampOrigin(entry) - origin) / MICROS_PER_SECOND;
    return toldOf(tracked, outcome, origin, this.#options.utcUncertaintySec, {
      logger: tracked.logged.logger,
      offsetSec: Math.round((outcome.offsetSec + clockShift) * 1e4) / 1e4,
      driftPpm: Math.round(fit.driftPpm * 100) / 100,
      version: entry.state.version,
      persona: entry.state.persona,
    });
  }

  /** Cues that other records of the same logger hold. */
  #claimsOf(tracked: TrackedEvent): Map<string, number> {
    const claimed = new Map<string, number>();
    for (const other of this.#recordsOf(tracked.logged.logger, FIRST_GLANCE_RECORDS)) {
      const cueId = other.told?.cues[0];
      if (other === tracked || cueId === undefined || other.told === null) continue;
      claimed.set(cueId, Math.max(claimed.get(cueId) ?? 0, other.told.linkP));
    }
    return claimed;
  }

  #recordsOf(logger: string, limit: number): TrackedEvent[] {
    const found: TrackedEvent[] = [];
    const all = [...this.#events.values()];
    for (let index = all.length - 1; index >= 0 && found.length < limit; index--) {
      const tracked = all[index];
      if (tracked?.logged.logger === logger && tracked.status !== "retracted") found.push(tracked);
    }
    return found.reverse();
  }

  #loggerOf(tracked: TrackedEvent): LoggerEntry {
    const { logger } = tracked.logged;
    let entry = this.#loggers.get(logger);
    if (entry === undefined) {
      const persona = this.#options.personas?.[logger];
      entry = { state: persona === undefined ? NEW_LOGGER : { ...NEW_LOGGER, persona }, stampOrigin: null };
      this.#loggers.set(logger, entry);
    }
    entry.stampOrigin ??= tracked.stamp;
    return entry;
  }

  #stampOrigin(entry: LoggerEntry): UnixMicros {
    return entry.stampOrigin ?? this.#origin ?? this.#now;
  }

  #fitOf(logger: string, entry: LoggerEntry): LoggerFit {
    let fit = this.#fits.get(logger);
    if (fit === undefined) {
      fit = LoggerFit.fromState(entry.state, this.#options.profile);
      this.#fits.set(logger, fit);
    }
    return fit;
  }

  #cueTable(): CueTable {
    this.#table ??= tableOfCues(this.#cues.values(), this.#origin ?? this.#now);
    return this.#table;
  }

  #read(records: readonly TrackedEvent[], entry: LoggerEntry): ClockReadings {
    const origin = this.#origin ?? this.#now;
    const stampOrigin = this.#stampOrigin(entry);
    return readClocks(records.map((tracked) => this.#toSolverEvent(tracked, origin, stampOrigin)));
  }

  #toSolverEvent(tracked: TrackedEvent, origin: UnixMicros, stampOrigin: UnixMicros): SolverEvent {
    const { logged } = tracked;
    const arrival = logged.arrival;
    return {
      eventId: logged.eventId,
      class: logged.class,
      period: logged.period ?? "",
      profile: ownProperty(this.#options.profile.classes, logged.class),
      stamp: tracked.stamp === null ? null : (tracked.stamp - stampOrigin) / MICROS_PER_SECOND,
      arrival: arrival === null ? null : (arrival - origin) / MICROS_PER_SECOND,
      resolutionSec: logged.resolutionSec,
      frozenCue: tracked.frozenCue,
      pinned: tracked.pin === null ? null : (tracked.pin.time - origin) / MICROS_PER_SECOND,
    };
  }

  /** Solves each logger that has open records and tells what changed; at the end all records, untold: each is told once, final. */
  #solve(rounds: number, isEnd = false): EventRevision[] {
    this.#solveAt = null;
    this.#counters.solves++;
    const told: EventRevision[] = [];
    for (const [logger, entry] of this.#loggers) {
      const records = this.#recordsOf(logger, isEnd ? this.#maxEvents : SOLVE_RECORDS);
      if (!records.some((tracked) => tracked.status === "open")) continue;
      const clocks = this.#read(records, entry);
      const shift = (this.#stampOrigin(entry) - (this.#origin ?? this.#now)) / MICROS_PER_SECOND;
      const { state, fit } = solveLogger(entry.state, clocks, this.#cueTable(), {
        profile: this.#options.profile,
        scanFrom: -this.#scanRangeSec - shift,
        scanTo: this.#scanRangeSec - shift,
        rounds,
      });
      entry.state = state;
      this.#fits.delete(logger);
      told.push(...this.#tellSolved(records, clocks, entry, fit, isEnd));
    }
    if (this.#loggers.size > 1) told.push(...this.#joinOccurrences(isEnd));
    return told;
  }

  #tellSolved(
    records: readonly TrackedEvent[],
    clocks: ClockReadings,
    entry: LoggerEntry,
    fit: LoggerFit | null,
    isEnd: boolean,
  ): EventRevision[] {
    const readings = new Map(clocks.readings.map((reading) => [reading.event.eventId, reading]));
    const told: EventRevision[] = [];
    for (const tracked of this.#chosenForRefresh(records, isEnd)) {
      const reading = readings.get(tracked.logged.eventId);
      tracked.isWaiting = false;
      const next =
        fit === null || reading === undefined
          ? toldUnlocked(tracked, this.#scanRangeSec)
          : this.#estimate(tracked, reading, fit, entry);
      if (!isEnd && isNews(tracked.told, next)) told.push(this.#tell(tracked, next, false));
      else tracked.told = next;
    }
    return told;
  }

  /** New records first; of the others as many as the bound allows, in turn. */
  #chosenForRefresh(records: readonly TrackedEvent[], isEnd: boolean): TrackedEvent[] {
    const open = records.filter((tracked) => tracked.status === "open");
    if (isEnd || open.length <= REFRESH_EVENTS) return open;
    const waiting = open.filter((tracked) => tracked.isWaiting);
    const others = open.filter((tracked) => !tracked.isWaiting);
    const room = Math.max(20, REFRESH_EVENTS - waiting.length);
    const from = others.length === 0 ? 0 : this.#refreshFrom % others.length;
    this.#refreshFrom = from + room;
    return [...waiting, ...others.slice(from, from + room)];
  }

  #joinOccurrences(isEnd: boolean): EventRevision[] {
    const told: EventRevision[] = [];
    for (const change of groupOccurrences([...this.#events.values()].slice(-SOLVE_RECORDS))) {
      const { tracked } = change;
      tracked.occurrenceId = change.occurrenceId;
      tracked.sources = change.sources;
      if (!isEnd && tracked.told !== null && tracked.status === "open") told.push(this.#emit(tracked, tracked.told));
    }
    return told;
  }

  #tell(tracked: TrackedEvent, next: Told, isFinal: boolean): EventRevision {
    if (next.state === "confirmed" && next.cues[0] !== undefined && next.linkP > CONFIRMED_P) {
      tracked.frozenCue = next.cues[0];
      const sooner = addSeconds(this.#now, CONFIRMED_FINAL_AFTER_SEC);
      if (sooner < tracked.finalBy) {
        tracked.finalBy = sooner;
        this.#scheduleFinal(sooner);
      }
    } else if (next.linkP < CONFIRMED_P) {
      tracked.frozenCue = null;
    }
    if (isFinal) {
      tracked.status = "final";
      tracked.isWaiting = false;
      if (tracked.finalBy > this.#now) tracked.finalBy = this.#now;
    }
    return this.#emit(tracked, isFinal ? { ...next, state: "final" } : next);
  }

  #emit(tracked: TrackedEvent, told: Told): EventRevision {
    tracked.told = told;
    tracked.revision++;
    return revisionOf(tracked, told, this.#options.session, this.#options.utcUncertaintySec);
  }

  #finaliseDue(): EventRevision[] {
    const told: EventRevision[] = [];
    let next: number = Number.POSITIVE_INFINITY;
    for (const tracked of this.#events.values()) {
      if (tracked.status !== "open") continue;
      if (tracked.finalBy <= this.#now) {
        told.push(this.#tell(tracked, tracked.told ?? toldUnlocked(tracked, this.#scanRangeSec), true));
      } else next = Math.min(next, tracked.finalBy);
    }
    this.#nextFinal = Number.isFinite(next) ? (next as UnixMicros) : null;
    return told;
  }

  /** Over the bound the oldest event that is done goes; when none is done, the oldest is made final first. */
  #shedSurplus(): EventRevision[] {
    const told: EventRevision[] = [];
    while (this.#events.size > this.#maxEvents) {
      let victim: TrackedEvent | undefined;
      for (const tracked of this.#events.values()) {
        victim ??= tracked;
        if (tracked.status !== "open") {
          victim = tracked;
          break;
        }
      }
      if (victim === undefined) break;
      if (victim.status === "open") {
        const base = victim.told ?? toldUnlocked(victim, this.#scanRangeSec);
        told.push(this.#tell(victim, { ...base, reason: { code: "overload", params: {} } }, true));
        this.#counters.shed++;
      }
      this.#events.delete(victim.logged.eventId);
      const isDeleted = victim.status === "retracted";
      this.#rememberPast(victim.logged.eventId, {
        revision: victim.revision,
        version: victim.logged.version,
        isDeleted,
      });
    }
    return told;
  }

  snapshot(): AlignerSnapshot {
    const body = {
      events: [...this.#events.values()],
      cues: [...this.#cues.values()],
      loggers: [...this.#loggers],
      past: [...this.#past],
      rejectedCues: [...this.#rejectedCues],
      origin: this.#origin,
      now: Number.isFinite(this.#now) ? this.#now : null,
      solveAt: this.#solveAt,
      nextFinal: this.#nextFinal,
      nextOrder: this.#nextOrder,
      refreshFrom: this.#refreshFrom,
      isEnded: this.#isEnded,
      counters: this.#counters,
    };
    return { version: SNAPSHOT_VERSION, body: JSON.stringify(body) };
  }

  /** Goes on where the snapshot was taken; `false` (and an unchanged aligner) when it is not one of this version. */
  restore(snapshot: AlignerSnapshot): boolean {
    if (snapshot.version !== SNAPSHOT_VERSION) return false;
    try {
      const body = JSON.parse(snapshot.body);
      const events = new Map<string, TrackedEvent>(
        body.events.map((tracked: TrackedEvent) => [tracked.logged.eventId, tracked]),
      );
      const cues = new Map<string, HeardCue>(body.cues.map((cue: HeardCue) => [cue.cueId, cue]));
      this.#events = events;
      this.#cues = cues;
      this.#loggers = new Map(body.loggers);
      this.#past = new Map(body.past);
      this.#rejectedCues = new Set(body.rejectedCues);
      this.#origin = body.origin;
      this.#now = body.now ?? (Number.NEGATIVE_INFINITY as UnixMicros);
      this.#solveAt = body.solveAt;
      this.#nextFinal = body.nextFinal;
      this.#nextOrder = body.nextOrder;
      this.#refreshFrom = body.refreshFrom;
      this.#isEnded = body.isEnded;
      this.#counters = body.counters;
      this.#table = null;
      this.#fits.clear();
      return true;
    } catch {
      // A body that is not ours is refused as a whole: the caller starts anew and counts it.
      return false;
    }
  }

  status(): AlignerStatus {
    const tracked = [...this.#events.values()];
    const claimed = new Set(tracked.flatMap((one) => one.told?.cues ?? []));
    const origin = this.#origin ?? this.#now;
    return {
      loggers: [...this.#loggers].map(([logger, entry]) => {
        const isLocked = entry.state.lock > 0;
        const shift = (this.#stampOrigin(entry) - origin) / MICROS_PER_SECOND;
        const fit = this.#fitOf(logger, entry);
        return {
          logger,
          locked: isLocked,
          offsetSec: isLocked ? fit.offsetSec + shift : 0,
          driftPpm: isLocked ? fit.driftPpm : 0,
          persona: entry.state.persona,
          anchors: entry.state.points.length,
        };
      }),
      events: tracked.length,
      open: tracked.filter((one) => one.status === "open").length,
      cues: this.#cues.size,
      unclaimedCues: [...this.#cues.keys()].filter((cueId) => !claimed.has(cueId)).length,
      conflicts: tracked.filter((one) => one.told?.flags.includes("conflict") === true).length,
      ...this.#counters,
    };
  }
}

/** Years 1716 to 2223 in microseconds: beyond, sums leave the exact integers. */
const LATEST_TIME = 8e15;

function isTime(value: number): boolean {
  return Number.isFinite(value) && Math.abs(value) < LATEST_TIME;
}

function withUsableTimes(event: LoggedEvent): LoggedEvent {
  const usable = (time: UnixMicros | null) =>
    time === null || !isTime(time) ? null : (Math.round(time) as UnixMicros);
  const [stamp, arrival] = [usable(event.stamp), usable(event.arrival)];
  const resolutionSec = event.resolutionSec > 0 ? Math.min(60, event.resolutionSec) : 0;
  const isClean = stamp === event.stamp && arrival === event.arrival && resolutionSec === event.resolutionSec;
  return isClean ? event : { ...event, stamp, arrival, resolutionSec };
}

function ownProperty<T>(of: Readonly<Record<string, T>>, key: string): T | null {
  return Object.hasOwn(of, key) ? (of[key] ?? null) : null;
}

function isOlder(version: number | null, than: number | null): boolean {
  return version !== null && than !== null && version < than;
}

/** The same record told again; when it arrived is no part of it. */
function isSameRecord(a: LoggedEvent, b: LoggedEvent): boolean {
  return (
    a.version === b.version &&
    a.class === b.class &&
    a.period === b.period &&
    a.stamp === b.stamp &&
    a.occurrence === b.occurrence &&
    a.op === b.op &&
    JSON.stringify({ ...a.input, arrival: null }) === JSON.stringify({ ...b.input, arrival: null })
  );
}
