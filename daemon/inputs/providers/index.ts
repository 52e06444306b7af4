import { CSV } from "./csv.js";
import { MA3 } from "./ma3.js";
import { OPTA_F24 } from "./opta-f24.js";
import type { ProviderFormat } from "./provider.js";
import { SOCCERNET } from "./soccernet.js";
import { SPORTEC } from "./sportec.js";
import { SPORTRADAR } from "./sportradar.js";
import { SPORTSCODE } from "./sportscode.js";
import { STATSBOMB } from "./statsbomb.js";
import { WYSCOUT } from "./wyscout.js";

export type { LogMessage, ProviderFile, ProviderFormat, ProviderOptions } from "./provider.js";

/** Every provider format that can be read, in the order in which they are tried. */
export const PROVIDER_FORMATS: readonly ProviderFormat[] = [
  STATSBOMB,
  WYSCOUT,
  SPORTRADAR,
  SOCCERNET,
  MA3,
  SPORTEC,
  OPTA_F24,
  SPORTSCODE,
  CSV,
];

/** How much of a file its format may be guessed from. */
const HEAD_CHARACTERS = 65_536;

export function findProviderFormat(name: string): ProviderFormat | null {
  return PROVIDER_FORMATS.find((format) => format.name === name) ?? null;
}

/** The format a file's beginning speaks for; `null` when none does. */
export function guessProviderFormat(text: string): ProviderFormat | null {
  const head = text.slice(0, HEAD_CHARACTERS);
  return PROVIDER_FORMATS.find((format) => format.recognises(head)) ?? null;
}
