import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("./disk-shim.c", import.meta.url));

/** Needs a C compiler and a loader that preloads (Linux). */
export const HAS_DISK_SHIM = process.platform === "linux" && spawnSync("cc", ["--version"]).status === 0;

/** Builds the library that stands between a process and its disk; see disk-shim.c. The path is for `LD_PRELOAD`. */
export function buildDiskShim(folder: string): string {
  const library = join(folder, "disk-shim.so");
  const built = spawnSync("cc", ["-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl", "-lpthread"]);
  if (built.status !== 0) throw new Error(String(built.stderr));
  return library;
}
