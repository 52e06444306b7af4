import type { Segments } from "./problem.js";

interface Remark {
  readonly segments: Segments;
  readonly message: string;
}
type Group = Readonly<Record<string, unknown>>;

const LOGINS = ["credsFile", "nkeyFile", "tokenFile", "loginFile"] as const;

/** Rules between the options of `nats`. */
export function checkNats(nats: Group): Remark[] {
  const given = LOGINS.filter((key) => isGiven(nats[key]));
  const remarks: Remark[] = given.slice(1).map((key) => ({
    segments: ["nats", key],
    message: `a second way to log in beside ${given[0]}: give one`,
  }));
  const tls = typeof nats.tls === "object" && nats.tls !== null ? (nats.tls as Group) : {};
  for (const [one, other] of [
    ["certFile", "keyFile"],
    ["keyFile", "certFile"],
  ] as const) {
    if (isGiven(tls[one]) && !isGiven(tls[other]))
      remarks.push({ segments: ["nats", "tls", one], message: `needs ${other}, too` });
  }
  return remarks;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
