import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectSocket, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { discardAtExit } from "./leftovers.js";

/** A real nats-server with JetStream on a free port and a store folder of its own. */
export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly storeDir: string;
  /** kill -9; the store stays. */
  kill(): Promise<void>;
  /** Freezes it (SIGSTOP): connections stay open and say nothing. */
  freeze(): void;
  thaw(): void;
  /** Again on the same port and store. */
  start(): Promise<void>;
  /** Ends it and removes the store. */
  dispose(): Promise<void>;
}

export const HAS_NATS_SERVER = findServer();

/** For `describe.skipIf`: without a server the tests are skipped by name; on CI that is a failure. */
export function natsMissing(): boolean {
  if (HAS_NATS_SERVER) return false;
  if (process.env.CI) throw new Error("nats-server is not on the PATH; on CI it must be");
  return true;
}

/** `storeDir`: a folder of the test's own, which stays. */
export async function startNatsServer(
  options: { port?: number; config?: string; storeDir?: string } = {},
): Promise<TestServer> {
  const port = options.port ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), "touchline-nats-"));
  const storeDir = options.storeDir ?? join(folder, "store");
  const configFile = join(folder, "server.conf");
  writeFileSync(configFile, options.config ?? "");
  let child: ChildProcess | null = null;
  const leftover = discardAtExit(() => {
    child?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  const start = async (): Promise<void> => {
    const args = ["-js", "-a", "127.0.0.1", "-p", String(port), "-sd", storeDir, "-c", configFile];
    child = spawn("nats-server", args, { stdio: "ignore" });
    await untilListening(port);
  };
  const kill = async (): Promise<void> => {
    const dying = child;
    child = null;
    if (dying === null || dying.exitCode !== null) return;
    const gone = new Promise((resolve) => dying.once("exit", resolve));
    dying.kill("SIGKILL");
    await gone;
  };
  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    storeDir,
    start,
    kill,
    freeze: () => void child?.kill("SIGSTOP"),
    thaw: () => void child?.kill("SIGCONT"),
    async dispose() {
      leftover.takeBack();
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await answers(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nats-server did not start on port ${port}`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket(port, "127.0.0.1");
    socket.once("data", () => finish(true));
    socket.once("error", () => finish(false));
    function finish(result: boolean): void {
      socket.destroy();
      resolve(result);
    }
  });
}

function findServer(): boolean {
  try {
    execFileSync("nats-server", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
