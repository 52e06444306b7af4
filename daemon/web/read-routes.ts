import { type Static, Type } from "@sinclair/typebox";
import type { FastifyInstance } from "fastify";
import { parseRfc3339 } from "../../sync/index.js";
import { ApiError } from "./api-error.js";
import type { WebServerDeps } from "./deps.js";
import { RACE_VIEW, raceView } from "./fuel-view.js";
import type { RouteDoc } from "./route-doc.js";

const MAX_RECORDS = 1000;
const MAX_CARS_SHOWN = 256;

const EVENTS_QUERY = Type.Object({
  since: Type.Optional(
    Type.String({ description: "RFC 3339: only what was revised after this moment", maxLength: 64 }),
  ),
  session: Type.Optional(Type.String({ maxLength: 256 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_RECORDS, default: 100 })),
});
const EVENTS: RouteDoc = {
  tag: "read",
  summary: "The latest revision of each event, newest first. For every revision without a gap, take the feed",
  query: EVENTS_QUERY,
  responses: {
    200: {
      description: "CloudEvents of kind event",
      schema: Type.Object({
        events: Type.Array(
          Type.Unknown({ description: "/schemas/records/event.v1.schema.json has the form of its data" }),
        ),
        next: Type.Union([Type.String({ description: "The since of the next call" }), Type.Null()]),
      }),
    },
  },
};
const LATEST_QUERY = Type.Object({
  session: Type.Optional(Type.String({ maxLength: 256 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_RECORDS, default: 100 })),
});
const CUES: RouteDoc = {
  tag: "read",
  summary: "The cues heard last, newest first, each as it was told last",
  query: LATEST_QUERY,
  responses: {
    200: {
      description: "CloudEvents of kind cue",
      schema: Type.Object({ cues: Type.Array(Type.Unknown({ description: "/schemas/records/cue.v1.schema.json" })) }),
    },
  },
};
const MOMENTS: RouteDoc = {
  tag: "read",
  summary: "The moments told last, newest first, each in its last revision. Rank them by interest",
  query: LATEST_QUERY,
  responses: {
    200: {
      description: "CloudEvents of kind moment",
      schema: Type.Object({
        moments: Type.Array(Type.Unknown({ description: "/schemas/records/moment.v1.schema.json" })),
      }),
    },
  },
};
const FUEL_QUERY = Type.Object({ session: Type.Optional(Type.String({ maxLength: 256 })) });
const FUEL: RouteDoc = {
  tag: "read",
  summary: "The race in one small message: each car's fuel, laps left, trend and rank, as told last",
  query: FUEL_QUERY,
  responses: { 200: { description: "The race; empty while no car is known", schema: RACE_VIEW } },
};
const SESSIONS: RouteDoc = {
  tag: "read",
  summary: "The sessions the box knows",
  responses: { 200: { description: "Sessions", schema: Type.Object({ sessions: Type.Array(Type.Unknown()) }) } },
};

export function addReadRoutes(app: FastifyInstance, deps: Pick<WebServerDeps, "latest" | "sessions">): void {
  app.get<{ Querystring: Static<typeof EVENTS_QUERY> }>(
    "/v1/events",
    { schema: { querystring: EVENTS_QUERY }, config: { doc: EVENTS } },
    async ({ query }) => {
      const since = query.since === undefined ? null : readSince(query.since);
      const latest = await deps.latest("event", query.session ?? null, query.limit ?? 100);
      const events = latest.filter((event) => since === null || (parseRfc3339(event.recordedtime) ?? 0) > since);
      const times = events.map((event) => event.recordedtime).sort();
      return { events, next: times.at(-1) ?? query.since ?? null };
    },
  );
  app.get<{ Querystring: Static<typeof LATEST_QUERY> }>(
    "/v1/cues",
    { schema: { querystring: LATEST_QUERY }, config: { doc: CUES } },
    async ({ query }) => ({ cues: await deps.latest("cue", query.session ?? null, query.limit ?? 100) }),
  );
  app.get<{ Querystring: Static<typeof LATEST_QUERY> }>(
    "/v1/moments",
    { schema: { querystring: LATEST_QUERY }, config: { doc: MOMENTS } },
    async ({ query }) => ({ moments: await deps.latest("moment", query.session ?? null, query.limit ?? 100) }),
  );
  app.get<{ Querystring: Static<typeof FUEL_QUERY> }>(
    "/v1/fuel",
    { schema: { querystring: FUEL_QUERY }, config: { doc: FUEL } },
    async ({ query }) => {
      const session = query.session ?? null;
      return raceView(await deps.latest("fuel", session, MAX_CARS_SHOWN), session);
    },
  );
  app.get("/v1/sessions", { config: { doc: SESSIONS } }, async () => ({ sessions: await deps.sessions() }));
}

function readSince(text: string): number {
  // A plus sign that was not escaped arrives as a space.
  const since = parseRfc3339(text.replace(/ (\d{2}:?\d{2})$/, "+$1"));
  if (since === null) throw new ApiError("BAD_REQUEST", "since is not an RFC 3339 time");
  return since;
}
