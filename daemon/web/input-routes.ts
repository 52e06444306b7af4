import { Type } from "@sinclair/typebox";
import type { FastifyInstance } from "fastify";
import { messageOf } from "../errors.js";
import type { InputSink, Receipt } from "../inputs/index.js";
import { INPUT_KINDS } from "../outbox/index.js";
import { ApiError } from "./api-error.js";
import type { WebServerDeps } from "./deps.js";
import type { Guard } from "./guard.js";
import { type ParsedMessage, parseJsonBody, parseLinesBody } from "./message-body.js";
import type { RouteDoc } from "./route-doc.js";

/** Bodies in memory at a time; with the body limit it bounds what senders can make the box hold. */
const MAX_REQUESTS_IN_FLIGHT = 32;
/** A commit takes milliseconds; after this the sender is told to come again, whatever becomes of it. */
const COMMIT_TIMEOUT_MS = 10_000;

const RECEIPT = Type.Union([
  Type.Object({ status: Type.Literal("accepted"), inboxId: Type.Integer() }),
  Type.Object({ status: Type.Literal("rejected"), code: Type.String(), message: Type.String() }),
]);
const RECEIPTS = Type.Object({
  accepted: Type.Integer({ description: "How many messages are durable now" }),
  rejected: Type.Integer(),
  receipts: Type.Array(RECEIPT, { description: "One for each message, in order" }),
});
const DOC: RouteDoc = {
  tag: "in",
  summary:
    "Takes messages: one object, an array, or one a line. Answered after the commit. A message sent again is known by its id",
  params: { what: Type.String({ enum: [...INPUT_KINDS], description: "/schemas/in/<what>.schema.json has the form" }) },
  body: {
    contentTypes: ["application/json", "application/x-ndjson"],
    schema: Type.Unknown({ description: "A message, or an array of at most 1000" }),
  },
  responses: {
    202: { description: "All are durable", schema: RECEIPTS },
    207: { description: "Some are durable, the receipts say which", schema: RECEIPTS },
    422: { description: "All were rejected: an error with receipts", schema: RECEIPTS },
  },
};

interface ReceivedBody {
  readonly messages: readonly ParsedMessage[];
}

/** `POST /v1/in/<what>`. */
export function addInputRoutes(app: FastifyInstance, deps: Pick<WebServerDeps, "sink" | "logger">, guard: Guard): void {
  let inFlight = 0;
  addBodyParsers(app);
  app.post<{ Params: { what: string }; Body: ReceivedBody | undefined }>(
    "/v1/in/:what",
    {
      config: { doc: DOC },
      onRequest: (request, reply, done) => {
        guard.checkOrigin(request.raw);
        guard.checkMayWrite(request.raw);
        checkHead(request.params.what, request.headers["content-encoding"]);
        if (inFlight >= MAX_REQUESTS_IN_FLIGHT) throw new ApiError("TOO_BUSY", `${inFlight} requests are being stored`);
        inFlight += 1;
        // Closed is closed, whether answered or given up by the sender.
        reply.raw.once("close", () => {
          inFlight -= 1;
        });
        done();
      },
    },
    async (request, reply) => {
      if (request.body === undefined) throw new ApiError("BAD_REQUEST", "the request has no body");
      const receipts = await store(deps, request.params.what, request.body.messages);
      const rejected = receipts.filter((receipt) => receipt.status === "rejected").length;
      const answer = { accepted: receipts.length - rejected, rejected, receipts };
      if (rejected === 0) return reply.code(202).send(answer);
      if (rejected < receipts.length) return reply.code(207).send(answer);
      const error = new ApiError("ALL_REJECTED", "no message was accepted");
      return reply.code(error.status).send({ ...error.toJSON(), ...answer });
    },
  );
}

function addBodyParsers(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>("application/json", { parseAs: "buffer" }, (_request, body, done) =>
    parseInto(parseJsonBody, body, done),
  );
  app.addContentTypeParser<Buffer>("application/x-ndjson", { parseAs: "buffer" }, (_request, body, done) =>
    parseInto(parseLinesBody, body, done),
  );
}

function parseInto(
  parse: (body: Buffer) => ParsedMessage[],
  body: Buffer,
  done: (error: Error | null, body?: ReceivedBody) => void,
): void {
  try {
    done(null, { messages: parse(body) });
  } catch (thrown) {
    done(thrown instanceof Error ? thrown : new ApiError("BAD_JSON", messageOf(thrown)));
  }
}

function checkHead(what: string, encoding: string | undefined): void {
  if (!INPUT_KINDS.some((kind) => kind === what)) throw new ApiError("INPUT_UNKNOWN", `there is no input '${what}'`);
  if (encoding === undefined || encoding === "identity") return;
  throw new ApiError("MEDIA_TYPE", `the body is compressed (${encoding})`);
}

/** Hands the readable messages to the sink and puts the receipts of the others between theirs, in order. */
async function store(
  { sink, logger }: Pick<WebServerDeps, "sink" | "logger">,
  what: string,
  parsed: readonly ParsedMessage[],
): Promise<Receipt[]> {
  const readable = parsed.flatMap((entry) => ("message" in entry ? [entry.message] : []));
  const stored = readable.length === 0 ? [] : [...(await acceptInTime(sink, what, readable, logger))];
  return parsed.map((entry): Receipt => {
    if ("problem" in entry) return { status: "rejected", code: "BAD_JSON", message: entry.problem };
    return stored.shift() ?? { status: "rejected", code: "INTERNAL", message: "the message has no receipt" };
  });
}

async function acceptInTime(
  sink: InputSink,
  what: string,
  messages: readonly unknown[],
  logger: WebServerDeps["logger"],
): Promise<readonly Receipt[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new ApiError("STORE_UNAVAILABLE", `no commit within ${COMMIT_TIMEOUT_MS / 1000} s`);
    timer = setTimeout(() => reject(error), COMMIT_TIMEOUT_MS);
  });
  try {
    return await Promise.race([sink.accept(what, messages, "http"), late]);
  } catch (thrown) {
    logger.warn({ what, reason: messageOf(thrown) }, "messages not stored");
    throw thrown;
  } finally {
    clearTimeout(timer);
  }
}
