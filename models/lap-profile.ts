const BINS = 32;
/** Weight of the newest sample: about the last ten in a place. */
const WEIGHT = 0.1;
const FIELDS = 2;
export const PROFILE_SIZE = BINS * FIELDS;

/** Mean rate and speed by place on the lap, of one car under one flag: what a hole in its data most likely held. */
export class LapProfile {
  /** Rate and speed of each place, NaN before the car was there; a hole's burn is not known to more digits. */
  constructor(
    private table: Float32Array = new Float32Array(PROFILE_SIZE).fill(Number.NaN),
    /** Another profile reads the same table: it is copied before it is written. */
    private isShared = false,
  ) {}

  learn(lapPct: number, rate: number, speedMps: number): void {
    if (this.isShared) {
      this.table = this.table.slice();
      this.isShared = false;
    }
    const place = binOf(lapPct) * FIELDS;
    const known = this.table[place] as number;
    if (Number.isNaN(known)) {
      this.table[place] = rate;
      this.table[place + 1] = speedMps;
      return;
    }
    this.table[place] = known + WEIGHT * (rate - known);
    this.table[place + 1] = (this.table[place + 1] as number) + WEIGHT * (speedMps - (this.table[place + 1] as number));
  }

  /** Mean rate over the way from one place to another (at most a lap), weighted by time; null where a part is unknown. */
  meanRate(fromPct: number, lapShare: number): number | null {
    const steps = Math.max(1, Math.min(BINS, Math.round(lapShare * BINS)));
    let fuel = 0;
    let time = 0;
    for (let i = 0; i < steps; i++) {
      const place = binOf(fromPct + ((i + 0.5) / steps) * lapShare) * FIELDS;
      const rate = this.table[place] as number;
      const speed = this.table[place + 1] as number;
      if (Number.isNaN(rate) || speed < 1) return null;
      fuel += rate / speed;
      time += 1 / speed;
    }
    return fuel / time;
  }

  copy(): LapProfile {
    this.isShared = true;
    return new LapProfile(this.table, true);
  }

  /** As it is; NaN where the car has not been. */
  store(): ArrayLike<number> {
    return this.table;
  }

  static restore(stored: ArrayLike<number>): LapProfile {
    return new LapProfile(Float32Array.from(stored));
  }
}

function binOf(lapPct: number): number {
  const share = lapPct - Math.floor(lapPct);
  return Math.min(BINS - 1, Math.floor(share * BINS));
}
