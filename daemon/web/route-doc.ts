import { type TSchema, Type } from "@sinclair/typebox";

/** What the OpenAPI document tells of a route, kept beside the route itself. */
export interface RouteDoc {
  readonly tag: "in" | "read" | "health" | "files";
  readonly summary: string;
  readonly params?: Readonly<Record<string, TSchema>>;
  readonly query?: TSchema;
  readonly body?: { readonly contentTypes: readonly string[]; readonly schema: TSchema };
  readonly responses: Readonly<
    Record<number, { readonly description: string; readonly schema?: TSchema; readonly contentType?: string }>
  >;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** Routes without it are not in the document. */
    readonly doc?: RouteDoc;
  }
}

export const ERROR_BODY = Type.Object(
  { code: Type.String(), message: Type.String(), hint: Type.String({ description: "What to do next" }) },
  { description: "Every error has this form" },
);
