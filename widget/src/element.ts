/** `<sextortion-help>`: the whole widget. This module only defines the class; define.ts registers it. */

import { Api, type Button, type Settings } from "./api.ts";
import { Chat } from "./chat.ts";
import { inkOn } from "./colour.ts";
import { h } from "./dom.ts";
import { WidgetEvent, type WidgetEventName } from "./events.ts";
import { exitAddress, leave, ShiftCounter } from "./exit.ts";
import { lines, messageElement, printText } from "./messages.ts";
import { panelParts, type Parts } from "./panel.ts";
import { Session, type Entry } from "./session.ts";
import styles from "./styles.css?inline";
import { fill, safeLink } from "./text.ts";
import { SIZES, viewElement, type Frame, type ViewName } from "./views.ts";
import { FIRST_WORDS, type Words } from "./words.ts";

/** Below this size the chat takes the whole screen. */
const SMALL_SCREEN = "(max-width: 30em), (max-height: 26em)";
const AGAIN_AFTER = [3_000, 10_000, 30_000, 60_000];
/** A screen reader is told that an answer takes a while only when it does. */
const SLOW = 1_500;

export class SextortionHelpElement extends HTMLElement {
  /** The assistant's address, ending in "/"; widget.ts sets it to where the script comes from. */
  static server = "/";
  static readonly observedAttributes = ["accent", "theme", "greeting", "language", "country"];

  readonly #session = new Session();
  readonly #shifts = new ShiftCounter();
  #api = new Api("/");
  #chat: Chat | null = null;
  #parts: Parts | null = null;
  #settings: Settings | null = null;
  #words: Words = FIRST_WORDS;
  #listening = new AbortController();
  #opened = false;
  #down = false;
  #tries = 0;
  #again: ReturnType<typeof setTimeout> | undefined;
  #slow: ReturnType<typeof setTimeout> | undefined;
  #view: ViewName = "chat";
  #opener: HTMLElement | null = null;
  #size = 1;
  #shown: Entry[] = [];
  #offered: Button[] = [];
  #statusKey = "";

  // -- for the host page ---------------------------------------------------------------------------------------------

  get isOpen(): boolean {
    return this.#opened;
  }

  /** Opens the chat, or moves to it. */
  open(): void {
    this.#open(true);
  }

  /** Closes the chat; the conversation stays in the tab. */
  close(): void {
    const parts = this.#parts;
    if (!this.#opened || !parts?.dialog) return;
    const inside = parts.dialog.contains(this.shadowRoot?.activeElement ?? null);
    this.#opened = false;
    this.#session.like({ open: false });
    parts.dialog.close();
    this.#update();
    if (inside) parts.launcher.focus();
    this.#tell("closed");
  }

  /** Leaves fast: a blank page at once, the conversation erased, a neutral page in place of this one. */
  leave(): void {
    this.#chat?.eraseOnLeaving();
    this.#session.forgetAll();
    leave(exitAddress(this.getAttribute("exit-url")));
  }

  // -- life of the element -------------------------------------------------------------------------------------------

  connectedCallback(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    adopt(root);
    const parts = panelParts(this.#floating, {
      open: () => this.#open(true),
      close: () => this.close(),
      leave: () => this.leave(),
      human: () => this.#show("human", parts.human),
      menu: () => this.#show("menu", parts.menu),
      handedOff: () => this.#tell("handed-off"),
      submit: () => this.#submit(),
      understood: () => this.#understood(),
    });
    this.#parts = parts;
    this.#shown = [];
    this.#offered = [];
    this.#statusKey = "";
    this.#view = "chat";
    root.replaceChildren(h("slot"), parts.dock);

    const liking = this.#session.liking;
    this.#size = liking.size ?? 1;
    this.#api = new Api(this.getAttribute("server") ?? (this.constructor as typeof SextortionHelpElement).server);
    this.#chat = new Chat(this.#api, this.#session, () => this.#update());
    const known = this.#session.settings;
    if (known) this.#use(known);
    this.#listen();
    this.#look();
    if (this.#floating && "popover" in parts.dock) {
      parts.dock.popover = "manual"; // above everything of the host page, also above its banners
      parts.dock.showPopover();
    }
    const resumed = this.#chat.resume();
    this.#update();
    void this.#load();
    if (!this.#floating || (resumed ? liking.open : this.hasAttribute("open") && !this.#small)) this.#open(false);
  }

  disconnectedCallback(): void {
    this.#listening.abort();
    clearTimeout(this.#again);
    clearTimeout(this.#slow);
    this.#chat?.dispose();
    this.#chat = null;
    this.#opened = false;
  }

  attributeChangedCallback(name: string): void {
    if (!this.#parts || !this.isConnected) return;
    if (name === "language" || name === "country") void this.#load();
    this.#look();
    this.#update();
  }

  get #floating(): boolean {
    const position = this.getAttribute("position");
    return position !== "inline" && position !== "page";
  }

  get #small(): boolean {
    return matchMedia(SMALL_SCREEN).matches;
  }

  get #language(): string {
    const given = this.#session.liking.language ?? this.getAttribute("language");
    return given || document.documentElement.lang || navigator.language || "en";
  }

  get #country(): string | null {
    return this.#session.liking.country || this.getAttribute("country")?.toUpperCase() || null;
  }

  #listen(): void {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const parts = this.#parts as Parts;
    addEventListener("keydown", (event) => this.#countShift(event), { capture: true, signal });
    addEventListener("pointerdown", () => this.#shifts.reset(), { capture: true, signal });
    addEventListener("online", () => this.#backOnline(), { signal });
    addEventListener("offline", () => this.#update(), { signal });
    matchMedia(SMALL_SCREEN).addEventListener("change", () => this.#present(), { signal });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#look(), { signal });
    for (const name of ["resize", "scroll"]) {
      visualViewport?.addEventListener(name, () => this.#fitKeyboard(), { signal });
    }
    parts.dialog?.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close();
    });
    parts.panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented && this.#floating) this.close();
    });
    parts.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.#submit();
      }
    });
    parts.input.addEventListener("input", () => this.#fitInput());
    parts.panel.addEventListener("paste", (event) => this.#refuseFiles(event, event.clipboardData));
    for (const name of ["dragover", "drop"] as const) {
      parts.panel.addEventListener(name, (event) => this.#refuseFiles(event, event.dataTransfer));
    }
  }

  // -- words, languages, looks -----------------------------------------------------------------------------------------

  /** Gets words, languages and the country's contact; without them the helpline's own link stays what people see. */
  async #load(): Promise<void> {
    const chat = this.#chat;
    clearTimeout(this.#again);
    try {
      const settings = await this.#api.settings(this.#language, this.#country);
      if (chat !== this.#chat) return;
      this.#use(settings);
      this.#session.settings = settings;
      this.#down = false;
      this.#tries = 0;
      if (this.#view === "down") this.#view = "chat";
      if (this.#opened) this.#begin();
    } catch {
      if (chat !== this.#chat) return;
      if (!this.#down) {
        console.warn("sextortion-help: the assistant does not answer. Is it running, and is this site in its ALLOWED_ORIGINS?");
      }
      this.#down = true;
      if (!this.#chat?.active) this.#view = "down";
      this.#again = setTimeout(() => void this.#load(), AGAIN_AFTER[Math.min(this.#tries++, AGAIN_AFTER.length - 1)]);
    }
    this.#look();
    this.#update();
    this.#renderView(false);
  }

  #use(settings: Settings): void {
    this.#settings = settings;
    this.#words = { ...FIRST_WORDS, ...settings.words };
    this.#api.language = settings.language.code;
  }

  #look(): void {
    const { dock } = this.#parts as Parts;
    const theme = this.getAttribute("theme");
    const dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
    dock.dataset["theme"] = dark ? "dark" : "light";
    dock.dataset["position"] = this.getAttribute("position") ?? "right";
    dock.lang = this.#settings?.language.code ?? "en";
    dock.dir = this.#settings?.language.direction ?? "ltr";
    dock.style.setProperty("--_size", String(SIZES[this.#size] ?? 1));
    const accent = this.getAttribute("accent");
    const ink = accent && inkOn(accent);
    dock.style.setProperty("--_accent", ink ? accent : "");
    dock.style.setProperty("--_on-accent", ink || "");
  }

  // -- opening and leaving ---------------------------------------------------------------------------------------------

  #open(byPerson: boolean): void {
    const parts = this.#parts;
    if (!parts || !this.#chat) return;
    if (!this.#opened) {
      this.#opened = true;
      if (this.#floating) this.#session.like({ open: true });
      this.#present();
      this.#begin();
      this.#update();
      this.#tell("opened");
    }
    if (byPerson) this.#focusContent();
  }

  #begin(): void {
    if (this.#chat?.phase === "none" && !this.#down && this.#settings) {
      void this.#chat.start(this.#language, this.#country);
    }
  }

  /** Shows the dialog beside the page, or on a small screen over it. */
  #present(): void {
    const dialog = this.#parts?.dialog;
    if (!dialog || !this.#opened) return;
    const focused = this.shadowRoot?.activeElement;
    const modal = this.#small;
    if (dialog.open && modal !== dialog.matches(":modal")) dialog.close();
    if (dialog.open) return;
    if (modal) dialog.showModal();
    else dialog.setAttribute("open", ""); // `show()` would move the focus
    dialog.toggleAttribute("data-full", modal);
    if (focused instanceof HTMLElement) focused.focus();
    this.#fitKeyboard();
  }

  #focusContent(): void {
    (this.#view === "chat" ? this.#parts?.title : this.#parts?.view.querySelector<HTMLElement>("h3"))?.focus();
  }

  #countShift(event: KeyboardEvent): void {
    if (event.repeat) return;
    const plain = event.key === "Shift" && !event.ctrlKey && !event.altKey && !event.metaKey;
    const missing = this.#shifts.press(plain ? "Shift" : event.key === "Shift" ? "other" : event.key, event.timeStamp);
    const { alert } = this.#parts as Parts;
    if (missing === 0) this.leave();
    else alert.textContent = missing === 1 ? (this.#words["exit_once_more"] ?? "") : "";
  }

  #tell(name: WidgetEventName): void {
    this.dispatchEvent(new WidgetEvent(name));
  }

  // -- what the person does ----------------------------------------------------------------------------------------------

  #submit(): void {
    const { input } = this.#parts as Parts;
    const text = input.value.trim();
    if (!text || !this.#chat || this.#chat.phase !== "open") return;
    input.value = "";
    this.#fitInput();
    this.#chat.say(text);
    input.focus();
  }

  #tap(button: Button): void {
    this.#chat?.tap(button);
    // The buttons are gone: the place where the next ones come keeps the focus.
    this.#parts?.choices.focus({ preventScroll: true });
  }

  #understood(): void {
    const { notice, choices } = this.#parts as Parts;
    this.#session.like({ exitExplained: true });
    notice.hidden = true;
    choices.focus({ preventScroll: true });
  }

  #refuseFiles(event: Event, data: DataTransfer | null): void {
    if (!data || !(data.files.length || data.types.includes("Files"))) return;
    event.preventDefault();
    if (event.type !== "dragover") this.#chat?.note(this.#words["no_files"] ?? "");
  }

  #backOnline(): void {
    if (this.#down) void this.#load();
    void this.#chat?.retry();
    this.#update();
  }

  // -- what is on the screen -----------------------------------------------------------------------------------------------

  #update(): void {
    const parts = this.#parts;
    const chat = this.#chat;
    if (!parts || !chat) return;
    this.#renderFrame(parts);
    this.#renderMessages(parts, chat);
    this.#renderChoices(parts, chat);
    this.#renderStatus(parts, chat);
    if (chat.returned !== null) {
      parts.input.value = parts.input.value || chat.returned;
      chat.returned = null;
      this.#fitInput();
    }
  }

  #renderFrame(parts: Parts): void {
    const words = this.#words;
    const say = (element: HTMLElement, text: string | undefined): void => {
      if (element.textContent !== text) element.textContent = text ?? "";
    };
    const unusable = this.#down && !this.#opened && !this.#chat?.active;
    // Before its own words have come, a widget in another language does not flash English.
    const early = !this.#settings && !this.#down && !/^en\b/i.test(this.#language);
    parts.dock.dataset["early"] = String(early);
    parts.bar.hidden = !this.#floating || this.#opened || (unusable && this.#hasFallback);
    if (!this.#floating) {
      const instead = this.#down && !this.#chat?.active && this.#hasFallback;
      parts.panel.hidden = instead;
      const slot = this.shadowRoot?.querySelector("slot");
      if (slot) slot.hidden = !instead && this.#settings !== null;
    }
    parts.launcher.setAttribute("aria-expanded", String(this.#opened));
    say(parts.launcherLabel, this.getAttribute("greeting") || words["launcher"]);
    say(parts.exitBarLabel, words["exit"]);
    say(parts.exitLabel, words["exit"]);
    say(parts.title, words["title"]);
    say(parts.humanLabel, words["human"]);
    parts.menu.setAttribute("aria-label", words["menu"] ?? "");
    parts.close.setAttribute("aria-label", words["close"] ?? "");
    parts.log.setAttribute("aria-label", words["log_label"] ?? "");
    parts.choices.setAttribute("aria-label", words["choices_label"] ?? "");
    parts.input.setAttribute("aria-label", words["input_label"] ?? "");
    parts.input.placeholder = words["input_hint"] ?? "";
    parts.send.setAttribute("aria-label", words["send"] ?? "");
    const contact = this.#settings?.contact;
    const number = safeLink(contact?.phone_dial && `tel:${contact.phone_dial}`);
    parts.humanCall.hidden = !number;
    if (number && contact) {
      parts.humanCall.href = number;
      parts.humanCall.setAttribute("aria-label", `${contact.name}: ${fill(words["call"] ?? "", { number: contact.phone ?? "" })}`);
      say(parts.humanCallLabel, contact.phone);
    }
    parts.notice.hidden = Boolean(this.#session.liking.exitExplained) || !words["exit_explained"];
    if (!parts.notice.hidden && !parts.noticeText.hasChildNodes()) parts.noticeText.replaceChildren(...lines(words["exit_explained"] ?? ""));
    say(parts.understood, words["exit_understood"]);
  }

  #renderMessages({ log, scroller, notice, step, stepText, stepBar }: Parts, chat: Chat): void {
    const { entries } = chat;
    const known = this.#shown.length;
    if (entries.length < known || (known && entries[0] !== this.#shown[0])) {
      log.replaceChildren();
      this.#shown = [];
    }
    const fresh = entries.slice(this.#shown.length);
    if (!fresh.length) {
      if (!entries.length) step.hidden = true;
      return;
    }
    const restored = !this.#shown.length && fresh.some((entry) => entry.from === "me");
    log.setAttribute("aria-live", restored ? "off" : "polite"); // what was read before a reload is not read again
    const added = fresh.map((entry) => messageElement(entry, this.#frame()));
    log.append(...added);
    this.#shown = [...entries];
    const last = entries.findLast((entry) => entry.step)?.step;
    step.hidden = !last;
    if (last) {
      stepText.textContent = fill(this.#words["step"] ?? "", { number: last.number, of: last.of });
      stepBar.style.setProperty("--_done", String(last.number / last.of));
    }
    const first = added[0] as HTMLElement;
    requestAnimationFrame(() => {
      const own = fresh.at(-1)?.from === "me";
      const unread = !notice.hidden && !entries.some((entry) => entry.from === "me");
      const fits = scroller.scrollHeight - first.offsetTop < scroller.clientHeight;
      scroller.scrollTo({ top: unread ? 0 : own || fits || restored ? scroller.scrollHeight : first.offsetTop - 12 });
    });
  }

  #renderChoices({ choices }: Parts, chat: Chat): void {
    const offered = chat.waiting || chat.pending.length ? [] : chat.choices;
    if (offered === this.#offered || (!offered.length && !this.#offered.length)) return;
    this.#offered = offered;
    choices.replaceChildren(
      ...offered.map((button) =>
        h("button", { type: "button", class: "choice", part: "choice", onclick: () => this.#tap(button) }, button.title),
      ),
    );
  }

  #renderStatus({ status, typing, send, scroller, view }: Parts, chat: Chat): void {
    typing.hidden = !chat.waiting;
    send.setAttribute("aria-disabled", String(chat.phase !== "open"));
    clearTimeout(this.#slow);
    if (chat.phase === "erased" && !chat.entries.length && this.#opened && this.#view !== "erased") this.#show("erased");
    const words = this.#words;
    const offline = !navigator.onLine && chat.pending.length;
    let text: string | undefined = "";
    let act: [string | undefined, () => void] | null = null;
    if (chat.phase === "over") {
      [text, act] = [words["over"], [words["start_again"], () => this.#startAgain()]];
    } else if (chat.phase === "erased" && chat.entries.length) {
      act = [words["start_again"], () => this.#startAgain()];
    } else if (chat.problem?.kind === "said") {
      [text, act] = [chat.problem.text, chat.problem.final ? null : [words["retry"], () => this.#retry()]];
    } else if (chat.problem) {
      text = offline ? words["offline"] : [chat.pending.length && words["not_sent"], words["unreachable"]].filter(Boolean).join(" ");
      act = [words["retry"], () => this.#retry()];
    }
    const key = `${text}|${act?.[0]}`;
    if (key !== this.#statusKey) {
      this.#statusKey = key;
      status.replaceChildren(
        ...(text ? [h("p", {}, text)] : []),
        ...(act ? [h("button", { type: "button", class: "choice", onclick: act[1] }, act[0])] : []),
      );
      if (text && view.hidden) requestAnimationFrame(() => scroller.scrollTo({ top: scroller.scrollHeight }));
    }
    if (chat.waiting) {
      this.#slow = setTimeout(() => {
        this.#statusKey = "";
        status.replaceChildren(h("span", { class: "hidden" }, words["typing"] ?? ""));
      }, SLOW);
    }
  }

  #retry(): void {
    this.#parts?.choices.focus({ preventScroll: true });
    if (this.#chat?.phase === "none") this.#begin();
    else void this.#chat?.retry();
  }

  #startAgain(): void {
    const chat = this.#chat;
    if (!chat) return;
    chat.phase = "none";
    this.#show("chat");
    this.#parts?.title.focus();
    this.#begin();
  }

  // -- views in place of the messages ----------------------------------------------------------------------------------------

  #show(view: ViewName, opener?: HTMLElement): void {
    const again = this.#view === view && opener;
    this.#view = again ? "chat" : view;
    if (opener) this.#opener = opener;
    this.#renderView(true);
  }

  #renderView(move: boolean): void {
    const { view, scroller, form, step, human, menu } = this.#parts as Parts;
    const chat = this.#view === "chat";
    const focused = this.shadowRoot?.activeElement;
    const held = focused && view.contains(focused) ? focused.id : "";
    view.hidden = chat;
    scroller.hidden = form.hidden = !chat;
    step.hidden = !chat || !this.#shown.some((entry) => entry.step);
    human.setAttribute("aria-expanded", String(this.#view === "human"));
    menu.setAttribute("aria-expanded", String(["menu", "about", "erase"].includes(this.#view)));
    view.replaceChildren(...viewElement(this.#view, this.#frame()));
    if (held) (this.shadowRoot?.getElementById(held) ?? view.querySelector<HTMLElement>("h3"))?.focus();
    if (!move) return;
    if (chat) (this.#opener ?? this.#parts?.title)?.focus();
    else view.querySelector<HTMLElement>("h3")?.focus();
    view.scrollTop = 0;
  }

  #frame(): Frame {
    const like = (change: Parameters<Session["like"]>[0]): void => this.#session.like(change);
    return {
      words: this.#words,
      settings: this.#settings,
      size: this.#size,
      fallback: () => this.#fallback(),
      handedOff: () => this.#tell("handed-off"),
      print: printText,
      show: (view) => this.#show(view),
      chooseCountry: (country) => {
        like({ country });
        void this.#load();
      },
      chooseLanguage: (language) => {
        like({ language });
        this.#parts?.noticeText.replaceChildren();
        this.#chat?.switchLanguage(language);
        void this.#load();
      },
      chooseSize: (step) => {
        const size = this.#size + step;
        if (SIZES[size] === undefined) return;
        this.#size = size;
        like({ size });
        this.#look();
        this.#renderView(false);
        this.shadowRoot?.querySelector<HTMLElement>(`.size${step}`)?.focus();
      },
      erase: () => {
        void this.#chat?.erase();
        this.#show("erased");
      },
      startAgain: () => this.#startAgain(),
      retry: () => void this.#load(),
    };
  }

  get #hasFallback(): boolean {
    return this.childElementCount > 0 || Boolean(this.textContent?.trim());
  }

  #fallback(): Node[] {
    const own = [...this.childNodes].map((node) => node.cloneNode(true));
    return this.#hasFallback ? own : lines(this.#words["unreachable_numbers"] ?? "");
  }

  // -- sizes ---------------------------------------------------------------------------------------------------------------------

  #fitInput(): void {
    const { input } = this.#parts as Parts;
    input.style.setProperty("height", "auto");
    input.style.setProperty("height", `${input.scrollHeight + 2}px`);
  }

  /** Keeps the input above the keyboard of a phone, which covers pages instead of shrinking them. */
  #fitKeyboard(): void {
    const viewport = visualViewport;
    const { panel } = this.#parts as Parts;
    if (!viewport || !panel.hasAttribute("data-full")) return;
    panel.style.setProperty("--_height", `${viewport.height}px`);
    panel.style.setProperty("--_top", `${viewport.offsetTop}px`);
  }
}

let sheet: CSSStyleSheet | null = null;

/** Constructed style sheets are allowed by every Content-Security-Policy; a style element is the way for old browsers. */
function adopt(root: ShadowRoot): void {
  if (!("adoptedStyleSheets" in root)) {
    (root as ShadowRoot).append(h("style", {}, styles));
    return;
  }
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
  }
  root.adoptedStyleSheets = [sheet];
}

declare global {
  interface HTMLElementTagNameMap {
    "sextortion-help": SextortionHelpElement;
  }
}
