import { byId, make, setText } from "./dom.js";
import { formatAmount, formatCount, formatShare } from "./format.js";
import type { CarView, FuelData } from "./protocol.js";

/** Cars on the page: more than any field. */
const MAX_CARS = 128;

interface Row {
  readonly element: HTMLTableRowElement;
  end: string;
  rank: number;
}

/** The race's cars, the thriftiest on top: fuel and laps left, each with its standard deviation. Hidden until a car is known. */
export class FuelTable {
  readonly #section = byId("fuel");
  readonly #body = byId("fuel-rows");
  readonly #count = byId("fuel-count");
  readonly #rows = new Map<string, Row>();

  /** Takes a window unless a later one is shown already. */
  show(fuel: FuelData): void {
    const known = this.#rows.get(fuel.car);
    if (known !== undefined && known.end > fuel.window.to) return;
    const row = known ?? this.#add(fuel.car);
    if (row === null) return;
    row.end = fuel.window.to;
    const rank = fuel.rank?.position ?? Number.MAX_SAFE_INTEGER;
    fill(row.element, fuel);
    if (rank === row.rank) return;
    row.rank = rank;
    this.#sort();
  }

  /** As the box tells the race when the page opens. */
  load({ time, rank, lastSafeLap, pReach, ...car }: CarView): void {
    this.show({
      ...car,
      window: { to: time },
      ...(rank === undefined ? {} : { rank: { position: rank } }),
      ...(lastSafeLap === undefined ? {} : { pitWindow: { lastSafeLap } }),
      ...(pReach === undefined ? {} : { toEnd: { pReach } }),
    });
  }

  #add(car: string): Row | null {
    if (this.#rows.size >= MAX_CARS) return null;
    const row = { element: make("tr"), end: "", rank: -1 };
    row.element.dataset.car = car;
    this.#rows.set(car, row);
    this.#section.hidden = false;
    setText(this.#count, `${formatCount(this.#rows.size)} cars, the thriftiest first`);
    return row;
  }

  #sort(): void {
    const rows = [...this.#rows.values()].sort((a, b) => a.rank - b.rank);
    this.#body.replaceChildren(...rows.map(({ element }) => element));
  }
}

function fill(element: HTMLTableRowElement, fuel: FuelData): void {
  const name = make("th", "event-class", fuel.car);
  name.scope = "row";
  const trend = make("td");
  const badge = make("span", "badge trend", fuel.trend);
  badge.dataset.value = fuel.trend;
  trend.append(badge);
  element.replaceChildren(
    name,
    make("td", "number", formatAmount(fuel.mpg, fuel.mpgSd, 2)),
    trend,
    make("td", "number", formatAmount(fuel.fuelKgLeft, fuel.fuelKgLeftSd, 1)),
    make("td", "number", formatAmount(fuel.lapsLeft, fuel.lapsLeftSd, 1)),
    make("td", "number", fuel.pitWindow === undefined ? "–" : String(Math.floor(fuel.pitWindow.lastSafeLap))),
    make("td", "number", fuel.toEnd === undefined ? "–" : formatShare(fuel.toEnd.pReach)),
  );
}
