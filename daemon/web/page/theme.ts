import { byId } from "./dom.js";

const KEY = "touchline-theme";

/** Dark or light as the system says, until the button has been used; then as last chosen on this screen. */
export function followTheme(onChange: () => void): void {
  const system = matchMedia("(prefers-color-scheme: light)");
  const apply = (theme: string) => {
    document.documentElement.dataset.theme = theme;
    onChange();
  };
  const current = () => readChoice() ?? (system.matches ? "light" : "dark");
  system.addEventListener("change", () => apply(current()));
  byId("theme").addEventListener("click", () => {
    const next = document.documentElement.dataset.theme === "light" ? "dark" : "light";
    keepChoice(next);
    apply(next);
  });
  apply(current());
}

// A browser that forbids storage (a kiosk, a private window) forgets the choice; nothing else is lost.
function readChoice(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function keepChoice(theme: string): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    return;
  }
}
