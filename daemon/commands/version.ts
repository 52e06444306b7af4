import { Command } from "commander";
import { packageVersion } from "../package-files.js";

export interface VersionInfo {
  readonly version: string;
  /** Version of Node. */
  readonly node: string;
  /** Operating system and processor, such as `linux-x64`. */
  readonly platform: string;
}

export function versionInfo(): VersionInfo {
  return {
    version: packageVersion(),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
  };
}

export function versionCommand(): Command {
  return new Command("version")
    .description("Tell the version of this program and of what it runs on.")
    .option("--json", "one line of JSON: {version, node, platform}")
    .addHelpText("after", "\nExamples:\n  touchline version\n  touchline version --json")
    .action((options: { json?: boolean }) => {
      const info = versionInfo();
      const text =
        options.json === true
          ? JSON.stringify(info)
          : `touchline ${info.version} (Node ${info.node}, ${info.platform})`;
      process.stdout.write(`${text}\n`);
    });
}
