/** The fixed parts of the widget, in the order in which the keyboard and a screen reader meet them. */

import { h, icon } from "./dom.ts";

export interface Acts {
  open(): void;
  close(): void;
  leave(): void;
  human(): void;
  menu(): void;
  handedOff(): void;
  submit(): void;
  understood(): void;
}

export type Parts = ReturnType<typeof panelParts>;

/** `floating`: a button in a corner that opens a dialog; else the chat stands in the page. */
export function panelParts(floating: boolean, acts: Acts) {
  const label = (): HTMLSpanElement => h("span");
  const [exitBarLabel, exitLabel, launcherLabel, humanLabel, humanCallLabel] = [label(), label(), label(), label(), label()];
  humanCallLabel.dir = "ltr";
  const exitButton = (text: HTMLElement): HTMLButtonElement =>
    h("button", { type: "button", class: "exit", part: "exit", onclick: acts.leave }, icon("exit"), text);
  const iconButton = (name: "menu" | "close", act: () => void): HTMLButtonElement =>
    h("button", { type: "button", class: "icon-button", onclick: act }, icon(name));

  const launcher = h(
    "button",
    { type: "button", class: "launcher", part: "launcher", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: acts.open },
    icon("chat"),
    launcherLabel,
  );
  const bar = h("div", { class: "bar", part: "bar", hidden: !floating }, exitButton(exitBarLabel), launcher);

  const title = h("h2", { class: "hidden", id: "title", tabindex: -1 });
  const menu = iconButton("menu", acts.menu);
  const close = iconButton("close", acts.close);
  close.hidden = !floating;
  const human = h("button", { type: "button", class: "human", onclick: acts.human }, icon("phone"), humanLabel);
  const humanCall = h("a", { class: "human-call", hidden: true, onclick: acts.handedOff }, humanCallLabel);
  const stepText = h("span");
  const stepBar = h("span", { class: "bar-of", "aria-hidden": "true" }, h("span"));
  const step = h("p", { class: "step", part: "step", hidden: true }, stepText, stepBar);

  const noticeText = h("div");
  const understood = h("button", { type: "button", class: "choice", onclick: acts.understood });
  const notice = h("div", { class: "notice", hidden: true }, noticeText, understood);
  const log = h("div", { class: "log", role: "log", "aria-live": "off" });
  const typing = h("div", { class: "typing", "aria-hidden": "true", hidden: true }, h("i"), h("i"), h("i"));
  const status = h("div", { class: "status", role: "status" });
  const choices = h("div", { class: "choices", part: "choices", role: "group", tabindex: -1 });
  const scroller = h("div", { class: "scroller" }, notice, log, typing, status, choices);

  const input = h("textarea", {
    rows: 1,
    maxlength: 8000,
    autocomplete: "off",
    spellcheck: "false",
    enterkeyhint: "send",
    dir: "auto",
    part: "input",
  });
  const send = h("button", { type: "submit", class: "send", part: "send" }, icon("send"));
  const form = h("form", { class: "composer", autocomplete: "off" }, input, send);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    acts.submit();
  });

  const view = h("div", { class: "view", hidden: true });
  const content = [
    title,
    h("div", { class: "head", part: "header" }, exitButton(exitLabel), h("span", { class: "gap" }), menu, close),
    h("div", { class: "humans" }, human, humanCall),
    step,
    scroller,
    form,
    view,
  ];
  const dialog = floating ? h("dialog", { class: "panel", part: "panel", "aria-labelledby": "title" }, ...content) : null;
  const panel = dialog ?? h("section", { class: "panel", part: "panel", "aria-labelledby": "title" }, ...content);
  const alert = h("div", { class: "hidden", role: "alert" });
  const dock = h("div", { class: "dock", part: "dock" }, bar, panel, alert);

  return {
    dock, bar, launcher, launcherLabel, exitBarLabel, exitLabel, panel, dialog, title, menu, close, human, humanLabel,
    humanCall, humanCallLabel, step, stepText, stepBar, notice, noticeText, understood, log, typing, status, choices,
    scroller, input, send, form, view, alert,
  };
}
