import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The folder that holds package.json, whether this runs from the sources (tests) or from `dist/`. */
export const PACKAGE_ROOT = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

function findPackageRoot(from: string): string {
  return existsSync(join(from, "package.json")) ? from : findPackageRoot(dirname(from));
}

/**
 * The built file of a thread's entry, named by its source path, e.g. `daemon/outbox/writer-thread.ts`.
 * A thread cannot start from TypeScript, so tests that run the sources start the built one: build first.
 */
export function builtThread(source: string): URL {
  return pathToFileURL(join(PACKAGE_ROOT, "dist", source.replace(/\.ts$/, ".js")));
}

/** The version in package.json. */
export function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(join(PACKAGE_ROOT, "package.json"), "utf8")) as { version?: unknown };
  return String(manifest.version ?? "unknown");
}
