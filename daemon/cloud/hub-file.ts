import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { messageOf, TouchlineError } from "../errors.js";
import type { HubPlan } from "./hub-plan.js";

const NAME = { type: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$" } as const;
const NKEY = { type: "string", pattern: "^U[A-Z2-7]{55}$" } as const;
const FILE = { type: "string", minLength: 1 } as const;

function group(properties: object, required: readonly string[]): object {
  return { type: "object", properties, required, additionalProperties: false };
}

const SCHEMA = group(
  {
    port: { type: "integer", minimum: 1, maximum: 65_535, default: 4222 },
    replicas: { type: "integer", minimum: 1, maximum: 5, default: 1 },
    tls: {
      ...group({ certFile: FILE, keyFile: FILE, caFile: FILE }, ["certFile", "keyFile", "caFile"]),
      nullable: true,
      default: null,
    },
    admins: { type: "array", items: NKEY, minItems: 1, uniqueItems: true },
    boxes: {
      type: "array",
      items: group({ venue: NAME, box: NAME, nkey: NKEY }, ["venue", "box", "nkey"]),
      minItems: 1,
    },
    consumers: {
      type: "array",
      default: [],
      items: group(
        { name: NAME, nkey: NKEY, venues: { type: "array", items: NAME, minItems: 1, nullable: true, default: null } },
        ["name", "nkey"],
      ),
    },
  },
  ["admins", "boxes"],
);

const validate = new Ajv({ allErrors: true, useDefaults: true }).compile<HubPlan>(SCHEMA);

/** Reads the plan of a hub. @throws TouchlineError `FILE_UNREADABLE`, `HUB_PLAN_INVALID` with all that is wrong */
export function loadHubPlan(path: string): HubPlan {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (thrown) {
    throw new TouchlineError("FILE_UNREADABLE", [path, messageOf(thrown)], thrown);
  }
  const plan = yamlOf(path, text);
  if (!validate(plan)) {
    const problems = (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || "/"} ${message}`);
    throw new TouchlineError("HUB_PLAN_INVALID", [path, problems.join("; ")]);
  }
  const twice = doublesIn(plan);
  if (twice.length > 0) throw new TouchlineError("HUB_PLAN_INVALID", [path, `named twice: ${twice.join(", ")}`]);
  return plan;
}

function yamlOf(path: string, text: string): unknown {
  try {
    return parse(text);
  } catch (thrown) {
    throw new TouchlineError("HUB_PLAN_INVALID", [path, messageOf(thrown)], thrown);
  }
}

/** A key that stands for two users would give one of them the other's rights. */
function doublesIn({ boxes, consumers, admins }: HubPlan): string[] {
  const names = [
    ...boxes.map(({ venue, box }) => `${venue}/${box}`),
    ...consumers.map(({ name }) => name),
    ...[...boxes, ...consumers].map(({ nkey }) => nkey),
    ...admins,
  ];
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
