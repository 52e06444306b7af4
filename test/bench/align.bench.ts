import { bench, describe } from "vitest";
import { type AlignerSnapshot, addSeconds, type UnixMicros } from "../../sync/index.js";
import { drive, inputsOf, newAligner } from "../unit/sync/aligner-driver.js";
import { logged, MATCH_START, makeMatch } from "../unit/sync/match-generator.js";

const match = makeMatch(7, { offsetSec: 12, falseWhistles: 25 });
const inputs = inputsOf(match);
const snapshot = snapshotBeforeTheEnd();

describe(`a full match of ${match.events.length} records and ${match.cues.length} cues`, () => {
  bench("nearest whistle before the press (reference)", () => {
    nearestWhistle();
  });

  bench("aligner, live: every record, cue and tick", () => {
    drive(newAligner(), inputs);
  });

  bench("aligner, batch: all evidence, one solve", () => {
    const aligner = newAligner({ finalise: false });
    for (const { input } of inputs) aligner.push(input, MATCH_START);
    aligner.push({ type: "end" }, MATCH_START);
  });
});

describe("one record at the end of a match", () => {
  let next = 0;
  const aligner = newAligner({ finalise: false });
  aligner.restore(snapshot);
  let now = addSeconds(MATCH_START, 8000);

  bench("its first revision", () => {
    now = addSeconds(now, 0.001);
    aligner.push({ type: "logged", event: logged(`scout/bench-${next++}`, "foul", now, now) }, now);
  });

  bench("its solve: search, calibration, association", () => {
    const own = newAligner({ finalise: false });
    own.restore(snapshot);
    own.push({ type: "logged", event: logged("scout/bench", "foul", now, now) }, now);
    own.push({ type: "tick" }, addSeconds(now, 1));
  });

  bench("a restart (what the solve above spends on it)", () => {
    newAligner({ finalise: false }).restore(snapshot);
  });
});

/** The state after all inputs, with the session still running. */
function snapshotBeforeTheEnd(): AlignerSnapshot {
  const aligner = newAligner({ finalise: false });
  for (const { at, input } of inputs) {
    for (let due = aligner.nextDue(); due !== null && due <= at; due = aligner.nextDue()) {
      aligner.push({ type: "tick" }, due);
    }
    aligner.push(input, at);
  }
  return aligner.snapshot();
}

/** The naive peer: known offset, the last whistle within ten seconds before the press. */
function nearestWhistle(): Map<string, UnixMicros> {
  const found = new Map<string, UnixMicros>();
  const whistles = match.cues.filter((cue) => cue.kind === "whistle").sort((a, b) => a.onset - b.onset);
  for (const event of match.events) {
    const press = addSeconds(event.stamp ?? MATCH_START, -12);
    const last = whistles.findLast((cue) => cue.onset <= press && press - cue.onset < 10e6);
    found.set(event.eventId, last?.onset ?? press);
  }
  return found;
}
