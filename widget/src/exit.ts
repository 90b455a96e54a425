/** Leaving fast: the page goes blank, a neutral one takes its place in the history. */

const NEEDED = 3;
/** Three presses of Shift count when they come within this time; typing capitals never does. */
const WITHIN = 5_000;

/** Counts presses of Shift with nothing between them. */
export class ShiftCounter {
  #times: number[] = [];

  /** Takes a key; gives how many more presses are needed. At 0 it starts anew. */
  press(key: string, time: number): number {
    this.#times = key === "Shift" ? [...this.#times.filter((before) => time - before < WITHIN), time] : [];
    const missing = NEEDED - this.#times.length;
    if (missing === 0) this.#times = [];
    return missing;
  }

  reset(): void {
    this.#times = [];
  }
}

/** Where leaving leads: the operator's site, or an empty page for what is no web address. */
export function exitAddress(wanted: string | null): string {
  try {
    const url = new URL(wanted ?? "");
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : "about:blank";
  } catch {
    return "about:blank";
  }
}

/** Blanks the page at once and replaces it, also in the history. */
export function leave(address: string): void {
  // Nothing on the page may ask whether the person really wants to go.
  addEventListener("beforeunload", (event) => event.stopImmediatePropagation(), { capture: true });
  document.documentElement.style.setProperty("display", "none", "important");
  document.title = "\u200b";
  if (window.top && window.top !== window) {
    try {
      window.top.location.replace(address);
    } catch {
      // The page around the frame doesn't let itself be moved.
    }
    setTimeout(() => location.replace(address), 200); // then at least the frame goes
  } else {
    location.replace(address);
  }
}
