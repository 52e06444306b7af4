/** The element of the page with this id. The ids are ours: one that is missing is a defect of the page. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element as T;
}

/** A new element with text, set as text: what comes from outside is never read as HTML. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  text = "",
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  if (text !== "") element.textContent = text;
  return element;
}

export function setText(element: HTMLElement, text: string): void {
  // Writing the same text again would make screen readers and the layout work for nothing.
  if (element.textContent !== text) element.textContent = text;
}
