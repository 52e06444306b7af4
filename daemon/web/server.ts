import { setTimeout as wait } from "node:timers/promises";
import { type FastifyInstance, type FastifyReply, fastify } from "fastify";
import { messageOf, TouchlineError } from "../errors.js";
import { ApiError, toApiError } from "./api-error.js";
import { makeAsyncApi } from "./asyncapi.js";
import type { WebServer, WebServerDeps } from "./deps.js";
import { addFileRoutes } from "./file-routes.js";
import { Guard } from "./guard.js";
import { addHealthRoutes, OPEN_ROUTES } from "./health-routes.js";
import { addInputRoutes } from "./input-routes.js";
import { parseListen } from "./listen-address.js";
import { LiveSocket } from "./live-socket.js";
import { type DocumentedRoute, makeOpenApi } from "./openapi.js";
import { addReadRoutes } from "./read-routes.js";
import { countRequests } from "./request-metrics.js";
import { allowedMethods } from "./route-methods.js";
import { Sockets } from "./sockets.js";

const REQUEST_TIMEOUT_MS = 30_000;
const CLOSE_GRACE_MS = 500;
const RETRY_AFTER_SEC = 2;

const SECURITY_HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

/**
 * The box's web server: page, API, metrics, sockets. Nothing is opened before `start`.
 * Order of a request: Host, then (writes) Origin and token, then the body, then the route; every error leaves as `{ code, message, hint }`.
 */
export function createWebServer(deps: WebServerDeps): WebServer {
  const listenHost = parseListen(deps.listen)?.host;
  const allowedHosts = [...deps.allowedHosts, ...(listenHost === undefined ? [] : [listenHost])];
  const guard = new Guard({ tokens: deps.tokens, allowedHosts });
  const app = fastify({
    bodyLimit: deps.maxBodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
  });
  const live = new LiveSocket(deps.live, deps.registry, () => deps.clock.mono() / 1000);
  const handlers = new Map([
    ["/v1/feed", deps.feed.handleConnection.bind(deps.feed)],
    ["/v1/live", live.handleConnection.bind(live)],
  ]);
  const sockets = new Sockets(handlers, guard, deps.registry);
  addRoutes(app, deps, guard, [...handlers.keys()]);
  app.server.on("upgrade", (request, socket, head) => sockets.handleUpgrade(request, socket, head));

  let stopping: Promise<void> | null = null;
  const stop = async () => {
    live.close();
    sockets.close();
    await Promise.race([app.close(), wait(CLOSE_GRACE_MS)]);
    sockets.terminate();
    await app.close();
  };
  return {
    start: () => listen(app, deps),
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

function addRoutes(app: FastifyInstance, deps: WebServerDeps, guard: Guard, socketPaths: readonly string[]): void {
  const documented: DocumentedRoute[] = [];
  const routes: { method: string; url: string }[] = [];
  app.addHook("onRoute", ({ method, url, config }) => {
    for (const name of [method].flat()) {
      routes.push({ method: name, url });
      if (config?.doc !== undefined && name !== "HEAD") documented.push({ method: name, url, doc: config.doc });
    }
  });
  countRequests(app, deps.registry);
  app.addHook("onRequest", (request, reply, done) => {
    void reply.headers(SECURITY_HEADERS);
    if (!OPEN_ROUTES.has(request.routeOptions.url ?? "")) guard.checkHost(request.raw);
    done();
  });
  app.setErrorHandler((thrown, _request, reply) => sendError(reply, thrown, deps));
  app.setNotFoundHandler((request, reply) => {
    const [path = ""] = request.url.split("?", 1);
    const allowed = allowedMethods(routes, path);
    if (allowed.length === 0) return sendError(reply, new ApiError("NOT_FOUND", `there is no ${path}`), deps);
    void reply.header("allow", allowed.join(", "));
    return sendError(reply, new ApiError("METHOD_NOT_ALLOWED", `${request.method} is not allowed here`), deps);
  });
  addHealthRoutes(app, deps);
  addInputRoutes(app, deps, guard);
  addReadRoutes(app, deps);
  addFileRoutes(app, deps.schemasFolder);
  for (const path of socketPaths) {
    app.get(path, () => {
      throw new ApiError("UPGRADE_NEEDED", `${path} is a WebSocket`);
    });
  }
  app.get("/openapi.json", () => makeOpenApi(documented, deps.version));
  app.get("/asyncapi.json", () => makeAsyncApi(deps.version));
}

function sendError(reply: FastifyReply, thrown: unknown, { logger }: Pick<WebServerDeps, "logger">): FastifyReply {
  const error = toApiError(thrown);
  if (error.status === 500) logger.error({ reason: messageOf(thrown) }, "request failed");
  if (error.status === 401) void reply.header("www-authenticate", "Bearer");
  if (error.status === 429 || error.status === 503) void reply.header("retry-after", RETRY_AFTER_SEC);
  // As plain data: an Error sent would come back here as one thrown.
  return reply.code(error.status).send(error.toJSON());
}

async function listen(app: FastifyInstance, deps: WebServerDeps): Promise<{ url: string }> {
  const address = parseListen(deps.listen);
  if (address === null) throw new TouchlineError("HTTP_LISTEN_FAILED", [deps.listen, "it is not host:port"]);
  try {
    await app.listen(address);
  } catch (thrown) {
    throw new TouchlineError("HTTP_LISTEN_FAILED", [deps.listen, messageOf(thrown)], thrown);
  }
  const url = urlOf(app, address.host);
  deps.logger.info({ url }, "web server listens");
  if (deps.tokens === null) {
    deps.logger.info({ key: "http.tokensFile" }, "no token file: writing is allowed from this machine only");
  }
  return { url };
}

/** An address a person can open: the wildcard addresses are none. */
function urlOf(app: FastifyInstance, host: string): string {
  const bound = app.server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  if (host === "0.0.0.0" || host === "::") return `http://127.0.0.1:${port}/`;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}/`;
}
