/** How a human at a laptop errs. Seconds, unless the name says otherwise. */
export interface Persona {
  /** Half width of the uniform clock offset. */
  readonly offsetSec: number;
  /** The clock is set anew at half-time with this chance, by a normal step of this sd. */
  readonly step: { readonly chance: number; readonly sdSec: number };
  readonly drift: { readonly sdPpm: number; readonly clipPpm: number };
  /** Delay of the pictures the logger looks at, drawn once. */
  readonly streamDelaySec: readonly [number, number];
  /** Slow wander of attention: Ornstein-Uhlenbeck. */
  readonly wander: { readonly sdSec: number; readonly tauSec: number };
  /** Factor on the class's median lag; 0 for someone who scrubs the pictures until the moment is right. */
  readonly lagScale: number;
  readonly personSigma: number;
  readonly classSigma: number;
  /** Per event: lognormal sigma on the lag, or Laplace scale in seconds where there is no lag. */
  readonly spread: { readonly sigma: number } | { readonly laplaceSec: number };
  readonly grossShare: number;
  readonly lateShare: number;
  readonly neverShare: number;
  /** `null`: the log is handed in after the match. */
  readonly network: { readonly medianSec: number; readonly sigma: number } | null;
  /** Chance per record that it is withdrawn again, half of them re-entered under a new id. */
  readonly withdrawn: number;
  readonly edited: number;
  readonly duplicated: number;
  /** Chance that a record waits for the one after it. */
  readonly held: number;
}

const VENUE: Persona = {
  offsetSec: 30,
  step: { chance: 0.5, sdSec: 1 },
  drift: { sdPpm: 50, clipPpm: 200 },
  streamDelaySec: [0, 0],
  wander: { sdSec: 0.3, tauSec: 300 },
  lagScale: 1,
  personSigma: 0.25,
  classSigma: 0.2,
  spread: { sigma: 0.45 },
  grossShare: 0.02,
  lateShare: 0.01,
  neverShare: 0.01,
  network: { medianSec: 0.3, sigma: 0.5 },
  withdrawn: 0.075,
  edited: 0.04,
  duplicated: 0.02,
  held: 0.145,
};

/** The generator of live and post-match loggers; its numbers come from measured feeds (lags, deletes, disorder, half-time steps). */
export const PERSONAS = {
  venue: VENUE,
  tv: { ...VENUE, streamDelaySec: [3, 6], wander: { sdSec: 0.4, tauSec: 300 } },
  stream: { ...VENUE, streamDelaySec: [7, 15], wander: { sdSec: 1, tauSec: 120 } },
  "post-match": {
    ...VENUE,
    wander: { sdSec: 0, tauSec: 300 },
    lagScale: 0,
    personSigma: 0,
    classSigma: 0,
    spread: { laplaceSec: 0.25 },
    grossShare: 0.01,
    lateShare: 0,
    network: null,
    withdrawn: 0,
    edited: 0.02,
    duplicated: 0.02,
    held: 0,
  },
  dirty: { ...VENUE, spread: { sigma: 0.7 }, grossShare: 0.1, lateShare: 0.06, neverShare: 0.04 },
} as const satisfies Record<string, Persona>;

export type PersonaName = keyof typeof PERSONAS;
export const PERSONA_NAMES = Object.keys(PERSONAS) as PersonaName[];

/** What may be wrong on top of a persona. */
export const LOGGER_FAULTS = {
  floor: "stamps are whole seconds, floored",
  scheduled: "kick-offs carry the programme's time",
  early: "kick-offs are pressed before the whistle",
  step5: "the clock jumps by N(0, 5 s) at half-time",
  slow: "twice as slow as others",
  gross: "one stamp in ten is 5 to 60 s wrong",
  offset300: "the clock is up to 300 s off",
} as const;

export type LoggerFault = keyof typeof LOGGER_FAULTS;
export const LOGGER_FAULT_NAMES = Object.keys(LOGGER_FAULTS) as LoggerFault[];
