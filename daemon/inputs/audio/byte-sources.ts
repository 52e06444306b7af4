import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { messageOf, TouchlineError } from "../../errors.js";
import type { ByteSource } from "./byte-reader.js";

/**
 * Opens a file or FIFO by its path. A FIFO without a writer is opened at once and gives its first bytes when a writer comes;
 * it ends when the last writer has gone.
 * @throws TouchlineError FILE_UNREADABLE
 */
export async function openPath(path: string): Promise<ByteSource> {
  const fd = openForReading(path);
  const stat = fstatSync(fd);
  if (stat.isFIFO()) return openPipe(fd, path);
  closeSync(fd);
  if (stat.isDirectory()) throw new TouchlineError("FILE_UNREADABLE", [path, "it is a folder"]);
  return openFile(path, path);
}

/** Standard input, be it a pipe, a terminal or a redirected file. */
export async function openStdin(): Promise<ByteSource> {
  const stat = fstatSync(0);
  return stat.isFIFO() || stat.isSocket() ? openPipe(0, "standard input") : openFile("/dev/stdin", "standard input");
}

// A socket waits in the event loop; a file stream would hold one of the four pool threads for as long as nobody writes.
function openPipe(fd: number, label: string): ByteSource {
  return streamSource(new Socket({ fd, readable: true, writable: false }), label);
}

function openForReading(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new TouchlineError("FILE_UNREADABLE", [path, messageOf(error)], error);
  }
}

async function openFile(path: string, label: string): Promise<ByteSource> {
  const handle = await open(path, "r").catch((error: unknown) => {
    throw new TouchlineError("FILE_UNREADABLE", [label, messageOf(error)], error);
  });
  const stat = await handle.stat();
  const isFile = stat.isFile();
  let offset = 0;
  return {
    label,
    sizeBytes: isFile ? stat.size : null,
    seek: isFile
      ? (to) => {
          offset = to;
        }
      : null,
    async read(target) {
      try {
        const { bytesRead } = await handle.read(target, 0, target.length, isFile ? offset : null);
        offset += bytesRead;
        return bytesRead;
      } catch (error) {
        throw new TouchlineError("FILE_UNREADABLE", [label, messageOf(error)], error);
      }
    },
    close: () => handle.close(),
  };
}

/** Reads from a stream on demand: what nobody asks for stays in the pipe, so the writer is held back. */
export function streamSource(stream: Readable, label: string): ByteSource {
  let failure: unknown = null;
  let ended = false;
  let wake: (() => void) | null = null;
  let rest: Buffer = Buffer.alloc(0);
  const notify = (): void => {
    wake?.();
    wake = null;
  };
  const onEnd = (): void => {
    ended = true;
    notify();
  };
  stream.on("readable", notify);
  stream.on("end", onEnd);
  stream.on("close", onEnd);
  stream.on("error", (error) => {
    failure = error;
    onEnd();
  });
  const next = async (): Promise<Buffer | null> => {
    for (;;) {
      const chunk = stream.read() as Buffer | null;
      if (chunk !== null) return chunk;
      if (failure !== null) throw new TouchlineError("FILE_UNREADABLE", [label, messageOf(failure)], failure);
      if (ended || stream.readableEnded || stream.destroyed) return null;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return {
    label,
    sizeBytes: null,
    seek: null,
    async read(target) {
      if (rest.length === 0) rest = (await next()) ?? rest;
      const count = Math.min(rest.length, target.length);
      rest.copy(target, 0, 0, count);
      rest = rest.subarray(count);
      return count;
    },
    close: async () => {
      stream.destroy();
      notify();
    },
  };
}

/** Bytes that are in memory already. */
export function bufferSource(bytes: Uint8Array, label: string): ByteSource {
  let offset = 0;
  return {
    label,
    sizeBytes: bytes.length,
    seek: (to) => {
      offset = to;
    },
    read: async (target) => {
      const count = Math.max(0, Math.min(target.length, bytes.length - offset));
      target.set(bytes.subarray(offset, offset + count));
      offset += count;
      return count;
    },
    close: async () => undefined,
  };
}
