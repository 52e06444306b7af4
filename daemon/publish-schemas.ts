/** Writes the JSON Schemas of records and messages under `config/schema/` and the page of errors; with `--check` only compares. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type TSchema, Type } from "@sinclair/typebox";
import { settleFiles, toPublicSchema } from "../config/index.js";
import { ERRORS } from "./errors.js";
import { MESSAGE_SCHEMAS } from "./inputs/index.js";
import { PACKAGE_ROOT } from "./package-files.js";
import { DATA_SCHEMAS, ENVELOPE, TOMBSTONE } from "./records/index.js";

/** Every published schema, by its path from the package's folder. */
export function publishedSchemas(): Map<string, string> {
  const files = new Map<string, string>();
  const add = (path: string, schema: TSchema) => {
    files.set(`config/schema/${path}`, toPublicSchema(schema, `/schemas/${path}`));
  };
  for (const [kind, schema] of Object.entries(DATA_SCHEMAS)) add(`records/${kind}.v1.schema.json`, orTombstone(schema));
  add("records/envelope.v1.schema.json", ENVELOPE);
  for (const [what, schema] of Object.entries(MESSAGE_SCHEMAS))
    add(`in/${what}.schema.json`, messageSchema(what, schema));
  return files;
}

/** Any record may turn out to be too large to send, or damaged: what then stands in its place is part of the contract. */
function orTombstone(schema: TSchema): TSchema {
  const { title, description } = schema;
  return Type.Union([schema, TOMBSTONE], {
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
  });
}

function messageSchema(what: string, schema: TSchema): TSchema {
  return what === "telemetry"
    ? Type.Union([schema, Type.Array(schema, { minItems: 1 })], { title: "Telemetry" })
    : schema;
}

/** The page of errors: what stands above its table is written by hand, the table is that of the code. */
export function errorsPage(): Map<string, string> {
  const path = "docs/errors.md";
  const page = readFileSync(join(PACKAGE_ROOT, path), "utf8");
  const head = page.split("\n").filter((line) => !line.startsWith("| `"));
  const rows = Object.entries(ERRORS).map(
    ([code, { exit, text, hint }]) =>
      `| \`${code}\` | ${exit} | ${text.replaceAll("%s", "…")} | ${hint.replaceAll("|", "\\|")} |`,
  );
  const tableAt = head.findIndex((line) => line.startsWith("|---")) + 1;
  return new Map([[path, [...head.slice(0, tableAt), ...rows, ...head.slice(tableAt)].join("\n")]]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  settleFiles(PACKAGE_ROOT, new Map([...publishedSchemas(), ...errorsPage()]), process.argv.includes("--check"));
}
