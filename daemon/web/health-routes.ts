import { Type } from "@sinclair/typebox";
import type { FastifyInstance } from "fastify";
import type { WebServerDeps } from "./deps.js";
import type { RouteDoc } from "./route-doc.js";

const PART = Type.Object({
  part: Type.String(),
  needed: Type.String({ enum: ["live", "ready", "info"] }),
  state: Type.String({ enum: ["ok", "degraded", "failed"] }),
  since: Type.String({ format: "date-time" }),
  reason: Type.Union([Type.String(), Type.Null()]),
});
const REPORT = Type.Object({
  state: Type.String(),
  live: Type.Boolean(),
  ready: Type.Boolean(),
  parts: Type.Array(PART),
});

const LIVEZ: RouteDoc = {
  tag: "health",
  summary: "Whether the vital parts make progress: the loop, the audio blocks, the commits",
  responses: {
    200: { description: "They do", schema: REPORT },
    503: { description: "One does not: a restart is the cure", schema: REPORT },
  },
};
const READYZ: RouteDoc = {
  tag: "health",
  summary: "Whether the box can do its work, with every part. The cloud being away is degraded, not unready",
  responses: {
    200: { description: "Audio and store are up", schema: REPORT },
    503: { description: "They are not", schema: REPORT },
  },
};
const VERSION: RouteDoc = {
  tag: "health",
  summary: "What runs",
  responses: { 200: { description: "Versions", schema: Type.Object({ version: Type.String(), node: Type.String() }) } },
};
const METRICS: RouteDoc = {
  tag: "health",
  summary: "Metrics for Prometheus",
  responses: { 200: { description: "The text format", contentType: "text/plain" } },
};

/** Asked by supervisors and monitors, which may know the box by any name: no check of the Host header here. */
export const OPEN_ROUTES: ReadonlySet<string> = new Set(["/livez", "/readyz", "/version", "/metrics"]);

export function addHealthRoutes(
  app: FastifyInstance,
  deps: Pick<WebServerDeps, "health" | "registry" | "version">,
): void {
  app.get("/livez", { config: { doc: LIVEZ } }, (_request, reply) => {
    const report = deps.health.check();
    return reply.code(report.live ? 200 : 503).send(report);
  });
  app.get("/readyz", { config: { doc: READYZ } }, (_request, reply) => {
    const report = deps.health.check();
    return reply.code(report.ready ? 200 : 503).send(report);
  });
  app.get("/version", { config: { doc: VERSION } }, () => ({ version: deps.version, node: process.versions.node }));
  app.get("/metrics", { config: { doc: METRICS } }, async (_request, reply) =>
    reply.type(deps.registry.contentType).send(await deps.registry.metrics()),
  );
}
