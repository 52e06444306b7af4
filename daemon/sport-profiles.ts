import { listSports, loadSportProfile } from "../config/index.js";
import type { SportProfile } from "../sync/index.js";

const loaded = new Map<string, SportProfile>();

/** A sport nobody has a profile of: its events are kept and corrected by nothing but the clock, and no cue means anything. */
const UNKNOWN_SPORT: SportProfile = { sport: "unknown", cues: [], classes: {}, clutterPerHour: {} };

/** The profile of a sport; one without classes where there is none. @throws ConfigError when a profile file is damaged. */
export function profileOf(sport: string): SportProfile {
  const known = loaded.get(sport);
  if (known !== undefined) return known;
  const profile = listSports().includes(sport) ? loadSportProfile(sport) : { ...UNKNOWN_SPORT, sport };
  // Bounded: an unknown sport of a message is not kept.
  if (listSports().includes(sport)) loaded.set(sport, profile);
  return profile;
}
