/**
 * `error`: somebody must act. `warn`: unexpected, handled. `info`: rare and meaningful (start, stop, link change). `debug`: for a developer.
 */
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What can be told of a line beside its fixed message: a code, a name, a number. No secrets, no names of people. */
export type LogFields = Readonly<Record<string, unknown>>;
