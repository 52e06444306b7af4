import { parseRfc3339 } from "../../sync/index.js";
import { TouchlineError } from "../errors.js";
import { TelemetryRecording } from "../recording/telemetry-recording.js";
import { DEFAULT_RACE, prepareFolder, type SimulatedRaceFiles, wholeNumber, writeRace } from "../simulate/index.js";
import { renderTable, startProgress } from "./terminal.js";

export interface RaceFlags {
  readonly seed: string;
  readonly out: string;
  readonly minutes: string;
  readonly start: string;
  readonly cars: string;
  readonly hz: string;
  readonly force: boolean;
  readonly json: boolean;
}

/** `touchline simulate --sport motorsport`: the telemetry of a race, what race control and the pits said, and what really burned. */
export async function simulateRace(flags: RaceFlags): Promise<void> {
  const start = parseRfc3339(flags.start);
  if (start === null) throw new TouchlineError("SIM_BAD_OPTION", [`--start ${flags.start}: must be a time, RFC 3339`]);
  const options = {
    seed: wholeNumber("--seed", flags.seed, 0, Number.MAX_SAFE_INTEGER),
    minutes: wholeNumber("--minutes", flags.minutes, 1, 360),
    cars: wholeNumber("--cars", flags.cars, 1, 60),
    hz: wholeNumber("--hz", flags.hz, 1, 50),
    capacityKg: DEFAULT_RACE.capacityKg,
    start,
  };
  await prepareFolder({ dir: flags.out, replace: flags.force });
  const progress = startProgress("simulate", 100);
  try {
    const files = writeRace(
      options,
      flags.out,
      (dir) => new TelemetryRecording(dir),
      (done) => progress.update(Math.floor(done * 100)),
    );
    progress.stop();
    process.stdout.write(flags.json ? `${JSON.stringify(files)}\n` : describe(files));
  } finally {
    progress.stop();
  }
}

function describe(files: SimulatedRaceFiles): string {
  const rows: [string, string | number][] = [
    ["session", files.session],
    ["cars", files.cars],
    ["samples", files.samples],
    ["race messages", files.messages],
    ["burned by all", `${files.burnedKg.toFixed(1)} kg`],
  ];
  return `${renderTable(["simulated", ""], rows)}\nNext: touchline replay ${files.dir}\n`;
}
