import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PACKAGE_ROOT } from "../daemon/package-files.js";
import { discardAtExit } from "./leftovers.js";

export const CLI = join(PACKAGE_ROOT, "dist", "daemon", "cli.js");

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the built program to its end, with a terminal on none of its streams. */
export function runTouchline(args: readonly string[], input: string | Uint8Array | null = null): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [CLI, ...args], { stdio: ["pipe", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.stdin.on("error", () => undefined); // a command that reads no input may be gone before it is written
    child.stdin.end(input ?? "");
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** `touchline run`, up and listening. */
export interface RunningDaemon {
  readonly url: string;
  /** JSON lines of its log so far. */
  readonly log: Record<string, unknown>[];
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit code; null after a kill. */
  readonly exited: Promise<number | null>;
  stderr(): string;
}

export async function startTouchline(config: string, args: readonly string[] = []): Promise<RunningDaemon> {
  const child = spawn(process.execPath, [CLI, "run", "-c", config, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  const leftover = discardAtExit(() => child.kill("SIGKILL"));
  const exited = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  void exited.then(() => leftover.takeBack());
  const log: Record<string, unknown>[] = [];
  const lines: string[] = [];
  const url = await untilListening(child, log, lines, exited);
  return { url, log, signal: (name) => void child.kill(name), exited, stderr: () => lines.join("\n") };
}

function untilListening(
  child: ChildProcess,
  log: Record<string, unknown>[],
  lines: string[],
  exited: Promise<number | null>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    if (child.stderr === null) return reject(new Error("no stderr"));
    createInterface({ input: child.stderr }).on("line", (line) => {
      lines.push(line);
      if (!line.startsWith("{")) return;
      const entry = JSON.parse(line) as Record<string, unknown>;
      log.push(entry);
      if (entry.msg === "touchline runs") resolve(String(entry.url).replace(/\/$/, ""));
    });
    void exited.then((code) =>
      reject(new Error(`touchline ended with ${code} before it listened:\n${lines.join("\n")}`)),
    );
  });
}

/** Tries until `test` gives something; the error names what was waited for. */
export async function eventually<T>(what: string, test: () => Promise<T | null>, timeoutMs = 30_000): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const result = await test();
    if (result !== null) return result;
    if (performance.now() > deadline) throw new Error(`did not happen within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
