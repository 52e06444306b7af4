import { sayGot } from "./findings.js";
import type { Segments } from "./problem.js";

interface Remark {
  readonly segments: Segments;
  readonly message: string;
}
type Group = Readonly<Record<string, unknown>>;

/** Options that are for some types only. */
const TYPES_OF_KEY = {
  subject: ["nats", "jetstream"],
  queue: ["nats"],
  stream: ["jetstream"],
  durable: ["jetstream"],
  path: ["file"],
} as const;
const NEEDED = { nats: "subject", jetstream: "stream", file: "path" } as const;

/** Rules between the options of the telemetry inputs. `sessions`: names that the file declares. */
export function checkTelemetry(inputs: readonly Group[], canNats: boolean, sessions: readonly string[]): Remark[] {
  return inputs.flatMap((input, index) => {
    const segments = ["inputs", "telemetry", String(index)];
    return [
      ...checkType(input, segments, canNats),
      ...checkFormat(input, segments),
      ...checkRates(input, segments),
      ...checkSession(input, segments, sessions),
    ];
  });
}

function checkType(input: Group, segments: Segments, canNats: boolean): Remark[] {
  const { type } = input;
  if (type !== "nats" && type !== "jetstream" && type !== "file") return [];
  const remarks: Remark[] = [];
  if (type !== "file" && !canNats) {
    remarks.push({ segments: [...segments, "type"], message: "needs nats.servers, which is empty" });
  }
  if (!isGiven(input[NEEDED[type]])) remarks.push({ segments, message: `type ${type} needs a ${NEEDED[type]}` });
  for (const [key, types] of Object.entries(TYPES_OF_KEY)) {
    if (!isGiven(input[key]) || types.some((allowed) => allowed === type)) continue;
    remarks.push({
      segments: [...segments, key],
      message: `is for type ${types.join(" and ")} only, and this is ${type}`,
    });
  }
  return remarks;
}

function checkFormat(input: Group, segments: Segments): Remark[] {
  const fields = asGroup(input.fields);
  if (input.format === "signal") {
    const missing = ["car", "signal"].filter((key) => !isGiven(fields[key]));
    return missing.map((key) => ({
      segments: [...segments, "fields"],
      message: `format signal needs fields.${key}: where the ${key === "car" ? "car" : "name of the signal"} stands, such as $2`,
    }));
  }
  const remarks: Remark[] = ["signal", "value"]
    .filter((key) => isGiven(fields[key]))
    .map((key) => ({ segments: [...segments, "fields", key], message: "is for format signal only" }));
  if (Object.values(asGroup(input.signals)).some(isGiven)) {
    remarks.push({ segments: [...segments, "signals"], message: "is for format signal only" });
  }
  return remarks;
}

function checkRates(input: Group, segments: Segments): Remark[] {
  const least = typeof input.minHz === "number" ? input.minHz : 5;
  const most = typeof input.maxHz === "number" ? input.maxHz : 20;
  if (most >= least) return [];
  return [{ segments: [...segments, "maxHz"], message: `must be at least minHz, which is ${least} ${sayGot(most)}` }];
}

function checkSession(input: Group, segments: Segments, sessions: readonly string[]): Remark[] {
  const { session } = input;
  if (typeof session !== "string" || sessions.length === 0 || sessions.includes(session)) return [];
  return [{ segments: [...segments, "session"], message: `names no session of this file ${sayGot(session)}` }];
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function asGroup(value: unknown): Group {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Group) : {};
}
