import type { AlignerOptions, AlignerSnapshot, AlignerStatus, AlignInput } from "./align-input.js";
import * as limits from "./aligner-limits.js";
import { CueShelf } from "./cue-shelf.js";
import { CONFIRMED_P } from "./event-estimate.js";
import type { EventRevision, Reason } from "./event-revision.js";
import { chooseForRefresh, EventShelf } from "./event-shelf.js";
import { fuseLoggers } from "./fuse-loggers.js";
import { holdConfirmed } from "./hold-link.js";
import { isOlder, isSameRecord, usableStamp, withUsableTimes } from "./logged-check.js";
import type { LoggedEvent } from "./logged-event.js";
import { LoggerDesk } from "./logger-desk.js";
import { groupOccurrences } from "./occurrences.js";
import { inOrder } from "./play-order.js";
import { addSeconds, isTime, type UnixMicros } from "./time.js";
import { isNews, revisionOf, type Told, type TrackedEvent } from "./tracked-event.js";

const SNAPSHOT_VERSION = 6;

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
  readonly #events: EventShelf;
  readonly #cues: CueShelf;
  readonly #loggers: LoggerDesk;
  #origin: UnixMicros | null = null;
  #now = Number.NEGATIVE_INFINITY as UnixMicros;
  #solveAt: UnixMicros | null = null;
  #nextFinal: UnixMicros | null = null;
  #refreshFrom = 0;
  #isEnded = false;
  #counters = { duplicates: 0, shed: 0, rejected: 0, solves: 0 };

  constructor(options: AlignerOptions) {
    this.#options = options;
    this.#events = new EventShelf(Math.max(1, options.maxEvents ?? limits.DEFAULT_MAX_EVENTS));
    this.#cues = new CueShelf(Math.max(1, options.maxCues ?? limits.DEFAULT_MAX_CUES));
    this.#loggers = new LoggerDesk(options, options.scanRangeSec ?? limits.DEFAULT_SCAN_RANGE_SEC);
  }

  /** Works one input in and returns the revisions it led to. Never throws; a `now` that goes back is taken as the last one. */
  push(input: AlignInput, now: UnixMicros): EventRevision[] {
    if (isTime(now)) this.#now = Math.max(this.#now, now) as UnixMicros;
    if (!isTime(this.#now)) return this.#count("rejected");
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
        return this.#count("rejected");
    }
  }

  /** When the next `tick` is needed; `null`: not before the next input. */
  nextDue(): UnixMicros | null {
    if (this.#solveAt === null) return this.#nextFinal;
    return this.#nextFinal === null ? this.#solveAt : (Math.min(this.#solveAt, this.#nextFinal) as UnixMicros);
  }

  #count(what: "rejected" | "duplicates"): EventRevision[] {
    this.#counters[what]++;
    return [];
  }

  #takeLogged(logged: LoggedEvent): EventRevision[] {
    const { eventId, version } = logged;
    const known = this.#events.get(eventId);
    if (known !== undefined) return this.#takeEdit(known, logged);
    const past = this.#events.pastOf(eventId);
    if (past !== undefined && isOlder(version, past.version)) return this.#count("duplicates");
    if (logged.op === "delete" && (past === undefined || past.isDeleted)) {
      // A delete that came before its record: nothing to tell, but the record must not rise after it.
      this.#events.remember(eventId, { revision: past?.revision ?? 0, version, isDeleted: true });
      return [];
    }
    const tracked = this.#track(logged, past?.revision ?? 0);
    if (logged.op === "delete") return [this.#retract(tracked)];
    const shed = this.#shedSurplus();
    return [...shed, this.#tell(tracked, this.#glance(tracked), this.#isEnded)];
  }

  #track(logged: LoggedEvent, revision: number): TrackedEvent {
    const tracked: TrackedEvent = {
      logged,
      stamp: usableStamp(logged, this.#options.maxStampDistanceSec),
      order: this.#events.nextOrder(),
      arrivedAt: this.#now,
      revision,
      status: "open",
      isWaiting: true,
      isConfirmed: false,
      frozenCue: null,
      pin: null,
      finalBy: addSeconds(this.#now, limits.FINAL_AFTER_SEC),
      occurrenceId: logged.occurrence ?? logged.eventId,
      sources: [],
      told: null,
      toldTime: null,
      own: null,
    };
    this.#events.add(tracked);
    this.#scheduleSolve(limits.SOLVE_AFTER_SEC);
    this.#scheduleFinal(tracked.finalBy);
    return tracked;
  }

  #takeEdit(tracked: TrackedEvent, logged: LoggedEvent): EventRevision[] {
    const isGone = tracked.status === "retracted";
    const { version } = tracked.logged;
    if (isOlder(logged.version, version)) return this.#count("duplicates");
    if (logged.op === "delete") {
      if (isGone) return this.#count("duplicates");
      // A delete need not repeat the record: what it was stays readable.
      tracked.logged = { ...logged, input: tracked.logged.input, class: tracked.logged.class };
      return [this.#retract(tracked)];
    }
    const isRepeat = isGone
      ? logged.version !== null && logged.version === version
      : isSameRecord(tracked.logged, logged);
    return isRepeat ? this.#count("duplicates") : [this.#applyEdit(tracked, logged, isGone)];
  }

  #applyEdit(tracked: TrackedEvent, logged: LoggedEvent, isGone: boolean): EventRevision {
    const before = tracked.logged;
    const isRestamped = before.stamp !== logged.stamp;
    const isMoved = isRestamped || before.class !== logged.class || before.period !== logged.period;
    // The arrival of an edit is not that of the press; with a new stamp the old arrival would only contradict it.
    tracked.logged = { ...logged, arrival: isRestamped ? null : (before.arrival ?? logged.arrival) };
    if (tracked.status === "final" && tracked.told !== null) {
      return this.#tell(tracked, { ...tracked.told, reason: { code: "editedAfterFinal", params: {} } }, true);
    }
    tracked.stamp = usableStamp(logged, this.#options.maxStampDistanceSec);
    tracked.status = "open";
    if (isGone) tracked.finalBy = addSeconds(this.#now, limits.FINAL_AFTER_SEC);
    if (isMoved || isGone) {
      tracked.frozenCue = null;
      tracked.isConfirmed = false;
      tracked.isWaiting = true;
      this.#scheduleSolve(limits.SOLVE_AFTER_SEC);
      this.#scheduleFinal(tracked.finalBy);
    }
    return this.#tell(tracked, this.#glance(tracked), this.#isEnded);
  }

  #retract(tracked: TrackedEvent): EventRevision {
    tracked.status = "retracted";
    tracked.isWaiting = false;
    tracked.frozenCue = null;
    tracked.isConfirmed = false;
    const base = tracked.told ?? this.#loggers.unlocked(tracked);
    const reason: Reason = { code: "deleted", params: {} };
    this.#scheduleSolve(limits.SOLVE_AFTER_SEC);
    return this.#emit(tracked, { ...base, state: "retracted", cues: [], linkP: 0, reason });
  }

  #takeCue(cue: Extract<AlignInput, { type: "cue" }>["cue"]): EventRevision[] {
    const result = this.#cues.take(cue);
    if (result === "unusable") return this.#count("rejected");
    const oldest = addSeconds(this.#now, -limits.CUE_CONCERNS_SEC);
    if (result === "new" && this.#events.hasOpenSince(oldest)) this.#scheduleSolve(limits.SOLVE_AFTER_CUE_SEC);
    return [];
  }

  #takeTick(): EventRevision[] {
    const told: EventRevision[] = [];
    if (this.#solveAt !== null && this.#solveAt <= this.#now) told.push(...this.#solve(false));
    if (this.#nextFinal !== null && this.#nextFinal <= this.#now) told.push(...this.#finaliseDue());
    return told;
  }

  #takeEnd(): EventRevision[] {
    this.#solve(true);
    this.#isEnded = true;
    this.#nextFinal = null;
    const told: EventRevision[] = [];
    for (const tracked of this.#events.all()) {
      if (tracked.status === "open") told.push(this.#makeFinal(tracked));
    }
    return told;
  }

  #takeControl(input: Extract<AlignInput, { type: "control" }>): EventRevision[] {
    const tracked = this.#events.get(input.eventId);
    if (tracked === undefined || tracked.status === "retracted") return this.#count("rejected");
    const isPin = input.op === "pin";
    if (isPin && (input.time === null || !isTime(input.time))) return this.#count("rejected");
    tracked.pin = isPin && input.time !== null ? { time: input.time, by: input.by } : null;
    this.#scheduleSolve(limits.SOLVE_AFTER_CUE_SEC);
    const reason: Reason = { code: isPin ? "pinned" : "released", params: { by: input.by } };
    return [this.#tell(tracked, { ...this.#glance(tracked), reason }, tracked.status === "final")];
  }

  #takeRejectedCue(cueId: string): EventRevision[] {
    if (!this.#cues.reject(cueId)) return [];
    const told: EventRevision[] = [];
    for (const tracked of this.#events.all()) {
      if (tracked.status === "retracted" || tracked.told?.cues.includes(cueId) !== true) continue;
      tracked.frozenCue = null;
      tracked.isConfirmed = false;
      const reason: Reason = { code: "cueRejected", params: { cueId } };
      told.push(this.#tell(tracked, { ...this.#glance(tracked), reason }, tracked.status === "final"));
    }
    this.#scheduleSolve(limits.SOLVE_AFTER_CUE_SEC);
    return told;
  }

  #scheduleSolve(afterSec: number): void {
    if (this.#isEnded) return;
    const at = addSeconds(this.#now, afterSec);
    if (this.#solveAt === null || at < this.#solveAt) this.#solveAt = at;
  }

  #scheduleFinal(at: UnixMicros): void {
    if (this.#options.finalise === false || this.#isEnded) return;
    if (this.#nextFinal === null || at < this.#nextFinal) this.#nextFinal = at;
  }

  #glance(tracked: TrackedEvent): Told {
    const mates = this.#events.latest(limits.GLANCE_RECORDS, tracked.logged.logger);
    const origin = this.#origin ?? this.#now;
    const own = this.#loggers.glance(tracked, mates, this.#cues.table(origin), origin);
    const next = holdConfirmed(tracked, this.#besideOthers(tracked, own));
    return inOrder(mates, new Map([[tracked, next]])).get(tracked) ?? next;
  }

  #besideOthers(tracked: TrackedEvent, own: Told, others = this.#neighbours(limits.GLANCE_RECORDS)): Told {
    tracked.own = own;
    return fuseLoggers(tracked, own, others);
  }

  /** The latest records of all loggers; none when there is only one logger. */
  #neighbours(limit: number): TrackedEvent[] {
    return this.#loggers.names().length > 1 ? this.#events.latest(limit) : [];
  }

  /** Solves each logger that has open records and tells what changed; at the end all records, untold: each is then told once, final. */
  #solve(isEnd: boolean): EventRevision[] {
    this.#solveAt = null;
    this.#counters.solves++;
    const origin = this.#origin ?? this.#now;
    const table = this.#cues.table(origin);
    const [told, others]: [EventRevision[], TrackedEvent[]] = [[], this.#neighbours(limits.SOLVE_RECORDS)];
    for (const logger of this.#loggers.names()) {
      const records = this.#events.latest(isEnd ? this.#events.size : limits.SOLVE_RECORDS, logger);
      const chosen = chooseForRefresh(records, isEnd ? records.length : limits.REFRESH_EVENTS, this.#refreshFrom);
      this.#refreshFrom += chosen.length;
      if (chosen.length === 0) continue;
      const judge = this.#loggers.solve(logger, records, table, origin, isEnd ? limits.END_ROUNDS : limits.ROUNDS);
      const found = new Map<TrackedEvent, Told>();
      for (const tracked of chosen) {
        tracked.isWaiting = false;
        found.set(tracked, holdConfirmed(tracked, this.#besideOthers(tracked, judge(tracked), others)));
      }
      for (const [tracked, next] of inOrder(records, found)) {
        if (!isEnd && isNews(tracked, next)) told.push(this.#tell(tracked, next, false));
        else tracked.told = next;
      }
    }
    if (this.#loggers.names().length > 1) told.push(...this.#joinOccurrences(isEnd));
    return told;
  }

  #joinOccurrences(isEnd: boolean): EventRevision[] {
    const told: EventRevision[] = [];
    for (const { tracked, occurrenceId, sources } of groupOccurrences(this.#events.latest(limits.SOLVE_RECORDS))) {
      if (tracked.status === "final") continue;
      tracked.occurrenceId = occurrenceId;
      tracked.sources = sources;
      if (!isEnd && tracked.told !== null) told.push(this.#emit(tracked, tracked.told));
    }
    return told;
  }

  #tell(tracked: TrackedEvent, next: Told, isFinal: boolean): EventRevision {
    const cueId = next.cues[0];
    tracked.isConfirmed = next.state === "confirmed" && tracked.pin === null;
    if (cueId !== undefined && (next.linkP > CONFIRMED_P || next.state === "confirmed")) {
      tracked.frozenCue = cueId;
      const sooner = addSeconds(this.#now, limits.CONFIRMED_FINAL_AFTER_SEC);
      if (sooner < tracked.finalBy) {
        tracked.finalBy = sooner;
        this.#scheduleFinal(sooner);
      }
    } else tracked.frozenCue = null;
    if (!isFinal) return this.#emit(tracked, next);
    tracked.status = "final";
    tracked.isWaiting = false;
    tracked.finalBy = Math.min(tracked.finalBy, this.#now) as UnixMicros;
    return this.#emit(tracked, { ...next, state: "final" });
  }

  #emit(tracked: TrackedEvent, told: Told): EventRevision {
    tracked.told = told;
    tracked.toldTime = told.time;
    tracked.revision++;
    return revisionOf(tracked, told, this.#options.session, this.#options.utcUncertaintySec);
  }

  #makeFinal(tracked: TrackedEvent, reason: Reason | null = null): EventRevision {
    const told = tracked.told ?? this.#loggers.unlocked(tracked);
    return this.#tell(tracked, reason === null ? told : { ...told, reason }, true);
  }

  #finaliseDue(): EventRevision[] {
    const told: EventRevision[] = [];
    let next: number = Number.POSITIVE_INFINITY;
    for (const tracked of this.#events.all()) {
      if (tracked.status !== "open") continue;
      if (tracked.finalBy <= this.#now) told.push(this.#makeFinal(tracked));
      else next = Math.min(next, tracked.finalBy);
    }
    this.#nextFinal = Number.isFinite(next) ? (next as UnixMicros) : null;
    return told;
  }

  /** Over the bound the oldest event that is done goes; when none is done, the oldest is made final first. */
  #shedSurplus(): EventRevision[] {
    const told: EventRevision[] = [];
    for (let victim = this.#events.surplus(); victim !== null; victim = this.#events.surplus()) {
      if (victim.status === "open") {
        told.push(this.#makeFinal(victim, { code: "overload", params: {} }));
        this.#counters.shed++;
      }
      this.#events.drop(victim);
    }
    return told;
  }

  snapshot(): AlignerSnapshot {
    const body = {
      events: this.#events.dump(),
      cues: this.#cues.dump(),
      loggers: this.#loggers.dump(),
      origin: this.#origin,
      now: isTime(this.#now) ? this.#now : null,
      solveAt: this.#solveAt,
      nextFinal: this.#nextFinal,
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
      // Read once beside, so that a damaged body is refused before anything of ours is touched.
      new EventShelf(1).load(body.events);
      new CueShelf(1).load(body.cues);
      new LoggerDesk(this.#options, 0).load(body.loggers);
      this.#events.load(body.events);
      this.#cues.load(body.cues);
      this.#loggers.load(body.loggers);
      this.#origin = body.origin;
      this.#now = body.now ?? (Number.NEGATIVE_INFINITY as UnixMicros);
      this.#solveAt = body.solveAt;
      this.#nextFinal = body.nextFinal;
      this.#refreshFrom = body.refreshFrom;
      this.#isEnded = body.isEnded;
      this.#counters = body.counters;
      return true;
    } catch {
      // A body that is not ours is refused as a whole: the caller starts anew and counts it.
      return false;
    }
  }

  status(): AlignerStatus {
    return {
      loggers: this.#loggers.status(this.#origin ?? this.#now),
      ...this.#events.counts(this.#cues.ids()),
      cues: this.#cues.size,
      ...this.#counters,
    };
  }
}
