/** Answers questions over NATS: for those who run hundreds of boxes and reach none of them by HTTP. */
import { Counter, type Registry } from "prom-client";
import { formatRfc3339 } from "../sync/index.js";
import type { NatsLink } from "./link.js";
import type { Health } from "./observe/index.js";
import type { StoreClient } from "./outbox/index.js";
import type { Output } from "./outputs/index.js";
import { type BoxIdentity, escapeToken } from "./records/index.js";

/** Questions answered at a time; more are not answered, and asked again by who wants to know. */
const MAX_IN_FLIGHT = 8;

export const QUESTIONS = ["status", "outbox.ls", "outbox.verify"] as const;
export type Question = (typeof QUESTIONS)[number];

export interface AnswerParts {
  readonly link: Pick<NatsLink, "subscribe">;
  readonly box: BoxIdentity;
  readonly version: string;
  readonly health: Pick<Health, "check">;
  readonly store: Pick<StoreClient, "stats" | "checkState">;
  readonly outputs: readonly Pick<Output, "status">[];
  readonly registry: Registry;
}

/**
 * Serves `touchline.ask.<venue>.<box>.<question>` by request and reply; the body of a question is not read. Every answer is one JSON object
 * with `venue` and `box`. What is asked that is none of `QUESTIONS` is answered with `{"error"}`. Returns the way to stop.
 */
export function startAnswers(parts: AnswerParts): () => void {
  const { link, box, registry } = parts;
  const asked = new Counter({
    name: "touchline_nats_questions_total",
    help: "Questions by NATS request, by what came of them.",
    labelNames: ["question", "result"],
    registers: [registry],
  });
  for (const question of QUESTIONS) asked.inc({ question, result: "answered" }, 0);
  const prefix = `touchline.ask.${escapeToken(box.venue)}.${escapeToken(box.box)}.`;
  return link.subscribe({
    subject: `${prefix}>`,
    queue: null,
    maxInFlight: MAX_IN_FLIGHT,
    handle: async ({ subject, wantsReply }) => {
      if (!wantsReply) return null;
      const what = subject.slice(prefix.length);
      const question = QUESTIONS.find((known) => known === what) ?? null;
      const answer =
        question === null
          ? { error: `unknown question; one of ${QUESTIONS.join(", ")}` }
          : await answerTo(question, parts);
      asked.inc({ question: question ?? "unknown", result: "answered" });
      return JSON.stringify({ venue: box.venue, box: box.box, ...answer });
    },
    onDropped: (subject) => {
      const question = QUESTIONS.find((known) => subject === prefix + known) ?? "unknown";
      asked.inc({ question, result: "dropped" });
    },
  });
}

async function answerTo(question: Question, parts: AnswerParts): Promise<Readonly<Record<string, unknown>>> {
  const { store, version, health } = parts;
  if (question === "outbox.verify") return verifyAnswer(store);
  const stats = await store.stats();
  const outputs = stats.outputs.map(({ output, lanes, oldestUnsentAt }) => ({
    output,
    lanes: lanes.map(({ lane, last, acknowledged, oldest }) => ({
      lane,
      last,
      acknowledged,
      waiting: last - Math.max(acknowledged, oldest - 1),
    })),
    oldestUnsent: oldestUnsentAt === null ? null : formatRfc3339(oldestUnsentAt),
  }));
  const { epoch, records, inboxPending, databaseBytes, walBytes } = stats;
  const kept = { epoch, records, inboxPending, databaseBytes, walBytes };
  if (question === "outbox.ls") return { store: kept, outputs };
  const { state, live, ready, parts: ofHealth } = health.check();
  const states = new Map(parts.outputs.map((output) => output.status()).map((status) => [status.name, status]));
  return {
    version,
    state,
    live,
    ready,
    parts: ofHealth.map(({ part, state: of, reason }) => ({ part, state: of, reason })),
    store: kept,
    outputs: outputs.map((output) => {
      const status = states.get(output.output);
      return { ...output, state: status?.state ?? "unknown", detail: status?.detail ?? null };
    }),
  };
}

/** What the check in the background knows; asking starts none, so that hundreds of boxes are not set to work by one question. */
function verifyAnswer(store: AnswerParts["store"]): Readonly<Record<string, unknown>> {
  const { lastRound, ...now } = store.checkState();
  return {
    now,
    lastRound: lastRound === null ? null : { ...lastRound, endedAt: formatRfc3339(lastRound.endedAt) },
    sound: now.damaged === 0 && (lastRound === null ? null : lastRound.damaged === 0),
  };
}
