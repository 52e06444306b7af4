import { type TSchema, type TUnsafe, Type } from "@sinclair/typebox";

/** RFC 3339 UTC with microseconds: the one form in which times leave the box. */
export const UTC_TIME_PATTERN = "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{6}Z$";

export const time = (description: string): TUnsafe<string> =>
  Type.Unsafe<string>({ type: "string", format: "date-time", pattern: UTC_TIME_PATTERN, description });

/** Present, but `null` where it is not known. */
export const timeOrNull = (description: string): TUnsafe<string | null> =>
  Type.Unsafe<string | null>({
    type: ["string", "null"],
    format: "date-time",
    pattern: UTC_TIME_PATTERN,
    description,
  });

export const text = (description: string) => Type.String({ description });
export const id = (description: string) => Type.String({ minLength: 1, description });
export const number = (description: string) => Type.Number({ description });
export const atLeastZero = (description: string) => Type.Number({ minimum: 0, description });
export const probability = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
export const count = (description: string) => Type.Integer({ minimum: 0, description });
export const flag = (description: string) => Type.Boolean({ description });

/** A set of words that may grow: a consumer accepts what it does not know. */
export const openWord = (description: string, ...known: string[]) =>
  Type.String({ minLength: 1, description, examples: known });

export const list = <T extends TSchema>(items: T, description: string) => Type.Array(items, { description });

export const FLAGS = (description: string, ...known: string[]) =>
  Type.Array(Type.String({ minLength: 1, examples: known }), { description });

export const REASON = Type.Object(
  {
    code: id("What happened, as a code; words are made from it where it is shown."),
    params: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
      description: "What the words need.",
    }),
  },
  { description: "Why." },
);
