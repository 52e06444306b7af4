import type { TSchema } from "@sinclair/typebox";
import { type EnvironmentOption, environmentOptions } from "./environment.js";
import { type Group, groupsOf, type Option } from "./options.js";
import { VENUE_SCHEMA } from "./schema.js";
import { SPORT_SCHEMA } from "./sport-schema.js";

const INTRODUCTION = `# Configuration

One YAML file describes one box at one venue. Only \`venue\` is mandatory; everything else has a default. \`config/venue.example.yaml\`
holds every option with its description, \`config/schema/venue.schema.json\` is its JSON Schema (for editors), and

    touchline check-config venue.yaml          # everything that is wrong, each with its place
    touchline check-config venue.yaml --show   # what is in force, and where each value comes from

This page, the example and the schema are generated from the declaration in \`config/schema.ts\`: change it there, then
\`npm run generate\`.

## Notation

- **Sizes**: a number with \`B\`, \`kB\`, \`MB\`, \`GB\`, \`TB\` (powers of ten) or \`KiB\`, \`MiB\`, \`GiB\`, \`TiB\` (powers of two); a bare whole number is bytes.
- **Durations**: a number with \`ms\`, \`s\`, \`m\`, \`h\` or \`d\`.
- **Times**: RFC 3339 with a zone, such as \`2026-05-16T18:30:00Z\`.
- **Names**: 1 to 64 letters, digits, \`_\`, \`-\` or \`.\`; the first one is a letter, a digit or \`_\`. A name of digits alone stands in quotes.
- **Paths** are relative to the folder of the file. The default of \`store.path\` is in the service's state folder under systemd.
- A group with nothing in it is the same as one that is left out. Unknown keys, keys that stand twice and values out of range are errors.

## Environment

An option that stands once in the file can be set by a variable, which wins over the file. It is checked as strictly; an unknown
\`TOUCHLINE_\` variable is an error. Lists are separated by commas; paths are relative to the folder the program is started in.
Secrets belong in files of their own: the options that end in \`File\` name them. A password inside an address is never shown.
`;

export function renderReference(): string {
  const variables = new Map(environmentOptions(VENUE_SCHEMA).map((option) => [option.segments.join("."), option]));
  const groups = groupsOf(VENUE_SCHEMA).filter((group) => group.options.length > 0);
  return [INTRODUCTION, renderVariables([...variables.values()]), ...groups.map(renderGroup), renderSports()].join(
    "\n",
  );
}

function renderVariables(options: readonly EnvironmentOption[]): string {
  const rows = options.map((option) => `| \`${option.variable}\` | \`${option.segments.join(".")}\` |`);
  return `${["| Variable | Option |", "|---|---|", ...rows].join("\n")}\n`;
}

const SPORTS = `# Sport profiles

A sport is a file \`config/sports/<sport>.yaml\`: what is believed of its events before the first record of a session. It is checked as
strictly as the venue file (\`config/schema/sport.schema.json\`). A new sport is a new file; nothing else needs to change. An event
class that is not in the profile is kept and corrected by the clock alone.
`;

function renderSports(): string {
  const classes = SPORT_SCHEMA.properties.classes;
  const [eventClass] = Object.values(classes.patternProperties as Record<string, TSchema>);
  const groups = [
    ...groupsOf(SPORT_SCHEMA),
    ...(eventClass === undefined ? [] : groupsOf(eventClass, ["classes", "<class>"], classes.description)),
  ];
  // The root's own table would list `classes` as an option, which it is not.
  const withOptions = groups.map((group) => ({
    ...group,
    options: group.options.filter(({ segments }) => segments.join(".") !== "classes"),
  }));
  return [SPORTS, ...withOptions.filter(({ options }) => options.length > 0).map(renderGroup)].join("\n");
}

function renderGroup(group: Group): string {
  const title = group.segments.length === 0 ? "At the top" : `\`${pathOf(group.segments)}\``;
  const text =
    group.segments.length === 0 ? "" : `${group.description}${group.segments.at(-1) === "[]" ? " A list." : ""}\n\n`;
  const head = "| Key | Type | Default | Example | Restart | What it is |\n|---|---|---|---|---|---|";
  return `## ${title}\n\n${text}${head}\n${group.options.map(renderOption).join("\n")}\n`;
}

function pathOf(segments: readonly string[]): string {
  return segments.join(".").replaceAll(".[]", "[]");
}

function renderOption(option: Option): string {
  const { schema } = option;
  const cells = [
    `\`${option.segments.at(-1)}\``,
    sayType(option),
    option.isNeeded ? "mandatory" : sayValue(schema.default),
    sayValue(schema.examples?.[0]),
    option.needsRestart ? "yes" : "no",
    schema.description ?? "",
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function sayType({ schema, unit, isPath }: Option): string {
  const types = [schema.type as string | string[]].flat().filter((type) => type !== "null");
  const unitText = unit === null || schema.format === "size" ? "" : `, ${unit}`;
  if (Array.isArray(schema.enum))
    return schema.enum
      .filter((word) => word !== null)
      .map((word) => `\`${word}\``)
      .join(" ");
  if (types.includes("array")) {
    const words = schema.items?.enum as string[] | undefined;
    return words === undefined ? `list${unitText}` : `list of ${words.map((word) => `\`${word}\``).join(" ")}`;
  }
  const named: Record<string, string> = {
    size: "size",
    duration: "duration",
    rate: "rate",
    listen: "address:port",
    "date-time": "time",
    name: "name",
    "input-url": "address",
  };
  const base = named[String(schema.format)] ?? (isPath ? "path" : types[0] === "string" ? "text" : (types[0] ?? ""));
  return `${base}${sayRange(schema)}${unitText}`;
}

function sayRange(schema: TSchema): string {
  if (schema.format === "size" || schema.minimum === undefined || schema.maximum === undefined) return "";
  return ` ${schema.minimum} to ${schema.maximum}`;
}

function sayValue(value: unknown): string {
  if (value === undefined || value === null) return "";
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}
