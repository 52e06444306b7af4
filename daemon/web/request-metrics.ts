import type { FastifyInstance } from "fastify";
import { Counter, Histogram, type Registry } from "prom-client";

/** What a venue's own network and disk need: an acknowledged write is a commit (some ms), a page a few hundred microseconds. */
const SECONDS_BUCKETS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10];

/** Counts every answer by the route's pattern, never by its address: a label must not grow with what is asked. */
export function countRequests(app: FastifyInstance, registry: Registry): void {
  const requests = new Counter({
    name: "touchline_http_requests_total",
    help: "HTTP requests answered, by route and status code.",
    labelNames: ["route", "code"],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: "touchline_http_request_seconds",
    help: "Time from a request's head to its answer.",
    labelNames: ["route"],
    buckets: SECONDS_BUCKETS,
    registers: [registry],
  });
  app.addHook("onRoute", (route) => {
    if (!route.url.includes("*")) requests.inc({ route: route.url, code: "200" }, 0);
  });
  app.addHook("onResponse", (request, reply, done) => {
    const route = request.routeOptions.url ?? "unmatched";
    requests.inc({ route, code: String(reply.statusCode) });
    seconds.observe({ route }, reply.elapsedTime / 1000);
    done();
  });
}
