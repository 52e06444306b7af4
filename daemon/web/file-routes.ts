import { join } from "node:path";
import { Type } from "@sinclair/typebox";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { PACKAGE_ROOT } from "../package-files.js";
import { ApiError } from "./api-error.js";
import type { RouteDoc } from "./route-doc.js";
import { readStaticFiles, type StaticFile } from "./static-files.js";

const PAGE_SOURCE = join(PACKAGE_ROOT, "daemon", "web", "page");
const PAGE_BUILT = join(PACKAGE_ROOT, "dist", "daemon", "web", "page");

const SCHEMAS: RouteDoc = {
  tag: "files",
  summary: "JSON Schemas of the records, of the messages and of the configuration",
  params: { "*": Type.String() },
  responses: { 200: { description: "A JSON Schema" }, 404: { description: "There is none of that name" } },
};

/** The page at `/`, its files under `/page/`, the schemas under `/schemas/`. Read once: an update comes with a restart. */
export function addFileRoutes(app: FastifyInstance, schemasFolder: string): void {
  const page = new Map([
    ...readStaticFiles(PAGE_SOURCE, [".html", ".css", ".svg"]),
    ...readStaticFiles(PAGE_BUILT, [".js"]),
  ]);
  const schemas = withIds(readStaticFiles(schemasFolder, [".json"]));
  app.get("/", (request, reply) => sendFile(request, reply, page.get("index.html")));
  app.get<{ Params: { "*": string } }>("/page/*", (request, reply) =>
    sendFile(request, reply, page.get(request.params["*"])),
  );
  app.get<{ Params: { "*": string } }>("/schemas/*", { config: { doc: SCHEMAS } }, (request, reply) =>
    sendFile(request, reply, schemas.get(request.params["*"])),
  );
}

/** A schema is found by its place in the folder and by the `$id` it names itself by. */
function withIds(files: ReadonlyMap<string, StaticFile>): Map<string, StaticFile> {
  const byId = [...files.values()].flatMap((file): [string, StaticFile][] => {
    const id = /"\$id": *"\/schemas\/([^"]+)"/.exec(file.body.toString())?.[1];
    return id === undefined ? [] : [[id, file]];
  });
  return new Map([...byId, ...files]);
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: StaticFile | undefined): FastifyReply {
  if (file === undefined) throw new ApiError("NOT_FOUND", `there is no ${request.url.split("?", 1)[0]}`);
  // Always asked again, answered from the cache: a page never mixes files of two versions.
  reply.header("cache-control", "no-cache").header("etag", file.etag);
  if (request.headers["if-none-match"] === file.etag) return reply.code(304).send();
  return reply.type(file.contentType).send(file.body);
}
