import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { addSeconds, formatRfc3339, type UnixMicros } from "../../../sync/index.js";
import { messageOf, TouchlineError } from "../../errors.js";
import type { TelemetrySample } from "../../inputs/index.js";
import { type FuelTruth, type RaceMessage, type RaceOptions, SimulatedRace } from "./race.js";

/** What the files of telemetry are written with: `recording/` has it. */
export interface TelemetryWriter {
  addSamples(samples: readonly TelemetrySample[], arrival: UnixMicros): void;
  flush(): void;
}

export interface SimulatedRaceFiles {
  readonly dir: string;
  readonly session: string;
  readonly cars: number;
  readonly samples: number;
  readonly messages: number;
  readonly burnedKg: number;
}

/** A feed is a little late. */
const LATENCY_SEC = 0.2;
const TRUTH_SEC = 3;

/** Writes a race with its truth in the layout of a recording. The same options give the same bytes. @throws TouchlineError FILE_UNWRITABLE */
export function writeRace(
  options: RaceOptions & { readonly start: UnixMicros },
  dir: string,
  openTelemetry: (dir: string) => TelemetryWriter,
  onProgress: (done: number) => void,
): SimulatedRaceFiles {
  const race = new SimulatedRace(options);
  const session = `race-${options.seed}`;
  const messages: RaceMessage[] = race.opening();
  const truth: FuelTruth[] = [];
  let samples = 0;
  try {
    const telemetry = openTelemetry(dir);
    let index = 0;
    for (let step = race.next(); step !== null; step = race.next()) {
      telemetry.addSamples(step.samples, addSeconds(options.start, step.t + LATENCY_SEC));
      samples += step.samples.length;
      messages.push(...step.messages);
      if (index % (TRUTH_SEC * options.hz) === 0) truth.push(...race.truth(step.t));
      index += 1;
      onProgress(index / race.steps);
    }
    telemetry.flush();
    mkdirSync(join(dir, "truth"), { recursive: true });
    writeFileSync(join(dir, "session.yaml"), sessionFile(options, session));
    writeFileSync(join(dir, "race.jsonl"), messages.map((message) => raceLine(message, options.start)).join(""));
    writeFileSync(join(dir, "truth", "fuel.csv"), truthFile(truth));
  } catch (error) {
    throw new TouchlineError("FILE_UNWRITABLE", [dir, messageOf(error)], error);
  }
  const burnedKg = race.cars.reduce((sum, car) => sum + car.burnedKg, 0);
  return { dir, session, cars: race.cars.length, samples, messages: messages.length, burnedKg };
}

function sessionFile(options: RaceOptions & { readonly start: UnixMicros }, session: string): string {
  return stringify({
    venue: "simulated",
    box: "sim",
    session: {
      session,
      sport: "motorsport",
      name: `Simulated race, seed ${options.seed}`,
      scheduledStart: formatRfc3339(options.start),
      scheduledEnd: formatRfc3339(addSeconds(options.start, options.minutes * 60)),
    },
    channels: [],
    simulated: { seed: options.seed, cars: options.cars, minutes: options.minutes, hz: options.hz },
  });
}

function raceLine(message: RaceMessage, start: UnixMicros): string {
  return `${JSON.stringify({ ...message, arrival: formatRfc3339(addSeconds(start, message.t + LATENCY_SEC)) })}\n`;
}

function truthFile(truth: readonly FuelTruth[]): string {
  const rows = truth.map(({ t, car, lap, burnedKg }) => `${t},${car},${lap},${burnedKg.toFixed(5)}\n`);
  return `t,car,lap,cum\n${rows.join("")}`;
}
