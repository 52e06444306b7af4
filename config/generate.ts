import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { CAR_SCHEMA } from "./car-schema.js";
import { renderExample } from "./example.js";
import { settleFiles, toPublicSchema } from "./publish.js";
import { renderReference } from "./reference.js";
import { VENUE_SCHEMA } from "./schema.js";
import { packageFolder } from "./sport.js";
import { SPORT_SCHEMA } from "./sport-schema.js";

/** Every file that is made from the declarations of `config`, by its path from the package's folder. */
export function generatedConfigFiles(): Map<string, string> {
  return new Map([
    ["config/schema/venue.schema.json", toPublicSchema(VENUE_SCHEMA, "/schemas/venue.schema.json")],
    ["config/schema/sport.schema.json", toPublicSchema(SPORT_SCHEMA, "/schemas/sport.schema.json")],
    ["config/schema/car.schema.json", toPublicSchema(CAR_SCHEMA, "/schemas/car.schema.json")],
    ["config/venue.example.yaml", renderExample()],
    ["docs/configuration.md", renderReference()],
  ]);
}

const isProgram = process.argv[1] === fileURLToPath(import.meta.url);
if (isProgram) {
  settleFiles(packageFolder(dirname(process.argv[1] ?? ".")), generatedConfigFiles(), process.argv.includes("--check"));
}
