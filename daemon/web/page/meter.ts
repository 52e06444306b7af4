import { make, setText } from "./dom.js";

const FLOOR_DB = -72;
/** How long the highest peak stays marked. */
const HOLD_MS = 1_500;

/** A level meter: bar for the mean level, line for the peak held, figure for those who cannot see the bar. */
export class Meter {
  readonly element: HTMLElement;
  readonly #bar = make("div", "meter-bar");
  readonly #peak = make("div", "meter-peak");
  readonly #figure = make("output", "meter-figure");
  #held = FLOOR_DB;
  #heldUntil = 0;

  constructor(channel: string) {
    const track = make("div", "meter-track");
    track.append(this.#bar, this.#peak);
    this.element = make("div", "meter");
    this.element.append(track, this.#figure);
    track.setAttribute("role", "meter");
    track.setAttribute("aria-label", `Level of ${channel}, dBFS`);
    track.setAttribute("aria-valuemin", String(FLOOR_DB));
    track.setAttribute("aria-valuemax", "0");
  }

  show(rmsDb: number, peakDb: number): void {
    const now = performance.now();
    if (peakDb >= this.#held || now > this.#heldUntil) {
      this.#held = peakDb;
      this.#heldUntil = now + HOLD_MS;
    }
    this.#bar.style.clipPath = `inset(0 ${(1 - shareOf(rmsDb)) * 100}% 0 0)`;
    this.#peak.style.left = `${shareOf(this.#held) * 100}%`;
    setText(this.#figure, rmsDb <= FLOOR_DB ? "silent" : `${rmsDb.toFixed(0).replace("-", "−")} dB`);
    this.#bar.parentElement?.setAttribute("aria-valuenow", String(Math.round(Math.max(FLOOR_DB, rmsDb))));
  }
}

function shareOf(db: number): number {
  return Number.isFinite(db) ? Math.max(0, Math.min(1, 1 - db / FLOOR_DB)) : 0;
}
