import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { FuelCounters } from "../models/index.js";
import { parseRfc3339 } from "../sync/index.js";
import type { Clock } from "./clock.js";
import type { FuelLanes } from "./fuel-lanes.js";
import type { RecordDraft } from "./records/index.js";

/** What became of samples that the models did not use. */
const UNUSED = ["late", "invalid", "throttlePercent", "unknownCars", "duplicates"] as const;
/** What the models had to repair, leave out or bridge. */
const REPAIRS = ["clockJumps", "lapsBack", "stuckSensors", "engineOff", "holes", "gated", "marksUnused"] as const;
/** Around the promise of five seconds for a sample: three of them are the window, half a second is the wait. */
const DELAY_BUCKETS = [0.4, 0.5, 0.55, 0.6, 0.75, 1, 1.5, 2, 3, 5, 10, 60];
const TRENDS = ["saving", "neutral", "pushing"];

/** What the fuel models did, and what they could not use. */
export class FuelMetrics {
  readonly #clock: Clock;
  readonly #insights: Counter<"trend">;
  readonly #rebased: Counter;
  readonly #delay: Histogram;

  constructor(registry: Registry, lanes: FuelLanes, clock: Clock) {
    const registers = [registry];
    this.#clock = clock;
    this.#insights = new Counter({
      name: "touchline_fuel_insights_total",
      help: "Fuel records made, revisions included, by trend.",
      labelNames: ["trend"],
      registers,
    });
    this.#rebased = new Counter({
      name: "touchline_fuel_rebased_total",
      help: "Fuel records that told of a change of the past.",
      registers,
    });
    this.#delay = new Histogram({
      name: "touchline_fuel_insight_delay_seconds",
      help: "From the end of a window to the commit of its first record.",
      buckets: DELAY_BUCKETS,
      registers,
    });
    for (const trend of TRENDS) this.#insights.inc({ trend }, 0);
    registerModels(registry, lanes);
  }

  committed(drafts: readonly RecordDraft[]): void {
    const nowSec = this.#clock.wall() / 1e6;
    for (const { kind, class: trend, data } of drafts) {
      if (kind !== "fuel") continue;
      this.#insights.inc({ trend });
      if (data.rebased === true) this.#rebased.inc();
      const end = parseRfc3339((data.window as { to: string }).to);
      if (data.revision === 1 && end !== null) this.#delay.observe(Math.max(0, nowSec - end / 1e6));
    }
  }
}

function registerModels(registry: Registry, lanes: FuelLanes): void {
  const registers = [registry];
  const sum = (name: keyof FuelCounters) => lanes.lanes().reduce((total, lane) => total + lane.counters[name], 0);
  const refused = (name: "clockMixed" | "markUnreadable" | "markOverflow") =>
    lanes.lanes().reduce((total, lane) => total + lane.refused[name], 0);
  counter("touchline_fuel_samples_total", "Samples the models were given.", [], (c) => c.inc(sum("samples")));
  counter("touchline_fuel_unused_total", "Samples and race messages the models could not use.", ["reason"], (c) => {
    for (const reason of UNUSED) c.inc({ reason }, sum(reason));
    c.inc({ reason: "clockMixed" }, refused("clockMixed"));
    c.inc({ reason: "message" }, refused("markUnreadable") + refused("markOverflow"));
    c.inc({ reason: "noRace" }, lanes.unplaced);
  });
  counter("touchline_fuel_repairs_total", "What the models repaired, bridged or left out.", ["what"], (c) => {
    for (const what of REPAIRS) c.inc({ what }, sum(what));
  });
  counter("touchline_fuel_revised_total", "Windows that late samples made anew.", [], (c) => c.inc(sum("revised")));
  counter("touchline_fuel_filled_seconds_total", "Seconds of cars over which no sample came, filled.", [], (c) =>
    c.inc(sum("filledSec")),
  );
  new Gauge({
    name: "touchline_fuel_races",
    help: "Races with telemetry that are not over.",
    registers,
    collect() {
      this.set(lanes.running);
    },
  });
  new Gauge({
    name: "touchline_fuel_cars",
    help: "Cars the models know, over all races.",
    registers,
    collect() {
      this.set(lanes.lanes().reduce((total, lane) => total + lane.cars, 0));
    },
  });

  /** The models count by themselves, and their counts outlive a restart: what they say is taken over as it stands. */
  function counter(name: string, help: string, labelNames: string[], read: (counter: Counter) => void): void {
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        read(this);
      },
    });
  }
}
