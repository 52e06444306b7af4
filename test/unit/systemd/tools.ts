import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Full path of a program on the PATH; `null` when it is not there. With CI=true a missing one is a failure, not a skip. */
export function findTool(name: string): string | null {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, name);
    if (isExecutable(path)) return path;
  }
  if (process.env.CI === "true") throw new Error(`${name} is not on the PATH`);
  return null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
