import type { TSchema } from "@sinclair/typebox";
import { stringify } from "yaml";
import { ABOUT_KEYWORD } from "./declare.js";
import { VENUE_SCHEMA } from "./schema.js";

/** What the example file sets. It runs as it stands beside a NATS server on this machine; everything else is shown as a comment. */
export const EXAMPLE = {
  venue: "arena",
  box: "a",
  http: { listen: "127.0.0.1:8470" },
  store: { path: "touchline.db", maxBytes: "20GB" },
  nats: { servers: ["nats://127.0.0.1:4222"] },
  inputs: {
    audio: [{ name: "ambience", role: "ambience", file: "example/whistles.wav" }],
    log: [{ type: "http" }, { type: "nats" }],
  },
  outputs: [
    { name: "cloud", type: "jetstream" },
    { name: "archive", type: "file", path: "records.jsonl" },
  ],
  sessions: [{ session: "cup-final", sport: "football", name: "Cup final", scheduledStart: "2026-05-16T18:30:00Z" }],
};

const WIDTH = 118;

const HEAD = `# One box at one venue. This file is generated from the declaration of the options and holds all of them: what stands behind
# '#' shows an example or the default. Check yours with: touchline check-config venue.yaml
# Paths are relative to the folder of this file.
`;

export function renderExample(): string {
  return `${HEAD}\n${renderGroup(VENUE_SCHEMA, EXAMPLE, "", true).join("\n")}\n`;
}

type Tree = Readonly<Record<string, unknown>>;

/** Lines of one group; `isFull`: with what is not set, as comments, and with the descriptions. */
function renderGroup(schema: TSchema, tree: Tree, indent: string, isFull: boolean): string[] {
  const keys = Object.entries((schema.properties ?? {}) as Record<string, TSchema>);
  return keys.flatMap(([key, child], index) => {
    const gap = indent === "" && index > 0 && isFull ? [""] : [];
    const lines = renderKey(key, child, tree[key], indent, isFull);
    return lines.length === 0 ? [] : [...gap, ...lines];
  });
}

function renderKey(key: string, schema: TSchema, value: unknown, indent: string, isFull: boolean): string[] {
  if (schema.properties !== undefined) {
    const isSet = value !== undefined;
    const mark = isSet ? "" : "# ";
    if (!isFull && !isSet) return [];
    const inner = renderGroup(schema, (value ?? {}) as Tree, `${indent}  `, isFull);
    return [...comment(schema, indent, isFull), `${indent}${mark}${key}:`, ...inner];
  }
  if (schema.items?.properties !== undefined) {
    const entries = Array.isArray(value) ? (value as Tree[]) : [];
    // A list with nothing in it shows what an entry may hold, all of it as comments.
    if (entries.length === 0 && isFull) {
      const inner = renderGroup(schema.items, {}, `${indent}    `, true);
      return [...comment(schema, indent, true), `${indent}# ${key}: one entry may hold`, ...inner];
    }
    const lines = entries.flatMap((entry, index) =>
      renderEntry(schema.items as TSchema, entry, `${indent}  `, index === 0),
    );
    return [...comment(schema, indent, isFull), `${indent}${key}:`, ...lines];
  }
  if (value !== undefined) return [...comment(schema, indent, isFull), `${indent}${key}: ${flow(value)}`];
  if (!isFull) return [];
  return [...comment(schema, indent, true), `${indent}# ${key}: ${flow(shownValue(schema))}`];
}

/** The entry's first active line carries the dash. */
function renderEntry(schema: TSchema, entry: Tree, indent: string, isFull: boolean): string[] {
  const lines = renderGroup(schema, entry, `${indent}  `, isFull);
  const first = lines.findIndex((line) => !line.trimStart().startsWith("#"));
  return lines.map((line, index) => {
    if (index > first) return line;
    return index === first ? `${indent}- ${line.slice(indent.length + 2)}` : line.slice(2);
  });
}

function shownValue(schema: TSchema): unknown {
  const isUnset = schema.default === undefined || schema.default === null || schema.default === false;
  return isUnset ? schema.examples?.[0] : schema.default;
}

function comment(schema: TSchema, indent: string, isFull: boolean): string[] {
  if (!isFull || schema.description === undefined) return [];
  const about = schema[ABOUT_KEYWORD] as { unit?: string } | undefined;
  const hasNoNotation = schema.format !== "size" && about?.unit !== undefined;
  const words = ((schema.enum ?? schema.items?.enum ?? []) as unknown[]).filter((word) => word !== null);
  const text = [
    schema.description,
    ...(hasNoNotation ? [`Unit: ${about.unit}.`] : []),
    ...(words.length > 0 ? [`One of: ${words.join(", ")}.`] : []),
  ].join(" ");
  return wrap(text, WIDTH - indent.length).map((line) => `${indent}# ${line}`);
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** A value on one line, as a person would write it. */
function flow(value: unknown): string {
  return stringify(value, { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: false }).trim();
}
