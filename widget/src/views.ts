/** What stands in place of the messages for a while: people to talk to, the menu, how it works, erasing. */

import type { Settings } from "./api.ts";
import { h, icon } from "./dom.ts";
import { contactCard, lines, type Deeds } from "./messages.ts";
import { fill, leftToRight } from "./text.ts";

export type ViewName = "chat" | "human" | "menu" | "about" | "erase" | "erased" | "down";

/** What a view needs from the widget. */
export interface Frame extends Deeds {
  settings: Settings | null;
  size: number;
  /** What the helpline's page gives for when the chat is down. */
  fallback(): Node[];
  show(view: ViewName): void;
  chooseCountry(code: string): void;
  chooseLanguage(code: string): void;
  chooseSize(step: number): void;
  erase(): void;
  startAgain(): void;
  retry(): void;
}

export const SIZES = [0.875, 1, 1.125, 1.25, 1.5];

export function viewElement(view: ViewName, frame: Frame): HTMLElement[] {
  const { words } = frame;
  const heading = (text: string | undefined): HTMLElement => h("h3", { tabindex: -1 }, text ?? "");
  const button = (text: string | undefined, act: () => void, kind = "choice"): HTMLElement =>
    h("button", { type: "button", class: kind, part: kind, onclick: act }, text ?? "");
  const back = h(
    "button",
    { type: "button", class: "back", onclick: () => frame.show("chat") },
    icon("back"),
    h("span", {}, words["back"] ?? ""),
  );

  switch (view) {
    case "human":
      return [back, heading(words["human"]), ...human(frame)];
    case "menu":
      return [
        back,
        heading(words["menu"]),
        sizes(frame),
        ...languages(frame),
        button(words["about"], () => frame.show("about")),
        button(words["erase"], () => frame.show("erase")),
      ];
    case "about":
      return [
        back,
        heading(words["about"]),
        ...lines(words["about_text"] ?? ""),
        h("h4", {}, words["exit_title"] ?? ""),
        ...lines(words["exit_explained"] ?? ""),
      ];
    case "erase":
      return [
        heading(words["erase"]),
        h("p", {}, words["erase_ask"] ?? ""),
        button(words["erase_yes"], () => frame.erase(), "choice main"),
        button(words["erase_no"], () => frame.show("chat")),
      ];
    case "erased":
      return [heading(words["erased"]), button(words["start_again"], () => frame.startAgain(), "choice main")];
    case "down":
      return [
        heading(words["unreachable"]),
        h("div", { class: "fallback" }, ...frame.fallback()),
        button(words["retry"], () => frame.retry(), "choice main"),
      ];
    case "chat":
      return [];
  }
}

function human(frame: Frame): HTMLElement[] {
  const { settings, words } = frame;
  if (!settings) return lines(words["unreachable_numbers"] ?? "");
  const { contact, country, countries, across_borders, emergency } = settings;
  const select = h(
    "select",
    { id: "country", onchange: () => frame.chooseCountry(select.value) },
    h("option", { value: "", selected: !country }, words["human_country_choose"] ?? ""),
    ...countries.map(({ code, name }) => h("option", { value: code, selected: code === country }, name)),
  );
  return [
    h("p", {}, (across_borders && !country ? words["human_none"] : words["human_text"]) ?? ""),
    h("div", { class: "field" }, h("label", { for: "country" }, words["human_country"] ?? ""), select),
    ...(contact ? [contactCard(contact, frame)] : []),
    ...(across_borders ? lines(words["unreachable_numbers"] ?? "") : []),
    h(
      "p",
      { class: "emergency" },
      h("a", { href: `tel:${emergency.replace(/[^\d+]/g, "")}`, onclick: () => frame.handedOff() }, fill(words["emergency"] ?? "", { number: leftToRight(emergency) })),
    ),
  ];
}

function sizes(frame: Frame): HTMLElement {
  const { words, size } = frame;
  const change = (label: string | undefined, step: number): HTMLElement =>
    h(
      "button",
      {
        type: "button",
        class: `choice size${step}`,
        "aria-disabled": String(SIZES[size + step] === undefined),
        onclick: () => frame.chooseSize(step),
      },
      label ?? "",
    );
  return h(
    "div",
    { class: "field", role: "group", "aria-labelledby": "size" },
    h("span", { id: "size" }, words["text_size"] ?? ""),
    h("div", { class: "pair" }, change(words["smaller"], -1), change(words["larger"], 1)),
  );
}

function languages(frame: Frame): HTMLElement[] {
  const { settings, words } = frame;
  if (!settings || settings.languages.length < 2) return [];
  const select = h(
    "select",
    { id: "language", onchange: () => frame.chooseLanguage(select.value) },
    ...settings.languages.map(({ code, name }) =>
      h("option", { value: code, lang: code, selected: code === settings.language.code }, name),
    ),
  );
  return [h("div", { class: "field" }, h("label", { for: "language" }, words["language"] ?? ""), select)];
}
