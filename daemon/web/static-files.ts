import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
};

export interface StaticFile {
  readonly body: Buffer;
  readonly contentType: string;
  readonly etag: string;
}

/**
 * Reads the files of a folder whose name ends in one of `extensions` into memory, by their path below it with `/` between.
 * What is not in the map cannot be served, whatever a request's path looks like. A folder that is not there gives an empty map.
 */
export function readStaticFiles(folder: string, extensions: readonly string[]): Map<string, StaticFile> {
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    extensions.includes(extname(name)),
  );
  return new Map(names.sort().map((name) => [name.replaceAll("\\", "/"), readStatic(join(folder, name))]));
}

function readStatic(path: string): StaticFile {
  const body = readFileSync(path);
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
  return { body, contentType: CONTENT_TYPES[extname(path)] ?? "application/octet-stream", etag };
}
