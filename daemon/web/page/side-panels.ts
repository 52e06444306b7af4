import { byId, make, setText } from "./dom.js";
import { formatCount, formatShare, formatTime } from "./format.js";
import type { CueData, Link, Status, Summary } from "./protocol.js";

const MAX_CUES = 8;

/** What was heard last, newest on top. */
export class HeardList {
  readonly #list = byId("cues");
  readonly #empty = byId("no-cues");

  show(cue: CueData): void {
    this.#empty.hidden = true;
    const item = make("li");
    item.dataset.cue = cue.cueId;
    const kind = make("span", "cue-kind", cue.count > 1 ? `${cue.kind} ×${cue.count}` : cue.kind);
    kind.dataset.kind = cue.kind;
    item.append(kind, make("time", "number", formatTime(cue.onset)), make("span", "number", formatShare(cue.score)));
    const before = [...this.#list.children].find((child) => (child as HTMLElement).dataset.cue === cue.cueId);
    if (before === undefined) this.#list.prepend(item);
    else before.replaceWith(item);
    while (this.#list.children.length > MAX_CUES) this.#list.lastElementChild?.remove();
  }
}

export function showStatus(status: Status): void {
  const [session] = status.sessions;
  const others = status.sessions.length - 1;
  const title = session === undefined ? "No session" : (session.name ?? session.session);
  setText(byId("session-name"), others > 0 ? `${title} and ${others} more` : title);
  const facts = [status.venue, `box ${status.box}`, session?.sport, session?.state, `touchline ${status.version}`];
  setText(byId("venue-name"), facts.filter((fact) => fact !== undefined && fact !== "").join(" · "));
  document.title = `${title} · Touchline`;
  showBoxState(status.state, status.reasons);
  showProgress(status.progress);
  showLinks(status.outputs);
}

/** State of the box, or `lost` when the page does not reach it. */
export function showBoxState(state: string, reasons: readonly string[]): void {
  const pill = byId("box-state");
  pill.dataset.state = state;
  setText(pill, state);
  const line = byId("reasons");
  line.hidden = reasons.length === 0;
  setText(line, reasons.join(" · "));
}

export function showSummary(summary: Summary): void {
  byId("summary").hidden = false;
  setText(byId("summary-title"), summary.title);
  byId("summary-head").replaceChildren(rowOf("th", summary.head));
  byId("summary-rows").replaceChildren(...summary.rows.map((row) => rowOf("td", row)));
  const note = byId("summary-note");
  note.hidden = summary.note === null;
  setText(note, summary.note ?? "");
}

function showProgress(progress: Status["progress"]): void {
  byId("progress").hidden = progress === null;
  if (progress === null) return;
  byId<HTMLProgressElement>("progress-bar").value = progress.share;
  setText(byId("progress-note"), progress.note);
}

function showLinks(links: readonly Link[]): void {
  byId("no-links").hidden = links.length > 0;
  byId("links").replaceChildren(
    ...links.map(({ name, type, state, detail, backlog }) => {
      const item = make("li");
      const dot = make("span", "dot");
      dot.dataset.state = state;
      const waiting = backlog > 0 ? `${formatCount(backlog)} waiting` : "all sent";
      const words = make("span", "link-words");
      words.append(make("strong", "", name), make("small", "", detail === null ? `${type}, ${state}` : detail));
      item.append(dot, words, make("span", "number", waiting));
      return item;
    }),
  );
}

function rowOf(tag: "th" | "td", cells: readonly string[]): HTMLTableRowElement {
  const row = make("tr");
  row.append(...cells.map((cell, index) => make(tag, index === 0 ? "" : "number", cell)));
  return row;
}
