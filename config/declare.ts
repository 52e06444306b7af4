import { type TObject, type TProperties, type TUnsafe, Type } from "@sinclair/typebox";

/** What a person must know of one option; page, example file and editor hints are made from it. */
export interface About {
  readonly description: string;
  /** As it would stand in the file. */
  readonly example?: unknown;
  /** Unit of the number, where the notation does not say it. */
  readonly unit?: string;
  /** A file or folder: relative ones are taken from the folder of the configuration file. */
  readonly isPath?: boolean;
  /** Shown without the part that is secret. */
  readonly isUrl?: boolean;
  /** Accepted, so that files need not change later, but without effect in this version: a file that sets it is told so. */
  readonly isIdle?: boolean;
  /** False where a change is taken up while running. */
  readonly needsRestart?: boolean;
}

/** Where the options' extra facts stand in the schema; published as it is, ignored by validators. */
export const ABOUT_KEYWORD = "x-touchline";

/** In a schema: what to say to a person whose text does not match the pattern. */
export const SAYS_KEYWORD = "x-says";

type Json = Readonly<Record<string, unknown>>;

function option<T>(schema: Json, about: About, fallback: Json): TUnsafe<T> {
  const { description, example, unit, isPath, isUrl, isIdle, needsRestart = true } = about;
  return Type.Unsafe<T>({
    ...schema,
    ...fallback,
    description: isIdle === true ? `${description} Without effect in this version.` : description,
    ...(example === undefined ? {} : { examples: [example] }),
    [ABOUT_KEYWORD]: {
      needsRestart,
      ...(unit === undefined ? {} : { unit }),
      ...(isPath === true ? { isPath } : {}),
      ...(isUrl === true ? { isUrl } : {}),
      ...(isIdle === true ? { isIdle } : {}),
    },
  });
}

/** A mandatory option. */
export function needed<T>(schema: Json, about: About): TUnsafe<T> {
  return option<T>(schema, about, {});
}

/** An option with a value when the file says nothing. */
export function withDefault<T>(schema: Json, value: unknown, about: About): TUnsafe<T> {
  return option<T>(schema, about, { default: value });
}

/** An option that may be missing: `null` then. */
export function maybe<T>(schema: Json, about: About): TUnsafe<T | null> {
  const nullable = {
    ...schema,
    type: [schema.type, "null"].flat(),
    ...(Array.isArray(schema.enum) ? { enum: [...schema.enum, null] } : {}),
  };
  return option<T | null>(nullable, about, { default: null });
}

/** A group of options that may be left out as a whole. */
export function section<P extends TProperties>(description: string, properties: P): TObject<P> {
  return Type.Object(properties, { additionalProperties: false, default: {}, description });
}

/** A list of groups, empty when left out. */
export function listOf<P extends TProperties>(description: string, properties: P, value: unknown = []) {
  return Type.Array(Type.Object(properties, { additionalProperties: false }), { default: value, description });
}

export const TEXT = { type: "string", minLength: 1, maxLength: 4096 } as const;
export const NAME = { type: "string", format: "name" } as const;
export const TIME = { type: "string", format: "date-time" } as const;
/** Bytes once loaded. */
export const SIZE = { type: ["string", "integer"], format: "size", minimum: 1 } as const;
/** Bits per second once loaded. */
export const RATE = { type: "string", format: "rate" } as const;
/** Milliseconds once loaded. */
export const DURATION = { type: "string", format: "duration" } as const;
export function oneOf(...words: readonly string[]) {
  return { type: "string", enum: words } as const;
}
