import type { Finding } from "./findings.js";
import { groupsOf } from "./options.js";
import { VENUE_SCHEMA } from "./schema.js";

/** Makes what the validator said more helpful: keys that stand elsewhere. */
export function advise(findings: readonly Finding[]): Finding[] {
  return findings.map((finding) => {
    if (finding.at !== "key" || finding.message.includes("Did you mean")) return finding;
    const elsewhere = homeOf(finding.segments.at(-1) ?? "");
    return elsewhere === null ? finding : { ...finding, message: `unknown key. Did you mean ${elsewhere}?` };
  });
}

/** `listen` at the wrong level belongs at `http.listen`. */
function homeOf(key: string): string | null {
  for (const group of groupsOf(VENUE_SCHEMA)) {
    const steps = group.segments.filter((step) => step !== "[]");
    if (steps.length > 1 && steps.at(-1) === key) return steps.join(".");
    if (steps.length > 0 && group.options.some((option) => option.segments.at(-1) === key))
      return [...steps, key].join(".");
  }
  return null;
}

export function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
