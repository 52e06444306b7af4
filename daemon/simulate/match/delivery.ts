import { addSeconds, formatRfc3339, parseRfc3339 } from "../../../sync/index.js";
import type { Random } from "../random.js";
import type { Match } from "./match.js";
import type { Persona } from "./personas.js";
import type { LoggerOptions, Press } from "./press.js";

/** A message of the contract "what comes in: log", with the arrival the recording adds. */
export interface LogMessage {
  readonly id: string;
  readonly version: number;
  readonly op: "upsert" | "delete";
  readonly logger: string;
  readonly session: string;
  readonly class: string;
  readonly period: string;
  readonly stamp: string;
  readonly resolutionMs: number;
  readonly team?: string;
  readonly arrival: string;
}

type Draft = Omit<LogMessage, "arrival"> & { arrivalSec: number };

/** What a class is first taken for when the logger puts it right later. */
const MISTAKEN_FOR: Readonly<Record<string, string>> = {
  shot_on: "shot_off",
  shot_off: "shot_on",
  foul: "foul_advantage",
  corner: "throw_in",
  free_kick: "throw_in",
  goal_kick: "corner",
};

/** A record waits for the next one only when that comes soon; longer gaps are bridged rarely, as feeds do. */
const HOLD_SHORT_SEC = 20;
const HOLD_LONG_SEC = 60;

/** From presses to messages in order of arrival, with the faults of a feed. */
export function deliver(
  match: Match,
  presses: readonly Press[],
  persona: Persona,
  random: Random,
  options: LoggerOptions,
): LogMessage[] {
  const drafts: Draft[] = [];
  for (const [index, press] of presses.entries()) {
    const final = firstDraft(match, press, persona, random, options);
    hold(final, presses[index + 1], press, persona, random);
    drafts.push(...withHistory(final, persona, random));
  }
  return drafts
    .sort((a, b) => a.arrivalSec - b.arrivalSec || a.version - b.version)
    .map(({ arrivalSec, ...message }) => ({ ...message, arrival: formatRfc3339(addSeconds(match.start, arrivalSec)) }));
}

function firstDraft(match: Match, press: Press, persona: Persona, random: Random, options: LoggerOptions): Draft {
  const { network } = persona;
  const arrivalSec =
    network === null
      ? // Handed in after the match, in the order of the pictures.
        match.durationSec + 60 + press.play.timeSec * 0.02
      : press.sentSec + random.lognormal(network.medianSec, network.sigma);
  return {
    id: press.id,
    version: 1,
    op: "upsert",
    logger: options.logger,
    session: options.session,
    class: press.play.class,
    period: press.play.period,
    stamp: formatRfc3339(press.stamp),
    resolutionMs: options.faults.includes("floor") ? 1000 : 1,
    ...(press.play.team === null ? {} : { team: press.play.team }),
    arrivalSec,
  };
}

/** Lets a record arrive just after the next one. */
function hold(draft: Draft, next: Press | undefined, press: Press, persona: Persona, random: Random): void {
  const gapSec = next === undefined ? Number.POSITIVE_INFINITY : next.sentSec - press.sentSec;
  const chance = gapSec < HOLD_SHORT_SEC ? persona.held * 1.6 : gapSec < HOLD_LONG_SEC ? persona.held * 0.8 : 0;
  const afterSec = random.uniform(0.3, 2.5);
  if (random.chance(chance) && gapSec > -1)
    draft.arrivalSec = Math.max(draft.arrivalSec, draft.arrivalSec + gapSec + afterSec);
}

/** The record as it stands at the end, with what went before and after it: edits, a withdrawn twin, the same again. */
function withHistory(final: Draft, persona: Persona, random: Random): Draft[] {
  const drafts: Draft[] = [];
  let last = final;
  if (random.chance(persona.edited)) {
    drafts.push({ ...final, ...mistake(final, random) });
    last = { ...final, version: 2, arrivalSec: final.arrivalSec + random.uniform(4, 40) };
  }
  drafts.push(last);
  if (random.chance(persona.withdrawn)) drafts.push(...withdrawnTwin(final, random));
  if (random.chance(persona.duplicated)) {
    drafts.push({ ...last, arrivalSec: last.arrivalSec + random.lognormal(0.8, 0.8) });
  }
  return drafts;
}

function mistake(draft: Draft, random: Random): Partial<Draft> {
  const other = MISTAKEN_FOR[draft.class];
  if (other !== undefined && random.chance(0.5)) return { class: other };
  const offSec = (random.chance(0.5) ? 1 : -1) * random.uniform(1, 6);
  return { stamp: moveStamp(draft, offSec) };
}

/**
 * A record that is deleted again. Half of them are the first try of this one (deleted, then entered anew under the id that stands), half never
 * happened.
 */
function withdrawnTwin(draft: Draft, random: Random): Draft[] {
  const isFirstTry = random.chance(0.5);
  const leadSec = random.uniform(1, 4);
  const twin: Draft = {
    ...draft,
    id: random.id(),
    arrivalSec: isFirstTry ? draft.arrivalSec - Math.min(leadSec, 0.3) : draft.arrivalSec + leadSec,
    ...(isFirstTry ? {} : { stamp: moveStamp(draft, random.uniform(3, 25)) }),
  };
  return [twin, { ...twin, op: "delete", version: 2, arrivalSec: twin.arrivalSec + random.uniform(3, 25) }];
}

/** At the resolution it had. */
function moveStamp({ stamp, resolutionMs }: Draft, seconds: number): string {
  const at = parseRfc3339(stamp);
  if (at === null) return stamp;
  return formatRfc3339(addSeconds(at, resolutionMs === 1000 ? Math.round(seconds) : seconds));
}
