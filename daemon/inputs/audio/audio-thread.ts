import { setImmediate } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { createListener } from "../../../dsp/index.js";
import { SYSTEM_CLOCK } from "../../clock.js";
import { AudioEngine } from "./audio-engine.js";
import { openSource } from "./open-source.js";
import { sleepUnlessAborted } from "./sleep.js";
import type { FromThread, ThreadStart, ToThread } from "./thread-messages.js";

/** The audio thread: sockets, decoding and listening of all inputs. What the main thread does meanwhile cannot stop it. */
function main(port: NonNullable<typeof parentPort>, start: ThreadStart): void {
  const tell = (message: FromThread): void => port.postMessage(message);
  const engine = new AudioEngine(start.specs, {
    clock: SYSTEM_CLOCK,
    sleep: sleepUnlessAborted,
    giveWay: () => setImmediate(),
    open: openSource,
    createListener,
    snapshots: start.snapshots,
    granted: start.granted,
    maxAheadSec: start.maxAheadSec,
    handlers: {
      onReport: (report) => tell({ type: "report", report }),
      onEnd: (input, error, isFinal) => tell({ type: "end", input, error, isFinal }),
      onState: (input, state, detail) => tell({ type: "state", input, state, detail }),
      onWarning: (input, warning) => tell({ type: "warning", input, warning }),
    },
  });
  port.on("message", (message: ToThread) => {
    if (message.type === "grant") engine.grant(message.channel, message.upToSample);
    else if (message.type === "acknowledge") engine.acknowledge(message.channel, message.heardUpTo);
    else void engine.stop().then(() => port.close());
  });
}

if (parentPort !== null) main(parentPort, workerData as ThreadStart);
