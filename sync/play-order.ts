import { MICROS_PER_SECOND, type UnixMicros } from "./time.js";
import { loggedTime, type Told, type TrackedEvent } from "./tracked-event.js";

/** Where a class stands in a play: what causes comes before what follows. Classes without a place belong to no chain. */
const STEPS: Readonly<Record<string, number>> = {
  foul: 0,
  foul_advantage: 0,
  offside: 0,
  card: 1,
  injury: 1,
  free_kick: 2,
  penalty_kick: 2,
  corner: 2,
  throw_in: 2,
  goal_kick: 2,
  drop_ball: 2,
  shot_on: 3,
  shot_off: 3,
  goal: 4,
  kick_off: 5,
};
/** Records of one play follow each other within this, where the feed does not name the play. */
const SAME_CHAIN_SEC = 120;
/** An estimate that must not move: linked, pinned, final. */
const FIRM_SD_SEC = 0.01;
const SDS_OF_INTERVAL = 3.92;

interface Placed {
  readonly tracked: TrackedEvent;
  readonly told: Told;
}

interface Pool {
  weight: number;
  time: number;
  members: Placed[];
}

/**
 * `found` with the records of one play in causal order where their estimates contradict it: weighted isotonic regression (pool adjacent
 * violators), so that of two the less sure one gives way. What was told of the other records counts, but only `found` changes.
 */
export function inOrder(
  records: readonly TrackedEvent[],
  found: ReadonlyMap<TrackedEvent, Told>,
): ReadonlyMap<TrackedEvent, Told> {
  const all = new Set([...records, ...found.keys()]);
  const placed = [...all].flatMap((tracked): Placed[] => {
    const told = found.get(tracked) ?? tracked.told;
    return told === null ? [] : [{ tracked, told }];
  });
  const ordered = new Map(found);
  for (const { time, members } of chainsOf(placed).flatMap(poolsOf)) {
    if (members.length < 2) continue;
    for (const { tracked, told } of members) {
      if (found.has(tracked) && !isFirm(tracked, told)) ordered.set(tracked, movedTo(told, time));
    }
  }
  return ordered;
}

/** Plays the feed names, else runs of rising steps in the order of the log's own stamps. */
function chainsOf(records: readonly Placed[]): Placed[][] {
  const named = new Map<string, Placed[]>();
  const loose: Placed[] = [];
  for (const one of records) {
    const { logged, status } = one.tracked;
    if (STEPS[logged.class] === undefined || one.told.anchor === "none" || status === "retracted") continue;
    if (logged.occurrence === null) loose.push(one);
    else named.set(logged.occurrence, [...(named.get(logged.occurrence) ?? []), one]);
  }
  const chains = [...named.values()].map((chain) => chain.sort((a, b) => stepOf(a) - stepOf(b) || byStamp(a, b)));
  let chain: Placed[] = [];
  for (const one of loose.filter(({ told }) => !told.flags.includes("conflict")).sort(byStamp)) {
    const last = chain.at(-1);
    if (last === undefined || !follows(last, one)) {
      chains.push(chain);
      chain = [];
    }
    chain.push(one);
  }
  return [...chains, chain].filter(({ length }) => length > 1);
}

function follows(before: Placed, after: Placed): boolean {
  const gap = (loggedTime(after.tracked) - loggedTime(before.tracked)) / MICROS_PER_SECOND;
  const isSamePeriod = before.tracked.logged.period === after.tracked.logged.period;
  return isSamePeriod && gap < SAME_CHAIN_SEC && stepOf(after) > stepOf(before);
}

function poolsOf(chain: readonly Placed[]): Pool[] {
  const pools: Pool[] = [];
  for (const one of chain) {
    let pool: Pool = { weight: 1 / sdOf(one) ** 2, time: one.told.time, members: [one] };
    for (let last = pools.at(-1); last !== undefined && last.time > pool.time; last = pools.at(-1)) {
      const weight = last.weight + pool.weight;
      // Relative to one of them: sums of squares of epoch microseconds would lose digits.
      const time = last.time + ((pool.time - last.time) * pool.weight) / weight;
      pool = { weight, time, members: [...last.members, ...pool.members] };
      pools.pop();
    }
    pools.push(pool);
  }
  return pools;
}

function movedTo(told: Told, time: number): Told {
  const at = Math.round(time) as UnixMicros;
  return {
    ...told,
    time: at,
    lo: Math.min(told.lo, at) as UnixMicros,
    hi: Math.max(told.hi, at) as UnixMicros,
    notBefore: Math.max(told.notBefore, at) as UnixMicros,
  };
}

function isFirm({ status, pin }: TrackedEvent, told: Told): boolean {
  return status !== "open" || pin !== null || told.state === "confirmed";
}

function sdOf({ tracked, told }: Placed): number {
  if (isFirm(tracked, told)) return FIRM_SD_SEC;
  return Math.max(2 * FIRM_SD_SEC, (told.hi - told.lo) / MICROS_PER_SECOND / SDS_OF_INTERVAL);
}

function stepOf({ tracked }: Placed): number {
  return STEPS[tracked.logged.class] ?? 0;
}

function byStamp(a: Placed, b: Placed): number {
  return loggedTime(a.tracked) - loggedTime(b.tracked) || a.tracked.order - b.tracked.order;
}
