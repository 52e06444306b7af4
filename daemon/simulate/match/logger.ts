import { addSeconds, type UnixMicros } from "../../../sync/index.js";
import { Random } from "../random.js";
import { FOOTBALL, lagMedianSec } from "./classes.js";
import { deliver, type LogMessage } from "./delivery.js";
import type { AnchorGroup, Match, Play } from "./match.js";
import { type LoggerFault, PERSONAS, type Persona, type PersonaName } from "./personas.js";
import type { LoggerOptions, Press, PressFault } from "./press.js";

/** The truth of one record that stands at the end. */
export interface RecordTruth {
  /** `logger/id`. */
  readonly eventId: string;
  readonly class: string;
  readonly period: string;
  readonly timeSec: number;
  readonly anchor: AnchorGroup;
  readonly cueId: string | null;
  /** Key of the play: the same for all loggers that told it. */
  readonly play: string;
  readonly fault: PressFault;
}

/** What an oracle would know of the logger. */
export interface LoggerTruth {
  readonly logger: string;
  readonly persona: PersonaName;
  readonly offsetSec: number;
  readonly driftPpm: number;
  /** Added to the clock in the second half. */
  readonly stepSec: number;
  readonly streamDelaySec: number;
  /** This person's median lag by class. */
  readonly lagSec: Readonly<Record<string, number>>;
}

export interface LoggedMatch {
  /** In order of arrival. */
  readonly messages: readonly LogMessage[];
  readonly records: readonly RecordTruth[];
  readonly truth: LoggerTruth;
}

/**
 * A human logs the match: `stamp = press + clock`, `press = truth + stream delay + lag x person x class x spread + wander`,
 * `clock = offset + drift x t + half-time step`, `arrival = press + network`; then what feeds do: duplicates, edits, deletes, disorder.
 */
export function logMatch(match: Match, personaName: PersonaName, seed: number, options: LoggerOptions): LoggedMatch {
  const random = new Random(`${seed}/logger/${options.logger}`);
  const persona: Persona = withFaults(PERSONAS[personaName], options.faults);
  const truth = drawLogger(random.fork("person"), persona, personaName, options);
  const presses = pressAll(match, persona, truth, random.fork("press"), options.faults);
  return {
    messages: deliver(match, presses, persona, random.fork("delivery"), options),
    records: presses.map(({ id, play, fault }) => ({
      eventId: `${options.logger}/${id}`,
      class: play.class,
      period: play.period,
      timeSec: play.timeSec,
      anchor: play.anchor,
      cueId: play.cueId,
      play: play.key,
      fault,
    })),
    truth,
  };
}

/** The logger's clock minus UTC at a moment of the session, seconds. */
export function clockErrorSec(truth: LoggerTruth, match: Pick<Match, "periods">, atSec: number): number {
  const secondHalfSec = match.periods[1]?.startSec ?? Number.POSITIVE_INFINITY;
  // The step is made in the break: well before anything of the second half is logged.
  const step = atSec > secondHalfSec - 60 ? truth.stepSec : 0;
  return truth.offsetSec + truth.driftPpm * 1e-6 * atSec + step;
}

function withFaults(persona: Persona, faults: readonly LoggerFault[]): Persona {
  return {
    ...persona,
    ...(faults.includes("step5") ? { step: { chance: 1, sdSec: 5 } } : {}),
    ...(faults.includes("slow") ? { lagScale: persona.lagScale * 2 } : {}),
    ...(faults.includes("gross") ? { grossShare: 0.1 } : {}),
    ...(faults.includes("offset300") ? { offsetSec: 300 } : {}),
  };
}

function drawLogger(random: Random, persona: Persona, name: PersonaName, options: LoggerOptions): LoggerTruth {
  const { clipPpm, sdPpm } = persona.drift;
  const person = random.lognormal(1, persona.personSigma);
  const lagSec = Object.fromEntries(
    Object.keys(FOOTBALL).map((eventClass) => {
      const factor = random.lognormal(1, persona.classSigma);
      return [eventClass, lagMedianSec(eventClass) * persona.lagScale * person * factor];
    }),
  );
  return {
    logger: options.logger,
    persona: name,
    offsetSec: random.uniform(-persona.offsetSec, persona.offsetSec),
    driftPpm: Math.max(-clipPpm, Math.min(clipPpm, random.normal(0, sdPpm))),
    stepSec: random.chance(persona.step.chance) ? random.normal(0, persona.step.sdSec) : 0,
    streamDelaySec: random.uniform(...persona.streamDelaySec),
    lagSec,
  };
}

function pressAll(
  match: Match,
  persona: Persona,
  truth: LoggerTruth,
  random: Random,
  faults: readonly LoggerFault[],
): Press[] {
  const { sdSec, tauSec } = persona.wander;
  let wanderSec = random.normal(0, sdSec);
  let before = 0;
  const presses: Press[] = [];
  for (const play of match.plays) {
    // Exact step of an Ornstein-Uhlenbeck process over any gap.
    const keep = Math.exp(-(play.timeSec - before) / tauSec);
    wanderSec = wanderSec * keep + random.normal(0, sdSec) * Math.sqrt(1 - keep * keep);
    before = play.timeSec;
    if (random.chance(persona.neverShare)) continue;
    const reactionSec = reactSec(play, persona, truth, random, faults.includes("early"));
    const pressSec = play.timeSec + truth.streamDelaySec + reactionSec + wanderSec;
    presses.push(pressOne(match, play, pressSec, persona, truth, random, faults));
  }
  return presses;
}

function reactSec(play: Play, persona: Persona, truth: LoggerTruth, random: Random, isEarly: boolean): number {
  if ("laplaceSec" in persona.spread) return random.laplace(persona.spread.laplaceSec);
  const lag = (truth.lagSec[play.class] ?? 1.5) * Math.exp(persona.spread.sigma * random.normal());
  const isKickOff = play.class === "period_start" || play.class === "kick_off";
  return isEarly && isKickOff ? -random.uniform(0.2, 1.5) : lag;
}

function pressOne(
  match: Match,
  play: Play,
  pressSec: number,
  persona: Persona,
  truth: LoggerTruth,
  random: Random,
  faults: readonly LoggerFault[],
): Press {
  const isGross = random.chance(persona.grossShare);
  const isLate = random.chance(persona.lateShare);
  const grossSec = (random.chance(0.5) ? 1 : -1) * random.uniform(5, 60);
  const lateSec = random.uniform(5, 60);
  const isLateStampRight = random.chance(0.5);
  const id = random.id();
  const period = match.periods.find((candidate) => candidate.period === play.period);
  if (faults.includes("scheduled") && play.class === "period_start" && period !== undefined) {
    return { id, play, stamp: addSeconds(match.start, period.scheduledSec), sentSec: pressSec, fault: "scheduled" };
  }
  const stampSec = pressSec + (isGross ? grossSec : 0) + (isLate && !isLateStampRight ? lateSec : 0);
  const shown = addSeconds(match.start, stampSec + clockErrorSec(truth, match, play.timeSec));
  const stamp = faults.includes("floor") ? ((Math.floor(shown / 1e6) * 1e6) as UnixMicros) : shown;
  return {
    id,
    play,
    stamp,
    sentSec: pressSec + (isLate ? lateSec : 0),
    fault: isGross ? "gross" : isLate ? "late" : null,
  };
}
