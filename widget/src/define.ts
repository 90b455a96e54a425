/** Registers the element: the only side effect. A page may load the script twice, or run where there is no DOM. */

import { SextortionHelpElement } from "./element.ts";

export const TAG = "sextortion-help";

export function define(): void {
  if (typeof customElements !== "undefined" && !customElements.get(TAG)) customElements.define(TAG, SextortionHelpElement);
}
