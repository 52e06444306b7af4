const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 10_000;
/** The box's live view says something every 15 s at least: this long without a word, the line is taken as dead. */
const SILENCE_MS = 40_000;

export interface SocketHandlers {
  onMessage(message: unknown): void;
  onOpen(): void;
  onLost(): void;
  /** Whether silence means a dead line: true for a feed that always talks. */
  readonly isTalkative: boolean;
}

/** Connects for ever: a page on a wall has nobody to press F5. Waits longer each time up to ten seconds, with jitter so that pages do not come all at once. */
export function connectForEver(path: () => string, handlers: SocketHandlers): void {
  let attempts = 0;
  const connect = () => {
    const socket = new WebSocket(new URL(path(), location.href.replace(/^http/, "ws")));
    let lastMessageAt = performance.now();
    const watch = setInterval(() => {
      if (handlers.isTalkative && performance.now() - lastMessageAt > SILENCE_MS) socket.close();
    }, 5_000);
    socket.addEventListener("open", () => {
      attempts = 0;
      handlers.onOpen();
    });
    socket.addEventListener("message", ({ data }) => {
      lastMessageAt = performance.now();
      const message = readJson(data);
      if (message !== undefined) handlers.onMessage(message);
    });
    socket.addEventListener("close", () => {
      clearInterval(watch);
      handlers.onLost();
      setTimeout(connect, delayOf(attempts));
      attempts += 1;
    });
  };
  connect();
}

function delayOf(attempts: number): number {
  const ceiling = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempts, 10));
  return ceiling * (0.5 + Math.random() / 2);
}

function readJson(data: unknown): unknown {
  if (typeof data !== "string") return undefined;
  try {
    return JSON.parse(data) as unknown;
  } catch {
    // A message cut off by the line: the next frame or the resumed feed makes up for it.
    return undefined;
  }
}
