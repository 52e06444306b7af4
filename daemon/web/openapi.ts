import type { RouteDoc } from "./route-doc.js";
import { ERROR_BODY } from "./route-doc.js";

export interface DocumentedRoute {
  readonly method: string;
  /** As the router knows it: `/v1/in/:what`. */
  readonly url: string;
  readonly doc: RouteDoc;
}

/** OpenAPI 3.1 of the routes that carry a `doc`. Deterministic: paths and methods in the order they were added. */
export function makeOpenApi(routes: readonly DocumentedRoute[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, url, doc } of routes) {
    const path = url.replace(/:(\w+)/g, "{$1}").replace("*", "{file}");
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(method, path, doc) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Touchline",
      version,
      description: "What a box at the venue takes in and tells over HTTP. The WebSocket and NATS side: /asyncapi.json",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: ["in", "read", "health", "files"].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer", description: "A token of http.tokensFile" } },
      schemas: { Error: ERROR_BODY },
    },
  };
}

function operationOf(method: string, path: string, doc: RouteDoc): Record<string, unknown> {
  const parameters = [...pathParameters(doc), ...queryParameters(doc)];
  return {
    operationId: `${method.toLowerCase()}${path.replace(/[^A-Za-z0-9]+(\w?)/g, (_all, next: string) => next.toUpperCase())}`,
    tags: [doc.tag],
    summary: doc.summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(doc.body === undefined ? {} : { requestBody: bodyOf(doc.body), security: [{ token: [] }, {}] }),
    responses: responsesOf(doc),
  };
}

function pathParameters({ params = {} }: RouteDoc): unknown[] {
  return Object.entries(params).map(([name, schema]) => ({
    name: name === "*" ? "file" : name,
    in: "path",
    required: true,
    schema,
  }));
}

function queryParameters({ query }: RouteDoc): unknown[] {
  const properties: Record<string, unknown> = query?.properties ?? {};
  return Object.entries(properties).map(([name, schema]) => ({ name, in: "query", schema }));
}

function bodyOf({ contentTypes, schema }: NonNullable<RouteDoc["body"]>): unknown {
  return { required: true, content: Object.fromEntries(contentTypes.map((type) => [type, { schema }])) };
}

function responsesOf({ responses }: RouteDoc): Record<string, unknown> {
  const told = Object.entries(responses).map(
    ([code, { description, schema = {}, contentType = "application/json" }]) => [
      code,
      { description, content: { [contentType]: { schema } } },
    ],
  );
  const failure = { schema: { $ref: "#/components/schemas/Error" } };
  return {
    ...Object.fromEntries(told),
    default: { description: "Any error", content: { "application/json": failure } },
  };
}
