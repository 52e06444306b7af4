import { byId, make, setText } from "./dom.js";
import { formatShare } from "./format.js";
import { spanOf, wordsOf } from "./moment-words.js";
import type { MomentData } from "./protocol.js";

const MAX_SHOWN = 5;
/** Moments kept for the ranking; more are in /v1/moments. */
const MAX_KEPT = 500;

/** The most interesting moments so far, the first one on top. */
export class MomentsList {
  readonly #list = byId("moments");
  readonly #empty = byId("no-moments");
  readonly #moments = new Map<string, MomentData>();

  /** Takes a revision unless a later one is known already: what was asked for and the feed overlap. */
  show(moment: MomentData): void {
    const known = this.#moments.get(moment.momentId);
    if (known !== undefined && known.revision >= moment.revision) return;
    this.#moments.set(moment.momentId, moment);
    const top = [...this.#moments.values()]
      .filter(({ state }) => state !== "retracted")
      .sort((a, b) => b.interest - a.interest);
    if (this.#moments.size > MAX_KEPT) this.#forget(top);
    this.#empty.hidden = top.length > 0;
    this.#list.replaceChildren(...top.slice(0, MAX_SHOWN).map(itemOf));
  }

  #forget(top: readonly MomentData[]): void {
    const dropped = top.at(-1)?.momentId ?? this.#moments.keys().next().value;
    if (dropped !== undefined) this.#moments.delete(dropped);
  }
}

function itemOf(moment: MomentData): HTMLElement {
  const item = make("li");
  item.dataset.moment = moment.momentId;
  item.dataset.state = moment.state;
  const words = make("span", "link-words");
  const span = make("strong");
  setText(span, spanOf(moment));
  words.append(span, make("small", "", wordsOf(moment.reasons)));
  item.append(words, make("span", "number", formatShare(moment.interest)));
  return item;
}
