/** Messages, contact cards and links as elements. Everything from the server goes in as text. */

import type { Contact } from "./api.ts";
import { h, icon, type IconName } from "./dom.ts";
import type { Entry } from "./session.ts";
import { fill, leftToRight, pieces, safeLink } from "./text.ts";
import type { Words } from "./words.ts";

/** What a message can ask its widget to do. */
export interface Deeds {
  words: Words;
  handedOff(): void;
  print(title: string, text: string): void;
}

const NUMBERED = /^\s*(\d{1,2}\.|[-•])\s+/;

export function messageElement(entry: Entry, deeds: Deeds): HTMLElement {
  const { words } = deeds;
  const { from, step, contact, summary } = entry;
  return h(
    "div",
    { class: `message ${from}${contact ? " wide" : ""}`, part: `message message-${from}` },
    from !== "note" && h("span", { class: "hidden" }, `${from === "me" ? words["you_label"] : words["bot_label"]}: `),
    step && h("span", { class: "hidden" }, fill(words["step"] ?? "", { number: step.number, of: step.of })),
    ...lines(entry.text),
    contact && contactCard(contact, deeds),
    summary && summaryButtons(summary, deeds),
  );
}

export function lines(text: string): HTMLElement[] {
  return text.split(/\n+/).filter(Boolean).map((line) => {
    const paragraph = h("p", { dir: "auto", class: NUMBERED.test(line) ? "numbered" : null });
    for (const piece of pieces(line)) {
      if (piece.kind === "link") paragraph.append(link(piece.href, piece.text));
      else if (piece.kind === "number") paragraph.append(h("bdi", { dir: "ltr" }, piece.text));
      else paragraph.append(piece.kind === "strong" ? h("strong", {}, piece.text) : piece.text);
    }
    return paragraph;
  });
}

export function contactCard(contact: Contact, deeds: Deeds): HTMLElement {
  const { words } = deeds;
  const { phone, phone_dial, sms, whatsapp, email, chat_url, report_url, url, hours, open_now } = contact;
  const way = (drawing: IconName, address: string | undefined, text: string, main = false): HTMLElement | null => {
    const href = safeLink(address);
    if (!href) return null;
    const away = href.startsWith("http");
    return h(
      "a",
      { class: main ? "way main" : "way", href, onclick: () => deeds.handedOff(), ...(away ? AWAY : {}) },
      icon(drawing),
      h("span", {}, text),
    );
  };
  const call = fill(words["call"] ?? "", { number: leftToRight(phone ?? "") });
  const state = open_now === undefined ? "" : (words[open_now ? "open_now" : "closed_now"] ?? "");
  return h(
    "div",
    { class: "card", part: "contact" },
    h("p", { class: "card-name" }, contact.name, contact.area ? ` (${contact.area})` : null),
    (hours || state) &&
      h(
        "p",
        { class: "card-hours" },
        state && h("span", { class: open_now ? "state open" : "state" }, state),
        hours && h("span", {}, hours),
      ),
    h(
      "div",
      { class: "ways" },
      phone && way("phone", `tel:${phone_dial ?? phone}`, contact.free ? `${call} (${words["free"]})` : call, true),
      sms && way("chat", `sms:${dialled(sms)}`, fill(words["write_sms"] ?? "", { number: leftToRight(sms) })),
      whatsapp && way("chat", `https://wa.me/${whatsapp.replace(/\D/g, "")}`, words["whatsapp"] ?? ""),
      way("chat", chat_url, words["open_chat"] ?? "", !phone),
      way("open", report_url, words["report_form"] ?? "", !phone && !chat_url),
      email && way("mail", `mailto:${email}`, words["email"] ?? ""),
      url !== chat_url && way("open", url, words["open_site"] ?? ""),
      phone && copyButton(words["copy_number"] ?? "", phone, deeds, () => deeds.handedOff()),
    ),
    ...(contact.notes ?? []).map((note) => h("p", { class: "card-note" }, note)),
  );
}

function summaryButtons(summary: string, deeds: Deeds): HTMLElement {
  const { words } = deeds;
  return h(
    "div",
    { class: "ways" },
    copyButton(words["summary_copy"] ?? "", summary, deeds),
    h(
      "button",
      { class: "way", type: "button", onclick: () => deeds.print(words["summary_title"] ?? "", summary) },
      icon("print"),
      h("span", {}, words["summary_print"] ?? ""),
    ),
  );
}

function copyButton(label: string, text: string, { words }: Deeds, copied?: () => void): HTMLElement {
  const shown = h("span", {}, label);
  const copy = async (): Promise<void> => {
    if (!(await copyText(text, button))) return;
    copied?.();
    shown.textContent = words["copied"] ?? "";
    setTimeout(() => (shown.textContent = label), 3_000);
  };
  const button = h("button", { class: "way", type: "button", "aria-live": "polite", onclick: () => void copy() }, icon("copy"), shown);
  return button;
}

/** Copies; where the browser has no clipboard for pages (plain HTTP), through a selection. */
async function copyText(text: string, near: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = h("textarea", { class: "hidden", "aria-hidden": "true", tabindex: -1 });
    field.value = text;
    near.after(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    near.focus();
    return done;
  }
}

const AWAY = { target: "_blank", rel: "noopener noreferrer", referrerpolicy: "no-referrer" };

function link(href: string, text: string): HTMLElement {
  return h("a", { href, ...AWAY }, text);
}

function dialled(number: string): string {
  return number.replace(/[^\d+]/g, "");
}

/** Prints one text and nothing of the page around the widget. */
export function printText(title: string, text: string): void {
  const frame = h("iframe", { "aria-hidden": "true", tabindex: -1, title });
  frame.style.cssText = "position:fixed;width:0;height:0;border:0;visibility:hidden";
  document.body.append(frame);
  const page = frame.contentWindow;
  const paper = frame.contentDocument;
  if (!page || !paper) return;
  paper.title = title;
  paper.body.style.cssText = "font:14pt/1.5 sans-serif";
  paper.body.append(h("h1", {}, title), h("p", {}, text));
  page.addEventListener("afterprint", () => frame.remove());
  page.print();
}
