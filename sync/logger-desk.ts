import type { AlignerOptions, LoggerStatus } from "./align-input.js";
import type { CueTable } from "./cue-table.js";
import { toldOf, toldUnlocked } from "./event-estimate.js";
import { type ClockReadings, type Reading, readClocks, type SolverEvent } from "./logger-clocks.js";
import { LoggerFit } from "./logger-fit.js";
import { solveLogger } from "./logger-solver.js";
import { type LoggerState, NEW_LOGGER } from "./logger-state.js";
import { MICROS_PER_SECOND, type UnixMicros } from "./time.js";
import type { Told, TrackedEvent } from "./tracked-event.js";

/** An unlocked logger with no more records than this is solved at once when one comes: the first kick-off cannot wait for the next solve. */
const SOLVE_AT_ONCE_RECORDS = 30;
const ROUNDS_AT_ONCE = 2;
/** How far around the offset that the arrivals tell is searched, seconds: the slowest stream and press, twice. */
const ARRIVAL_REACH_SEC = 60;

/** Per logger: what was solved, and where its clock's seconds are counted from. */
interface LoggerEntry {
  state: LoggerState;
  stampOrigin: UnixMicros | null;
}

/** What was solved, asked for one event at a time. */
export type Judge = (tracked: TrackedEvent) => Told;

/** The loggers of a session: their clocks, and what these say of each of their records. */
export class LoggerDesk {
  readonly #options: AlignerOptions;
  readonly #scanRangeSec: number;
  #loggers = new Map<string, LoggerEntry>();
  /** Rebuilt from the states when needed: no part of the snapshot. */
  #fits = new Map<string, LoggerFit>();

  constructor(options: AlignerOptions, scanRangeSec: number) {
    this.#options = options;
    this.#scanRangeSec = scanRangeSec;
  }

  names(): string[] {
    return [...this.#loggers.keys()];
  }

  unlocked(tracked: TrackedEvent): Told {
    return toldUnlocked(tracked, this.#scanRangeSec);
  }

  /** Best estimate of one record among `mates` (its logger's latest) with what was solved before it came. */
  glance(tracked: TrackedEvent, mates: readonly TrackedEvent[], table: CueTable, origin: UnixMicros): Told {
    const { logger } = tracked.logged;
    const entry = this.#entryOf(tracked);
    const records = mates.includes(tracked) ? mates : [...mates, tracked];
    // A batch is solved at its end alone, so that the order in which its records come does not matter.
    const isLive = this.#options.finalise !== false;
    if (isLive && entry.state.lock < 2 && records.length <= SOLVE_AT_ONCE_RECORDS) {
      return this.solve(logger, records, table, origin, ROUNDS_AT_ONCE)(tracked);
    }
    if (entry.state.lock === 0) return this.unlocked(tracked);
    const clocks = this.#read(records, entry, origin);
    const fit = this.#fitOf(logger, entry);
    return this.#judge(entry, fit, clocks, mates, table, origin)(tracked);
  }

  /** Solves one logger anew from its records. */
  solve(logger: string, records: readonly TrackedEvent[], table: CueTable, origin: UnixMicros, rounds: number): Judge {
    const entry = this.#loggers.get(logger);
    if (entry === undefined) return (tracked) => this.unlocked(tracked);
    const clocks = this.#read(records, entry, origin);
    const { state, fit } = this.#search(entry, clocks, table, origin, rounds);
    entry.state = state;
    this.#fits.delete(logger);
    if (fit === null) return (tracked) => this.unlocked(tracked);
    return this.#judge(entry, fit, clocks, records, table, origin);
  }

  /** Searches where the arrivals point first, when that is out of the usual reach: a wrong zone, a clock set to another day. */
  #search(entry: LoggerEntry, clocks: ClockReadings, table: CueTable, origin: UnixMicros, rounds: number) {
    const usual = this.#scanRangeSec;
    const centre = -this.#shiftSec(entry, origin);
    const solveAround = (at: number, reach: number) =>
      solveLogger(entry.state, clocks, table, {
        profile: this.#options.profile,
        scanFrom: at - reach,
        scanTo: at + reach,
        rounds,
      });
    const pointed = clocks.arrivalMinusStamp === null ? centre : -clocks.arrivalMinusStamp;
    if (Math.abs(pointed - centre) <= usual) return solveAround(centre, usual);
    const main = entry.state.bases[""];
    const isAtUsual = entry.state.lock > 0 && main !== undefined && Math.abs(main - centre) <= usual;
    const found = isAtUsual ? null : solveAround(pointed, ARRIVAL_REACH_SEC);
    return found !== null && found.state.lock > 0 ? found : solveAround(centre, usual);
  }

  #judge(
    entry: LoggerEntry,
    fit: LoggerFit,
    clocks: ClockReadings,
    mates: readonly TrackedEvent[],
    table: CueTable,
    origin: UnixMicros,
  ): Judge {
    const readings = new Map<string, Reading>(clocks.readings.map((reading) => [reading.event.eventId, reading]));
    for (const [eventId, reading] of clocks.repeats) readings.set(eventId, reading);
    const isSamePlay = (a: Reading, b: TrackedEvent) => readings.get(b.logged.eventId) === a;
    const driftPpm = round(fit.driftPpm, 100);
    return (tracked) => {
      const reading = readings.get(tracked.logged.eventId);
      if (reading === undefined) return this.unlocked(tracked);
      const outcome = fit.outcomeOf(reading, table, () =>
        claimsBeside(mates.filter((other) => !isSamePlay(reading, other))),
      );
      return toldOf(tracked, outcome, origin, this.#options.utcUncertaintySec, {
        logger: tracked.logged.logger,
        offsetSec: round(outcome.offsetSec + this.#shiftSec(entry, origin), 1e4),
        driftPpm,
        version: entry.state.version,
        persona: entry.state.persona,
      });
    };
  }

  #entryOf(tracked: TrackedEvent): LoggerEntry {
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

  #shiftSec(entry: LoggerEntry, origin: UnixMicros): number {
    return ((entry.stampOrigin ?? origin) - origin) / MICROS_PER_SECOND;
  }

  #fitOf(logger: string, entry: LoggerEntry): LoggerFit {
    let fit = this.#fits.get(logger);
    if (fit === undefined) {
      fit = LoggerFit.fromState(entry.state, this.#options.profile);
      this.#fits.set(logger, fit);
    }
    return fit;
  }

  #read(records: readonly TrackedEvent[], entry: LoggerEntry, origin: UnixMicros): ClockReadings {
    const stampOrigin = entry.stampOrigin ?? origin;
    return readClocks(records.map((tracked) => this.#toSolverEvent(tracked, origin, stampOrigin)));
  }

  #toSolverEvent(tracked: TrackedEvent, origin: UnixMicros, stampOrigin: UnixMicros): SolverEvent {
    const { logged } = tracked;
    const secondsSince = (time: UnixMicros | null, zero: UnixMicros) =>
      time === null ? null : (time - zero) / MICROS_PER_SECOND;
    const { classes } = this.#options.profile;
    return {
      eventId: logged.eventId,
      class: logged.class,
      period: logged.period ?? "",
      // The class comes from outside: "constructor" must not find what every object has.
      profile: Object.hasOwn(classes, logged.class) ? (classes[logged.class] ?? null) : null,
      stamp: secondsSince(tracked.stamp, stampOrigin),
      arrival: secondsSince(logged.arrival, origin),
      resolutionSec: logged.resolutionSec,
      frozenCue: tracked.frozenCue,
      pinned: secondsSince(tracked.pin?.time ?? null, origin),
    };
  }

  status(origin: UnixMicros): LoggerStatus[] {
    return [...this.#loggers].map(([logger, entry]) => {
      const locked = entry.state.lock > 0;
      const fit = this.#fitOf(logger, entry);
      return {
        logger,
        locked,
        offsetSec: locked ? fit.offsetSec + this.#shiftSec(entry, origin) : 0,
        driftPpm: locked ? fit.driftPpm : 0,
        persona: entry.state.persona,
        anchors: entry.state.models[0]?.points.length ?? 0,
      };
    });
  }

  dump(): [string, LoggerEntry][] {
    return [...this.#loggers];
  }

  load(dump: ReturnType<LoggerDesk["dump"]>): void {
    this.#loggers = new Map(dump);
    this.#fits.clear();
  }
}

/** Cues that these records hold. */
function claimsBeside(others: readonly TrackedEvent[]): Map<string, number> {
  const claimed = new Map<string, number>();
  for (const other of others) {
    const cueId = other.told?.cues[0];
    if (cueId === undefined || other.told === null) continue;
    claimed.set(cueId, Math.max(claimed.get(cueId) ?? 0, other.told.linkP));
  }
  return claimed;
}

function round(value: number, perUnit: number): number {
  return Math.round(value * perUnit) / perUnit;
}
