interface LiftPoint {
  pct: number;
  count: number;
}

const MOST_POINTS = 12;
/** Lifts closer than this share of a lap are the same corner's. */
const SAME_CORNER = 0.04;
const WEIGHT = 0.1;

/** Where on the lap a driver usually leaves the throttle. */
export class LiftPoints {
  constructor(
    private points: LiftPoint[] = [],
    /** Others hold the same points: they are copied before they are changed. */
    private isShared = false,
  ) {}

  /** How much earlier than usual this lift is, in shares of a lap; null at a place that is not known yet. */
  learn(lapPct: number): number | null {
    if (this.isShared) {
      this.points = this.points.map((point) => ({ ...point }));
      this.isShared = false;
    }
    const known = this.points.find((point) => Math.abs(apart(point.pct, lapPct)) < SAME_CORNER);
    if (known === undefined) {
      if (this.points.length >= MOST_POINTS) this.points.splice(leastUsed(this.points), 1);
      this.points.push({ pct: lapPct, count: 1 });
      return null;
    }
    const earlier = apart(known.pct, lapPct);
    known.count += 1;
    known.pct -= Math.max(WEIGHT, 1 / known.count) * earlier;
    known.pct -= Math.floor(known.pct);
    return known.count > 5 ? earlier : null;
  }

  copy(): LiftPoints {
    this.isShared = true;
    return new LiftPoints(this.points, true);
  }

  /** Place and count by turns. */
  store(): number[] {
    return this.points.flatMap(({ pct, count }) => [pct, count]);
  }

  static restore(stored: ArrayLike<number>): LiftPoints {
    const points = Array.from({ length: stored.length / 2 }, (_, i) => ({
      pct: stored[2 * i] ?? 0,
      count: stored[2 * i + 1] ?? 0,
    }));
    return new LiftPoints(points);
  }
}

/** a − b on the circle of a lap, −0.5..0.5. */
function apart(a: number, b: number): number {
  const difference = a - b;
  return difference - Math.round(difference);
}

function leastUsed(points: readonly LiftPoint[]): number {
  let least = 0;
  for (const [i, { count }] of points.entries()) if (count < (points[least]?.count ?? 0)) least = i;
  return least;
}
