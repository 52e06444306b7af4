const BINS = 32;
/** Weight of the newest sample: about the last ten in a place. */
const WEIGHT = 0.1;
const FIELDS = 2;

/** Mean rate and speed by place on the lap, of one car under one flag: what a hole in its data most likely held. */
export class LapProfile {
  /** Rate and speed of each place, NaN before the car was there. */
  constructor(private readonly table: Float64Array = new Float64Array(BINS * FIELDS).fill(Number.NaN)) {}

  learn(lapPct: number, rate: number, speedMps: number): void {
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
    return new LapProfile(this.table.slice());
  }

  /** NaN is not JSON: unknown places are null. */
  store(): (number | null)[] {
    return Array.from(this.table, (value) => (Number.isNaN(value) ? null : value));
  }

  static restore(stored: readonly (number | null)[]): LapProfile {
    const table = new Float64Array(BINS * FIELDS).fill(Number.NaN);
    for (const [i, value] of stored.slice(0, table.length).entries()) table[i] = value ?? Number.NaN;
    return new LapProfile(table);
  }
}

function binOf(lapPct: number): number {
  const share = lapPct - Math.floor(lapPct);
  return Math.min(BINS - 1, Math.floor(share * BINS));
}
