/** What `<script src=".../widget.js" data-language="de" defer></script>` does: registers the element and adds one. */

import { define, TAG } from "./define.ts";
import { SextortionHelpElement } from "./element.ts";

const ATTRIBUTES = ["language", "country", "position", "greeting", "exit-url", "accent", "theme", "open"];

function begin(script: HTMLScriptElement): void {
  const given = ATTRIBUTES.filter((name) => script.hasAttribute(`data-${name}`));
  const own = [...document.querySelectorAll(TAG)];
  const elements = own.length ? own : [document.createElement(TAG)];
  for (const element of elements) {
    for (const name of given) {
      if (!element.hasAttribute(name)) element.setAttribute(name, script.getAttribute(`data-${name}`) ?? "");
    }
  }
  define();
  if (!own.length) document.body.append(...elements);
}

const script = document.currentScript;
if (script instanceof HTMLScriptElement) {
  SextortionHelpElement.server = new URL(".", script.src).href;
  if (document.readyState === "loading" && !script.defer) {
    document.addEventListener("DOMContentLoaded", () => begin(script), { once: true });
  } else {
    begin(script);
  }
}
