import type { AnchorGroup } from "./match.js";

interface FootballClass {
  readonly anchor: AnchorGroup;
  /** Median of press minus truth of a live logger, seconds. */
  readonly lagSec: number;
  /** P(the act makes the crowd roar), for classes told by the crowd. */
  readonly roar: number;
}

/**
 * Anchors and lags as in the published class tables of live logging: lags of acts nobody has measured (injury, drop ball) are
 * taken from the class whose act is most alike.
 */
export const FOOTBALL: Readonly<Record<string, FootballClass>> = {
  period_start: { anchor: "whistle", lagSec: 1.0, roar: 0 },
  period_end: { anchor: "whistle", lagSec: 1.3, roar: 0 },
  kick_off: { anchor: "whistle", lagSec: 1.1, roar: 0 },
  foul: { anchor: "whistle", lagSec: 1.9, roar: 0 },
  offside: { anchor: "whistle", lagSec: 2.1, roar: 0 },
  penalty_kick: { anchor: "whistle", lagSec: 1.6, roar: 0 },
  drop_ball: { anchor: "whistle", lagSec: 1.6, roar: 0 },
  goal: { anchor: "roar", lagSec: 1.5, roar: 0.97 },
  shot_on: { anchor: "roar", lagSec: 1.8, roar: 0.75 },
  shot_off: { anchor: "roar", lagSec: 1.8, roar: 0.55 },
  card: { anchor: "roar", lagSec: 3.0, roar: 0.4 },
  foul_advantage: { anchor: "none", lagSec: 1.9, roar: 0 },
  substitution: { anchor: "none", lagSec: 4.0, roar: 0 },
  corner: { anchor: "none", lagSec: 1.6, roar: 0 },
  throw_in: { anchor: "none", lagSec: 1.3, roar: 0 },
  goal_kick: { anchor: "none", lagSec: 1.4, roar: 0 },
  free_kick: { anchor: "none", lagSec: 1.6, roar: 0 },
  injury: { anchor: "none", lagSec: 3.0, roar: 0 },
};

export function anchorOf(eventClass: string): AnchorGroup {
  return FOOTBALL[eventClass]?.anchor ?? "none";
}

export function lagMedianSec(eventClass: string): number {
  return FOOTBALL[eventClass]?.lagSec ?? 1.5;
}
