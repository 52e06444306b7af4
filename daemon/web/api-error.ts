import { TouchlineError } from "../errors.js";

/** Every error the API answers with: its status and what to do next. `docs/http.md` lists them; a code once shipped is never reused. */
export const API_ERRORS = {
  BAD_JSON: { status: 400, hint: "send JSON in UTF-8, or one message per line with content-type application/x-ndjson" },
  BAD_REQUEST: { status: 400, hint: "see /openapi.json" },
  TOKEN_NEEDED: { status: 401, hint: "send Authorization: Bearer TOKEN with a token of http.tokensFile" },
  LOOPBACK_ONLY: { status: 403, hint: "set http.tokensFile in the configuration to let other machines write" },
  HOST_UNKNOWN: { status: 403, hint: "use the box's address, its machine's name, or the name in http.listen" },
  CROSS_SITE: {
    status: 403,
    hint: "a page of another site may not do this: send a token, or ask from the box's own page",
  },
  NOT_FOUND: { status: 404, hint: "see /openapi.json" },
  INPUT_UNKNOWN: { status: 404, hint: "POST to /v1/in/log, session, telemetry, race or control" },
  METHOD_NOT_ALLOWED: { status: 405, hint: "see /openapi.json" },
  TOO_LARGE: {
    status: 413,
    hint: "send smaller parts: at most 1000 messages and http.maxBodyBytes (1 MB unless configured) at a time",
  },
  MEDIA_TYPE: { status: 415, hint: "send application/json or application/x-ndjson, not compressed" },
  ALL_REJECTED: { status: 422, hint: "each receipt says what is wrong with its message" },
  UPGRADE_NEEDED: { status: 426, hint: "this address speaks WebSocket" },
  TOO_BUSY: { status: 429, hint: "wait and send again: the same id is the same event" },
  INTERNAL: { status: 500, hint: "this is a defect: report it with the log of this moment" },
  STORE_UNAVAILABLE: {
    status: 503,
    hint: "nothing is lost that was answered 202: send the others again, the same id is the same event",
  },
} as const satisfies Record<string, { status: number; hint: string }>;

export type ApiErrorCode = keyof typeof API_ERRORS;

/** An answer other than the one asked for: thrown by a route, turned into `{ code, message, hint }` in one place. */
export class ApiError extends Error {
  readonly code: ApiErrorCode;

  constructor(code: ApiErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "ApiError";
    this.code = code;
  }

  get status(): number {
    return API_ERRORS[this.code].status;
  }

  toJSON(): { code: string; message: string; hint: string } {
    return { code: this.code, message: this.message, hint: API_ERRORS[this.code].hint };
  }
}

const CODE_OF_STATUS: Readonly<Record<number, ApiErrorCode>> = {
  400: "BAD_REQUEST",
  404: "NOT_FOUND",
  405: "METHOD_NOT_ALLOWED",
  413: "TOO_LARGE",
  415: "MEDIA_TYPE",
};

/** What the store and the HTTP library throw (body limit, content type, query that does not match) told in the words of the API. */
export function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof TouchlineError && thrown.code.startsWith("DB_")) {
    return new ApiError(thrown.code === "DB_OVERLOADED" ? "TOO_BUSY" : "STORE_UNAVAILABLE", thrown.message, thrown);
  }
  const status = statusOf(thrown);
  const code = CODE_OF_STATUS[status] ?? (status >= 400 && status < 500 ? "BAD_REQUEST" : "INTERNAL");
  // What went wrong inside is for the log, not for whoever asks.
  const message =
    code === "INTERNAL" || !(thrown instanceof Error) ? "the request failed inside the box" : thrown.message;
  return new ApiError(code, message, thrown);
}

function statusOf(thrown: unknown): number {
  const status = thrown instanceof Error && "statusCode" in thrown ? thrown.statusCode : null;
  return typeof status === "number" ? status : 500;
}
