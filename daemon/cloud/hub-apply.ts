import type { NatsLink, StreamSpec } from "../link.js";
import { differences, whyUnusable } from "../outputs/index.js";
import { type HubPlan, streamsOf } from "./hub-plan.js";

/** What was found or done about one stream. */
export interface StreamOutcome {
  readonly stream: string;
  readonly outcome: "there" | "made" | "missing" | "differs" | "failed";
  readonly detail: string | null;
}

type Hub = Pick<NatsLink, "streamInfo" | "createStream">;

/** Makes what is missing; never changes or deletes. `isDry`: only says. */
export async function applyHub(
  hub: Hub,
  plan: Pick<HubPlan, "boxes" | "replicas">,
  isDry: boolean,
): Promise<StreamOutcome[]> {
  const outcomes: StreamOutcome[] = [];
  for (const spec of streamsOf(plan)) outcomes.push(await bringAbout(hub, spec, isDry));
  return outcomes;
}

async function bringAbout(hub: Hub, spec: StreamSpec, isDry: boolean): Promise<StreamOutcome> {
  const stream = spec.name;
  const known = await hub.streamInfo(stream);
  if (!known.ok) return { stream, outcome: "failed", detail: known.message };
  if (known.value !== null) {
    const problems = [whyUnusable(spec, known.value) ?? [], differences(known.value)].flat();
    return problems.length === 0
      ? { stream, outcome: "there", detail: null }
      : { stream, outcome: "differs", detail: problems.join("; ") };
  }
  if (isDry) return { stream, outcome: "missing", detail: null };
  const made = await hub.createStream(spec);
  return made.ok ? { stream, outcome: "made", detail: null } : { stream, outcome: "failed", detail: made.message };
}
