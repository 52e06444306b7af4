import { byId, make } from "./dom.js";
import { Meter } from "./meter.js";
import type { ChannelFrame, CueData, Hello } from "./protocol.js";
import { Spectrogram } from "./spectrogram.js";

/** Cues kept for panels to come: more than a minute of a lively match has. */
const MAX_CUES = 100;

interface Panel {
  readonly element: HTMLElement;
  readonly meter: Meter;
  readonly spectrogram: Spectrogram;
}

/** A meter and a spectrogram for each channel, in the order in which they were first heard. */
export class Channels {
  readonly #root = byId("channels");
  readonly #empty = byId("no-channels");
  readonly #panels = new Map<string, Panel>();
  readonly #cues = new Map<string, CueData>();
  #hello: Hello | null = null;

  /** A new connection tells the whole minute again: the panels begin anew. */
  begin(hello: Hello): void {
    this.#hello = hello;
    for (const { element } of this.#panels.values()) element.remove();
    this.#panels.clear();
  }

  show(frame: ChannelFrame): void {
    const panel = this.#panel(frame.channel);
    if (panel === null) return;
    if (frame.level !== undefined) panel.meter.show(frame.level.rmsDb, frame.level.peakDb);
    panel.spectrogram.push(
      frame.timesMs,
      Uint8Array.from(atob(frame.columns), (char) => char.charCodeAt(0)),
    );
  }

  /** Marks the cue in its channel's picture, also when that channel is first shown later. */
  mark(cue: CueData): void {
    this.#cues.set(cue.cueId, cue);
    const [oldest] = this.#cues.keys();
    if (this.#cues.size > MAX_CUES && oldest !== undefined) this.#cues.delete(oldest);
    this.#panels.get(cue.channel)?.spectrogram.mark(cue);
  }

  redraw(): void {
    for (const { spectrogram } of this.#panels.values()) spectrogram.redraw();
  }

  #panel(channel: string): Panel | null {
    const known = this.#panels.get(channel);
    if (known !== undefined) return known;
    if (this.#hello === null) return null;
    const element = make("article", "channel");
    const panel = { element, meter: new Meter(channel), spectrogram: new Spectrogram(channel, this.#hello) };
    const head = make("div", "channel-head");
    head.append(make("h3", "", channel), panel.meter.element);
    element.append(head, panel.spectrogram.element);
    this.#root.append(element);
    this.#empty.hidden = true;
    this.#panels.set(channel, panel);
    for (const cue of this.#cues.values()) if (cue.channel === channel) panel.spectrogram.mark(cue);
    return panel;
  }
}
