import type { Segments } from "./problem.js";

type Group = Readonly<Record<string, unknown>>;

/** Which options belong to which type; an option of another type is a mistake, not noise. */
const KEYS_OF_TYPE: ReadonlyMap<unknown, readonly string[]> = new Map([
  ["poll", ["url", "every", "tokenFile", "vanished"]],
  ["push", ["url", "recoverUrl", "silence", "tokenFile", "vanished"]],
  ["folder", ["path", "every"]],
]);
const PUSHED_FORMATS: readonly unknown[] = ["touchline", "sportradar"];

/** Rules between the options of one connector. */
export function checkConnector(
  connector: Group,
  segments: Segments,
): { readonly segments: Segments; readonly message: string }[] {
  const { type } = connector;
  const keys = KEYS_OF_TYPE.get(type);
  if (keys === undefined) return []; // the schema says so
  const isGiven = (key: string) => connector[key] !== undefined && connector[key] !== null;
  const needed = type === "folder" ? "path" : "url";
  const remarks = [...new Set([...KEYS_OF_TYPE.values()].flat())]
    .filter((key) => isGiven(key) && !keys.includes(key))
    .map((key) => ({ segments: [...segments, key], message: `is not for type ${type}` }));
  if (!isGiven(needed)) remarks.push({ segments: [...segments], message: `type ${type} needs a ${needed}` });
  if (type === "push" && isGiven("format") && !PUSHED_FORMATS.includes(connector.format)) {
    const message = "a pushed stream has lines of format touchline or sportradar: poll the document instead";
    remarks.push({ segments: [...segments, "format"], message });
  }
  if (type === "push" && connector.vanished === "retract" && !isGiven("recoverUrl")) {
    const message = "needs recoverUrl: only a whole document shows that something is gone";
    remarks.push({ segments: [...segments, "vanished"], message });
  }
  return remarks;
}
