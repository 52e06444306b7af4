import { isTime, secondsBetween, type UnixMicros } from "../time.js";
import type { Evidence } from "./moment.js";
import type { RaceMark } from "./race-mark.js";

export interface RaceWatchState {
  readonly flag: string | null;
  readonly flagAt: number;
  readonly leader: string | null;
  readonly leaderAt: number;
  /** Latest stop of each car. */
  readonly pitAt: readonly (readonly [string, number])[];
  /** Cars whose fuel was told to be critical, since their last stop. */
  readonly critical: readonly string[];
}

interface Look {
  readonly weight: number;
  readonly leadSec: number;
  readonly tailSec: number;
}

/** Judged, like the interest of events (`evidence.ts`): what caused a caution lies before it, what a restart brings after it. */
const LOOKS = {
  cautionBegan: { weight: 0.45, leadSec: 15, tailSec: 12 },
  redFlagShown: { weight: 0.6, leadSec: 15, tailSec: 15 },
  restarted: { weight: 0.5, leadSec: 5, tailSec: 20 },
  checkeredShown: { weight: 0.7, leadSec: 15, tailSec: 15 },
  leadChanged: { weight: 0.5, leadSec: 12, tailSec: 8 },
  leaderStopped: { weight: 0.4, leadSec: 6, tailSec: 14 },
  greenStop: { weight: 0.26, leadSec: 6, tailSec: 14 },
  fuelCritical: { weight: 0.4, leadSec: 5, tailSec: 15 },
  ranOut: { weight: 0.6, leadSec: 8, tailSec: 12 },
} as const satisfies Record<string, Look>;
type Code = keyof typeof LOOKS;

/** A stop that is told again after a restart is placed anew, some milliseconds beside the first time. */
const AGAIN_SEC = 1;
/** A finish on fuel is a finish: earlier than this there is time to stop, and every car needs to. */
const FINISH_LAPS = 10;
const MAX_CARS = 256;

/** Follows a race's flags, stops, lead and fuel, and says what of it is worth looking at. Each thing once. */
export class RaceWatch {
  #flag: string | null;
  #flagAt: number;
  #leader: string | null;
  #leaderAt: number;
  readonly #pitAt: Map<string, number>;
  readonly #critical: Set<string>;

  constructor(state: RaceWatchState | null = null) {
    this.#flag = state?.flag ?? null;
    this.#flagAt = state?.flagAt ?? Number.MIN_SAFE_INTEGER;
    this.#leader = state?.leader ?? null;
    this.#leaderAt = state?.leaderAt ?? Number.MIN_SAFE_INTEGER;
    this.#pitAt = new Map(state?.pitAt);
    this.#critical = new Set(state?.critical);
  }

  get state(): RaceWatchState {
    return {
      flag: this.#flag,
      flagAt: this.#flagAt,
      leader: this.#leader,
      leaderAt: this.#leaderAt,
      pitAt: [...this.#pitAt],
      critical: [...this.#critical],
    };
  }

  /** `null`: everyday, known already, or older than what is known. */
  push(mark: RaceMark): Evidence | null {
    if (!isTime(mark.at)) return null;
    switch (mark.kind) {
      case "flag":
        return this.#flagShown(mark.flag, mark.at);
      case "pitIn":
        return this.#stopped(mark.car, mark.at);
      case "leader":
        return this.#led(mark.car, mark.at);
      case "fuel":
        return this.#fuelTold(mark);
      case "runOut":
        return evidence("ranOut", mark.at, { car: mark.car }, mark.car);
    }
  }

  #flagShown(flag: string, at: UnixMicros): Evidence | null {
    // On the last lap the race goes on as before. What is shown again after a restart is older, or the same flag.
    if (flag === "white" || at < this.#flagAt) return null;
    const [before, since] = [this.#flag, this.#flagAt];
    this.#flag = flag;
    this.#flagAt = at;
    // The first flag says how the race stands, not that anything happened.
    if (before === null || before === flag) return null;
    const isHeld = before === "caution" || before === "red";
    if (flag === "red") return evidence("redFlagShown", at, {});
    if (flag === "checkered") return evidence("checkeredShown", at, {});
    if (flag === "caution") return before === "red" ? null : evidence("cautionBegan", at, {});
    const seconds = Math.round(secondsBetween(since as UnixMicros, at));
    return flag === "green" && isHeld ? evidence("restarted", at, { after: before, seconds }) : null;
  }

  /** Under a caution everybody stops. */
  #stopped(car: string, at: UnixMicros): Evidence | null {
    const latest = this.#pitAt.get(car);
    if (latest !== undefined && secondsBetween(latest as UnixMicros, at) <= AGAIN_SEC) return null;
    if (latest === undefined && this.#pitAt.size >= MAX_CARS) return null;
    this.#pitAt.set(car, at);
    this.#critical.delete(car);
    if (this.#flag !== "green") return null;
    return evidence(car === this.#leader ? "leaderStopped" : "greenStop", at, { car }, car);
  }

  #led(car: string, at: UnixMicros): Evidence | null {
    if (at < this.#leaderAt) return null;
    const before = this.#leader;
    this.#leader = car;
    this.#leaderAt = at;
    return before === null || before === car ? null : evidence("leadChanged", at, { car, before });
  }

  #fuelTold({ at, car, lapsLeft, lapsLeftSd, lapsToGo, pReach }: RaceMark & { kind: "fuel" }): Evidence | null {
    const isFinish = lapsToGo > 0 && lapsToGo <= FINISH_LAPS;
    if (!isFinish || !(lapsLeft + lapsLeftSd < lapsToGo) || this.#critical.has(car)) return null;
    if (this.#critical.size >= MAX_CARS) return null;
    this.#critical.add(car);
    const params = {
      car,
      lapsLeft: tenth(lapsLeft),
      lapsToGo: tenth(lapsToGo),
      pReach: Math.round(pReach * 100) / 100,
    };
    return evidence("fuelCritical", at, params, car);
  }
}

/** Stops of a whole field count as one thing (`what`), each with a reason of its own. */
function evidence(code: Code, at: UnixMicros, params: Evidence["reason"]["params"], car = ""): Evidence {
  const id = car === "" ? `${code}@${at}` : `${code}@${car}@${at}`;
  return { ...LOOKS[code], id, part: "race", what: code, from: at, to: at, isOpen: false, reason: { code, params } };
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
