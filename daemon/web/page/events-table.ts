import { byId, make, setText } from "./dom.js";
import { formatClass, formatCount, formatInterval, formatShare, formatShift, formatTime } from "./format.js";
import type { EventData } from "./protocol.js";

/** Rows kept on the page; older events are in /v1/events. */
const MAX_ROWS = 200;

interface Row {
  readonly element: HTMLTableRowElement;
  revision: number;
}

/** A row an event, newest on top. A revision changes its row in place and lights it up for a moment. */
export class EventsTable {
  readonly #body = byId("event-rows");
  readonly #empty = byId("no-events");
  readonly #count = byId("events-count");
  readonly #rows = new Map<string, Row>();
  #seen = 0;

  /** Takes a revision unless a later one is shown already: snapshot and feed overlap. */
  show(event: EventData): void {
    const known = this.#rows.get(event.eventId);
    if (known !== undefined && known.revision >= event.revision) return;
    const row = known ?? this.#add(event.eventId);
    row.revision = event.revision;
    fill(row.element, event);
    if (known !== undefined) highlight(row.element);
  }

  #add(eventId: string): Row {
    const row = { element: make("tr"), revision: 0 };
    row.element.dataset.event = eventId;
    this.#rows.set(eventId, row);
    this.#body.prepend(row.element);
    this.#empty.hidden = true;
    this.#seen += 1;
    setText(this.#count, `${formatCount(this.#seen)} so far, corrected as the sound tells, UTC`);
    const [oldest] = this.#rows;
    if (this.#rows.size > MAX_ROWS && oldest !== undefined) {
      oldest[1].element.remove();
      this.#rows.delete(oldest[0]);
    }
    return row;
  }
}

function fill(element: HTMLTableRowElement, event: EventData): void {
  const loggedMs = Date.parse(event.corrected.time) - event.shiftSec * 1000;
  const name = make("th", "event-class", formatClass(event.class));
  name.scope = "row";
  element.dataset.state = event.state;
  element.dataset.revision = String(event.revision);
  element.replaceChildren(
    name,
    make("td", "number logged", formatTime(loggedMs)),
    make("td", "number corrected", formatTime(event.corrected.time)),
    make("td", "number", formatInterval(event.corrected.intervals)),
    make("td", "number", formatShift(event.shiftSec)),
    badgeCell("anchor", event.anchor, [event.anchor, ...event.flags].join(", ")),
    badgeCell("state", event.state, `revision ${event.revision}`),
    confidenceCell(event.confidence),
  );
}

function badgeCell(className: string, text: string, title: string): HTMLTableCellElement {
  const cell = make("td");
  const badge = make("span", `badge ${className}`, text);
  badge.dataset.value = text;
  badge.title = title;
  cell.append(badge);
  return cell;
}

function confidenceCell(confidence: number): HTMLTableCellElement {
  const cell = make("td", "confidence");
  const bar = make("span", "bar");
  bar.style.setProperty("--share", String(Math.max(0, Math.min(1, confidence))));
  cell.append(bar, make("span", "number", formatShare(confidence)));
  return cell;
}

function highlight(element: HTMLElement): void {
  element.classList.remove("revised");
  // Reading the size makes the browser take the removal in, so that the animation runs anew.
  void element.offsetWidth;
  element.classList.add("revised");
}
