/**
 * Every error an operator can meet: a code that is never reused, the exit status of a command that ends by it, the sentence, the next step.
 * `%s` takes the details in order. `docs/errors.md` lists them; a test compares.
 */
export const ERRORS = {
  USAGE: { exit: 64, text: "%s", hint: "see: touchline --help" },
  CFG_INVALID: { exit: 78, text: "%s", hint: "run: touchline check-config FILE" },
  CFG_PROBLEMS: {
    exit: 78,
    text: "%s",
    hint: "mend the lines above; every option is described in docs/configuration.md",
  },
  FILE_UNREADABLE: { exit: 69, text: "cannot read %s: %s", hint: "check the path and its permissions" },
  FILE_UNWRITABLE: {
    exit: 69,
    text: "cannot write %s: %s",
    hint: "check the folder, its permissions and the free space",
  },
  AUD_NOT_WAV: { exit: 1, text: "%s: not a WAV file: %s", hint: "other formats need ffmpeg on the PATH" },
  AUD_BAD_WAV: {
    exit: 1,
    text: "%s: damaged WAV: %s",
    hint: "export it again, or convert it: ffmpeg -i IN -c:a pcm_s16le OUT.wav",
  },
  AUD_BAD_FORMAT: { exit: 64, text: "%s: %s", hint: "see: touchline listen --help" },
  AUD_FFMPEG_MISSING: {
    exit: 69,
    text: "%s needs ffmpeg, which is not on the PATH",
    hint: "install it: apt-get install ffmpeg",
  },
  AUD_FFMPEG_FAILED: {
    exit: 69,
    text: "%s: ffmpeg ended with %s: %s",
    hint: "try the same input: ffmpeg -i INPUT -f null -",
  },
  AUD_UNHEARABLE: {
    exit: 1,
    text: "%s: %s samples per second are too few to hear a whistle in",
    hint: "take it from a source with at least 8000",
  },
  AUD_FAILED: { exit: 1, text: "%s: %s", hint: "this is a defect: report it" },
  AUD_THREAD_LOST: {
    exit: 69,
    text: "the audio thread has ended: %s",
    hint: "restart; if it happens again, report it",
  },
  LOG_BAD_MESSAGE: { exit: 1, text: "%s: %s", hint: "the message's form: /schemas/in/log.schema.json" },
  LOG_NO_EVENTS: {
    exit: 1,
    text: "%s: holds no logged event that can be read",
    hint: "it must be one JSON object a line (docs/http.md), or a provider's file: --format names it where it cannot be guessed (docs/connectors.md)",
  },
  DB_OPEN_FAILED: {
    exit: 69,
    text: "cannot open the store %s: %s",
    hint: "check the folder, its permissions, the free space, and that no other touchline uses it",
  },
  DB_NOT_DURABLE: { exit: 69, text: "the store %s runs with synchronous=%s", hint: "this is a defect: report it" },
  DB_FAILED: {
    exit: 69,
    text: "the store failed: %s",
    hint: "check the disk: touchline stops rather than lose what it accepted",
  },
  DB_NEWER: {
    exit: 69,
    text: "the store %s was made by a newer touchline (its schema is %s, this one knows %s)",
    hint: "install the newer version again, or name another file: store.path",
  },
  DB_DAMAGED: {
    exit: 1,
    text: "%s is damaged: %s records (%s)",
    hint: "keep a copy off the box and look at the disk; at its next start the daemon carries over what can be read (docs/outbox.md)",
  },
  DB_FULL: {
    exit: 69,
    text: "no room for the store: %s",
    hint: "free space on its disk, or raise store.maxBytes",
  },
  DB_OVERLOADED: {
    exit: 69,
    text: "the store is %s calls behind and takes no more for now",
    hint: "send slower; if it lasts, check the disk's speed",
  },
  DB_REFUSED: { exit: 1, text: "the store refused a call: %s", hint: "this is a defect: report it" },
  HTTP_LISTEN_FAILED: {
    exit: 69,
    text: "cannot listen on %s: %s",
    hint: "another process may hold the port: set http.listen",
  },
  SIM_BAD_OPTION: { exit: 64, text: "%s", hint: "see: touchline simulate --help" },
  HTTP_TOKENS_INVALID: {
    exit: 78,
    text: "cannot use the tokens of %s: %s",
    hint: "one token per line, 16 characters or more: openssl rand -hex 24",
  },
  DAEMON_UNREACHABLE: {
    exit: 69,
    text: "no touchline answers at %s: %s",
    hint: "is it running? systemctl status touchline; another address: --url",
  },
  OUT_SECRET_INVALID: {
    exit: 78,
    text: "cannot use the secret of %s: %s",
    hint: "one secret per line: echo whsec_$(openssl rand -base64 32)",
  },
  FEED_TOKEN_INVALID: {
    exit: 78,
    text: "cannot use the token of %s: %s",
    hint: "the file's first line is the token, as the provider gave it",
  },
  HUB_PLAN_INVALID: { exit: 78, text: "%s: %s", hint: "an example: systemd/cloud/hub.example.yaml" },
  HUB_UNREACHABLE: {
    exit: 69,
    text: "cannot use the hub %s: %s",
    hint: "check the address, the key (--nkey-file) and the certificates (--ca, --cert, --key)",
  },
  REC_INVALID: { exit: 1, text: "%s: %s", hint: "the layout of a recording: docs/recordings.md" },
  FUEL_BAD_FILE: { exit: 1, text: "%s: %s", hint: "the layout of telemetry and its files: docs/fuel.md" },
  FUEL_NO_PROFILE: {
    exit: 78,
    text: "car profile %s: %s",
    hint: "docs/fuel.md says how a profile is made: touchline fuel fit",
  },
  FUEL_PERCENT: {
    exit: 1,
    text: "%s: the throttle goes up to %s: it is in per cent, and 0..1 is wanted",
    hint: "divide the column by 100 and run it again",
  },
  FUEL_FIT_FAILED: {
    exit: 1,
    text: "nothing to fit: %s",
    hint: "give more races, or pits files whose fills are weighed",
  },
} as const satisfies Record<string, { exit: number; text: string; hint: string }>;

export type ErrorCode = keyof typeof ERRORS;

export class TouchlineError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly exitCode: number;
  /** What was filled in for the `%s`, so that the error can be handed from one thread to another. */
  readonly details: readonly (string | number)[];

  constructor(code: ErrorCode, details: readonly (string | number)[], cause?: unknown) {
    let next = 0;
    super(
      ERRORS[code].text.replaceAll("%s", () => String(details[next++] ?? "")),
      cause === undefined ? undefined : { cause },
    );
    this.name = "TouchlineError";
    this.code = code;
    this.hint = ERRORS[code].hint;
    this.exitCode = ERRORS[code].exit;
    this.details = details;
  }
}

/** The message of anything thrown, for the `%s` of another error. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
