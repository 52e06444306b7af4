import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../errors.js";
import type { ConnectorParts } from "./connector.js";
import { ConnectorLoop } from "./connector-loop.js";
import { readDocument } from "./document.js";
import { MAX_DOCUMENT_BYTES } from "./poll.js";

export interface FolderOptions {
  readonly path: string;
  readonly everyMs: number;
}

/** Files looked at in one folder; more is no folder of logs. */
const MAX_FILES = 500;
/** What a program writes before it gives the file its name. */
const UNFINISHED = /^\.|~$|\.(tmp|part|partial|crdownload|swp)$/i;

interface Look {
  readonly size: number;
  readonly mtimeMs: number;
}

/**
 * Watches a folder that exports fall into: each file is read when it has come to rest and again when it changes. It looks at the folder
 * rather than waiting for signals, which network drives do not give.
 */
export class FolderConnector extends ConnectorLoop {
  readonly #options: FolderOptions;
  /** By name: as it was at the last look, and as it was when it was read. */
  readonly #lastLook = new Map<string, Look>();
  readonly #readAs = new Map<string, Look>();

  constructor(parts: ConnectorParts, options: FolderOptions) {
    super(parts);
    this.#options = options;
  }

  protected async look(): Promise<number> {
    const { observer } = this.parts;
    try {
      const names = (await readdir(this.#options.path)).filter((name) => !UNFINISHED.test(name)).sort();
      if (names.length > MAX_FILES) {
        observer.problem({
          place: this.#options.path,
          message: `${names.length} files: the first ${MAX_FILES} are read`,
        });
      }
      for (const name of names.slice(0, MAX_FILES)) if (!this.stopping.aborted) await this.#lookAt(name);
      this.#forgetAllBut(new Set(names));
      observer.state("up", null);
    } catch (thrown) {
      observer.answered("failed");
      observer.state("down", messageOf(thrown));
    }
    return this.#options.everyMs;
  }

  async #lookAt(name: string): Promise<void> {
    const { observer, document } = this.parts;
    const path = join(this.#options.path, name);
    const file = await stat(path).catch(() => null); // gone between the listing and the look
    if (file === null || !file.isFile()) return;
    const look = { size: file.size, mtimeMs: file.mtimeMs };
    const isAtRest = isSame(this.#lastLook.get(name), look);
    this.#lastLook.set(name, look);
    if (!isAtRest || isSame(this.#readAs.get(name), look)) return;
    this.#readAs.set(name, look);
    if (file.size > MAX_DOCUMENT_BYTES) {
      observer.problem({ place: name, message: `has more than ${MAX_DOCUMENT_BYTES} bytes` });
      return observer.answered("failed");
    }
    try {
      const { messages, broken } = readDocument(await readFile(path, "utf8"), document);
      await this.taker.takeMessages({
        messages,
        broken: broken.map(({ place, reason }) => ({ place: `${name}: ${place}`, reason })),
      });
      observer.answered("changed");
    } catch (thrown) {
      // Not stored, or not readable now: the next look tries again.
      this.#readAs.delete(name);
      observer.problem({ place: name, message: messageOf(thrown) });
      observer.answered("failed");
    }
  }

  #forgetAllBut(names: ReadonlySet<string>): void {
    for (const map of [this.#lastLook, this.#readAs])
      for (const name of map.keys()) if (!names.has(name)) map.delete(name);
  }
}

function isSame(before: Look | undefined, now: Look): boolean {
  return before !== undefined && before.size === now.size && before.mtimeMs === now.mtimeMs;
}
