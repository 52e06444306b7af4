import { formatClass, formatTime } from "./format.js";
import type { MomentData } from "./protocol.js";

type Params = MomentData["reasons"][number]["params"];

/** What a crowd does, where the roar's sound tells it. */
const ROARS: Readonly<Record<string, string>> = { cheer: "cheer", applause: "applause", chant: "chant", jeer: "jeers" };

/** What a reason's code and parameters say to a person. A code that is not known is shown as it is. */
const WORDS: Readonly<Record<string, (params: Params) => string>> = {
  eventLogged: ({ class: name, team }) =>
    team === undefined ? formatClass(String(name)) : `${formatClass(String(name))} (${String(team)})`,
  crowdLoud: ({ riseDb, seconds }) => `crowd ${String(riseDb)} dB up for ${String(seconds)} s`,
  roarHeard: ({ seconds, character }) => `${ROARS[String(character)] ?? "roar"} of ${String(seconds)} s`,
  hornHeard: () => "horn",
  cautionBegan: () => "caution",
  redFlagShown: () => "red flag",
  restarted: ({ after, seconds }) => `restart after ${String(seconds)} s of ${String(after)}`,
  checkeredShown: () => "chequered flag",
  leadChanged: ({ car, before }) => `car ${String(car)} leads, before ${String(before)}`,
  leaderStopped: ({ car }) => `leader ${String(car)} stops under green`,
  greenStop: ({ car }) => `car ${String(car)} stops under green`,
  fuelCritical: ({ car, lapsLeft, lapsToGo }) =>
    `car ${String(car)} has fuel for ${String(lapsLeft)} laps of ${String(lapsToGo)}`,
  ranOut: ({ car }) => `car ${String(car)} ran out of fuel`,
};

/** `goal (home), crowd 11.4 dB up for 24 s, roar of 26.5 s`: each thing once, the strongest first. */
export function wordsOf(reasons: MomentData["reasons"]): string {
  const words = reasons.map(({ code, params }) => (Object.hasOwn(WORDS, code) ? WORDS[code]?.(params) : code) ?? code);
  return [...new Set(words)].join(", ");
}

/** `18:47:05 – 18:47:47` */
export function spanOf({ in: from, out }: Pick<MomentData, "in" | "out">): string {
  return `${formatTime(from).slice(0, 8)} – ${formatTime(out).slice(0, 8)}`;
}
