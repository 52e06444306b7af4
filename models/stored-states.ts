import type { CarState, Lap, Moment, Stop } from "./car-state.js";
import { LapProfile, PROFILE_SIZE } from "./lap-profile.js";
import { LiftPoints } from "./lift-points.js";
import type { Regime } from "./outputs.js";
import type { Packer, Unpacker } from "./pack.js";
import { CAUTION_KG, emptySums, FILLED_KG, FILLED_VARIANCE, PLACES, RAW_KG, type Sums } from "./sums.js";

const REGIMES: readonly Regime[] = ["green", "caution", "mixed", "pit"];
/** What is ever asked of a stop's sums: burns, and how sure they are. */
const STOP_PLACES = [RAW_KG, CAUTION_KG, FILLED_KG, FILLED_VARIANCE] as const;
/** A state's numbers beside its sums, its tables and its lists. */
const SCALARS = 26;

/**
 * The states of one car at the ends of its last windows, oldest first. Of all but the newest only what differs is written; laps and stops
 * that several of them hold are written once, and held together again afterwards.
 */
export function packStates(packer: Packer, states: readonly CarState[]): void {
  const laps = union(states.map((state) => state.laps));
  const stops = union(states.map((state) => state.stops));
  packer.row(states.length);
  packLaps(packer, laps);
  packStops(packer, stops);
  let newerHead: readonly number[] | null = null;
  let newerTables: readonly number[] | null = null;
  for (let i = states.length - 1; i >= 0; i--) {
    const [state, newer] = [states[i], states[i + 1]];
    if (state === undefined) continue;
    packList(packer, state.laps, laps, newer?.laps);
    packList(packer, state.stops, stops, newer?.stops);
    const head: number[] = headOf(state);
    const tables: number[] = [...Array.from(state.green.store()), ...Array.from(state.yellow.store())];
    // A lift point that is new moves the others: such a head is written whole.
    packChanges(packer, head, newerHead?.length === head.length ? newerHead : null);
    packChanges(packer, tables, newerTables);
    newerHead = head;
    newerTables = tables;
  }
}

/** @throws RangeError on a text of another form */
export function unpackStates(unpacker: Unpacker): CarState[] {
  const count = unpacker.columnOf(1)[0] ?? 0;
  const laps = unpackLaps(unpacker);
  const stops = unpackStops(unpacker);
  const states: CarState[] = [];
  let head: Float64Array | null = null;
  let tables: Float64Array | null = null;
  for (let i = 0; i < count; i++) {
    const ownLaps = unpackList(unpacker, laps, states[0]?.laps);
    const ownStops = unpackList(unpacker, stops, states[0]?.stops);
    head = unpackChanges(unpacker, head);
    tables = unpackChanges(unpacker, tables);
    if (tables.length !== 2 * PROFILE_SIZE) throw new RangeError("a state of another form");
    states.unshift(stateOf(head, tables, ownLaps, ownStops));
  }
  return states;
}

function headOf(state: CarState): number[] {
  const { last, lapSeen, held, still } = state;
  return [
    ...(last === null ? [0, 0, 0, 0, 0, 0, 0, 0, 0] : [1, ...momentNumbers(last)]),
    ...[Number(lapSeen.green), Number(lapSeen.caution), Number(lapSeen.box), state.stint, Number(state.inBox)],
    ...[held.rpm, held.rpmAt, held.throttle, held.throttleAt, held.airC, Number(state.stood), state.awaySince],
    ...[still.rpm, Number(still.isTold), still.since, still.slowest, still.fastest],
    ...[...state.sums, ...state.stintFrom, ...state.stageFrom],
    ...[Number(state.lapFrom !== null), ...(state.lapFrom ?? emptySums())],
    ...state.lifts.store(),
  ];
}

/** What is not known is NaN. */
function momentNumbers({ t, rate, throttle, speedMps, lap, lapPct, caution, box }: Moment): number[] {
  return [t, rate, throttle, speedMps, lap ?? Number.NaN, lapPct ?? Number.NaN, Number(caution), Number(box)];
}

function stateOf(head: Float64Array, tables: Float64Array, laps: readonly Lap[], stops: readonly Stop[]): CarState {
  const fixed = SCALARS + 4 * PLACES + 1;
  if (head.length < fixed) throw new RangeError("a state of another form");
  const number = (place: number): number => head[place] ?? 0;
  const is = (place: number): boolean => number(place) === 1;
  const sums = (place: number): Sums => head.slice(SCALARS + place, SCALARS + place + PLACES);
  return {
    last: is(0) ? momentOf(head) : null,
    lapSeen: { green: is(9), caution: is(10), box: is(11) },
    stint: number(12),
    inBox: is(13),
    held: { rpm: number(14), rpmAt: number(15), throttle: number(16), throttleAt: number(17), airC: number(18) },
    stood: is(19),
    awaySince: number(20),
    still: { rpm: number(21), isTold: is(22), since: number(23), slowest: number(24), fastest: number(25) },
    sums: sums(0),
    stintFrom: sums(PLACES),
    stageFrom: sums(2 * PLACES),
    lapFrom: is(SCALARS + 3 * PLACES) ? sums(3 * PLACES + 1) : null,
    lifts: LiftPoints.restore(head.slice(fixed)),
    green: LapProfile.restore(tables.subarray(0, PROFILE_SIZE)),
    yellow: LapProfile.restore(tables.subarray(PROFILE_SIZE)),
    laps,
    stops,
  };
}

function momentOf(head: Float64Array): Moment {
  const [, t = 0, rate = 0, throttle = 0, speedMps = 0, lap = 0, lapPct = 0, caution = 0, box = 0] = head;
  return {
    t,
    rate,
    throttle,
    speedMps,
    lap: Number.isNaN(lap) ? null : lap,
    lapPct: Number.isNaN(lapPct) ? null : lapPct,
    caution: caution === 1,
    box: box === 1,
  };
}

/** Where it differs from the newer one, and what stands there; all of it where there is none of its length. */
function packChanges(packer: Packer, values: readonly number[], newer: readonly number[] | null): void {
  packer.row(Number(newer !== null));
  if (newer === null) {
    packer.column(values);
    return;
  }
  const places = [...values.keys()].filter((i) => !Object.is(values[i], newer[i]));
  packer.column(places);
  packer.column(places.map((i) => values[i] ?? 0));
}

function unpackChanges(unpacker: Unpacker, newer: Float64Array | null): Float64Array {
  const isChange = unpacker.columnOf(1)[0] === 1;
  if (!isChange) return unpacker.column();
  if (newer === null) throw new RangeError("a change of nothing");
  const values = newer.slice();
  const places = unpacker.column();
  const changed = unpacker.columnOf(places.length);
  for (const [i, place] of places.entries()) values[place] = changed[i] ?? 0;
  return values;
}

function union<T>(lists: readonly (readonly T[])[]): T[] {
  return [...new Set(lists.flat())];
}

/** Nearly always the very list of the newer state. */
function packList<T>(packer: Packer, list: readonly T[], all: readonly T[], newer: readonly T[] | undefined): void {
  packer.row(Number(list === newer));
  if (list !== newer) packer.column(list.map((one) => all.indexOf(one)));
}

function unpackList<T>(unpacker: Unpacker, all: readonly T[], newer: readonly T[] | undefined): readonly T[] {
  const isNewer = unpacker.columnOf(1)[0] === 1;
  if (isNewer && newer !== undefined) return newer;
  return Array.from(unpacker.column(), (i) => {
    const one = all[i];
    if (one === undefined) throw new RangeError("a list of another form");
    return one;
  });
}

function packLaps(packer: Packer, laps: readonly Lap[]): void {
  packer.column(laps.map(({ lap }) => lap));
  packer.column(laps.map(({ t }) => t));
  packer.column(laps.map(({ regime }) => REGIMES.indexOf(regime)));
  packer.column(laps.map(({ rawKgAtEnd }) => rawKgAtEnd));
  for (let place = 0; place < PLACES; place++) packer.column(laps.map(({ sums }) => sums[place] ?? 0));
}

function unpackLaps(unpacker: Unpacker): Lap[] {
  const numbers = unpacker.column();
  const column = (): Float64Array => unpacker.columnOf(numbers.length);
  const [times, regimes, ends] = [column(), column(), column()];
  const places = Array.from({ length: PLACES }, column);
  return Array.from(numbers, (lap, i) => ({
    lap,
    t: times[i] ?? 0,
    regime: REGIMES[regimes[i] ?? 0] ?? "green",
    sums: Float64Array.from(places, (values) => values[i] ?? 0),
    rawKgAtEnd: ends[i] ?? 0,
  }));
}

function packStops(packer: Packer, stops: readonly Stop[]): void {
  packer.column(stops.map(({ stint }) => stint));
  packer.column(stops.map(({ tIn }) => tIn));
  packer.column(stops.map(({ tOut }) => tOut ?? Number.NaN));
  packer.column(stops.map(({ atOut }) => Number(atOut !== null)));
  for (const place of STOP_PLACES) {
    packer.column(stops.flatMap(({ stintFrom, atIn, atOut }) => [stintFrom, atIn, atOut].map((s) => s?.[place] ?? 0)));
  }
}

function unpackStops(unpacker: Unpacker): Stop[] {
  const stints = unpacker.column();
  const column = (): Float64Array => unpacker.columnOf(stints.length);
  const [tIns, tOuts, isOut] = [column(), column(), column()];
  const places = STOP_PLACES.map((place) => ({ place, values: unpacker.columnOf(3 * stints.length) }));
  const sums = (at: number): Sums => {
    const made = emptySums();
    for (const { place, values } of places) made[place] = values[at] ?? 0;
    return made;
  };
  return Array.from(stints, (stint, i) => ({
    stint,
    tIn: tIns[i] ?? 0,
    tOut: Number.isNaN(tOuts[i]) ? null : (tOuts[i] ?? null),
    stintFrom: sums(3 * i),
    atIn: sums(3 * i + 1),
    atOut: isOut[i] === 1 ? sums(3 * i + 2) : null,
  }));
}
