import type { SessionConfig, VenueConfig } from "../config/index.js";
import { parseRfc3339 } from "../sync/index.js";
import type { SessionSpec } from "./session-cores.js";

/** Sport of a session that nobody declared: the one most venues hold. */
const DEFAULT_SPORT = "football";

export function sessionsOf(config: VenueConfig): SessionSpec[] {
  return config.sessions.map(toSpec);
}

/** Where a message goes that names no session: the first declared one, else one that is the whole venue. */
export function defaultSessionOf(config: VenueConfig): SessionSpec {
  const [first] = config.sessions;
  if (first !== undefined) return toSpec(first);
  return {
    session: "default",
    sport: DEFAULT_SPORT,
    name: null,
    scheduledStart: null,
    scheduledEnd: null,
    channels: null,
  };
}

function toSpec(session: SessionConfig): SessionSpec {
  return {
    session: session.session,
    sport: session.sport,
    name: session.name,
    scheduledStart: parseRfc3339(session.scheduledStart),
    scheduledEnd: session.scheduledEnd === null ? null : parseRfc3339(session.scheduledEnd),
    channels: session.channels,
    fuel: session.fuel,
  };
}
