// A TCP line that can be made long, thin, deaf or broken. In a process of its own, so that its delays are its own.
// argv: port to listen on, port to forward to. Messages of the parent: { set: { delayMs, toClient, toServer, refuse } } and { cut: true }.
import { connect, createServer } from "node:net";

const [, , listenPort, targetPort] = process.argv.map(Number);
let line = { delayMs: 0, toClient: true, toServer: true, refuse: false };
const pairs = new Set();

const server = createServer({ noDelay: true }, (client) => {
  if (line.refuse) return void client.resetAndDestroy();
  const upstream = connect({ port: targetPort, host: "127.0.0.1", noDelay: true });
  const pair = { client, upstream };
  pairs.add(pair);
  carry(client, upstream, () => line.toServer);
  carry(upstream, client, () => line.toClient);
  for (const socket of [client, upstream]) {
    socket.on("error", () => undefined);
    socket.on("close", () => {
      pairs.delete(pair);
      setTimeout(() => {
        client.destroy();
        upstream.destroy();
      }, line.delayMs);
    });
  }
});

/** Each chunk arrives `delayMs` after it came; what is dropped is lost without a sign, as on a line that is dead in one direction. */
function carry(from, to, isOpen) {
  const queue = [];
  let timer = null;
  const deliver = () => {
    timer = null;
    const now = performance.now();
    while (queue.length > 0 && queue[0].due <= now) {
      const { chunk } = queue.shift();
      if (!to.destroyed) to.write(chunk);
    }
    if (queue.length > 0) timer = setTimeout(deliver, Math.max(0, queue[0].due - now));
  };
  from.on("data", (chunk) => {
    if (!isOpen()) return;
    if (line.delayMs === 0 && queue.length === 0) {
      if (!to.destroyed) to.write(chunk);
      return;
    }
    queue.push({ chunk, due: performance.now() + line.delayMs });
    if (timer === null) timer = setTimeout(deliver, line.delayMs);
  });
}

process.on("message", (message) => {
  if (message.set) line = { ...line, ...message.set };
  if (message.cut)
    for (const { client, upstream } of pairs) for (const socket of [client, upstream]) socket.resetAndDestroy();
  process.send({ done: message.id });
});
process.on("disconnect", () => process.exit(0));
server.listen(listenPort, "127.0.0.1", () => process.send({ done: 0 }));
