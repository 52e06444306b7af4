import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { discardAtExit } from "../leftovers.js";
import { freePort } from "../nats-server.js";

export interface LineState {
  /** One way; the round trip is twice that. */
  readonly delayMs?: number;
  /** False: bytes in this direction vanish, the connection stays. */
  readonly toClient?: boolean;
  readonly toServer?: boolean;
  /** New connections are reset. */
  readonly refuse?: boolean;
}

/** A TCP line to a port of this machine, in a process of its own. */
export interface TcpLine {
  readonly url: string;
  set(state: LineState): Promise<void>;
  /** Resets all connections. */
  cut(): Promise<void>;
  dispose(): Promise<void>;
}

export async function startLine(targetPort: number): Promise<TcpLine> {
  const port = await freePort();
  const script = fileURLToPath(new URL("./children/proxy.mjs", import.meta.url));
  const child = fork(script, [String(port), String(targetPort)], { stdio: "inherit" });
  const leftover = discardAtExit(() => child.kill("SIGKILL"));
  const waiting = new Map<number, () => void>();
  child.on("message", ({ done }: { done: number }) => {
    waiting.get(done)?.();
    waiting.delete(done);
  });
  const answered = (id: number): Promise<void> => new Promise((resolve) => waiting.set(id, resolve));
  let next = 1;
  const tell = (message: object): Promise<void> => {
    const id = next++;
    const done = answered(id);
    child.send({ id, ...message });
    return done;
  };
  await answered(0);
  return {
    url: `nats://127.0.0.1:${port}`,
    set: (state) => tell({ set: state }),
    cut: () => tell({ cut: true }),
    async dispose() {
      leftover.takeBack();
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
    },
  };
}
