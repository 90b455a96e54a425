/** A conversation as the widget knows it, without a screen: what was said, what waits to be sent, what went wrong. */

import { ApiError, type Api, type Button, type Message, type Outgoing, type Turn } from "./api.ts";
import type { Entry, Pending, Session } from "./session.ts";

/** `none`: not started. `over`: ended by itself. `erased`: at the person's wish. */
export type Phase = "none" | "starting" | "open" | "over" | "erased";

export type Problem = { kind: "unreachable" } | { kind: "said"; text: string; final: boolean };

export class Chat {
  phase: Phase = "none";
  entries: Entry[] = [];
  choices: Button[] = [];
  pending: Pending[] = [];
  waiting = false;
  problem: Problem | null = null;
  /** Text that was not taken, to be put back where it was written. */
  returned: string | null = null;

  #token: string | null = null;
  /** Counts conversations, so that an answer that comes after the end is dropped. */
  #generation = 0;
  readonly #tabs: BroadcastChannel | null;

  constructor(
    private readonly api: Api,
    private readonly session: Session,
    private readonly changed: () => void,
  ) {
    // A duplicated tab shares the conversation: when one erases it, none may go on showing it.
    this.#tabs = "BroadcastChannel" in globalThis ? new BroadcastChannel("sextortion-help") : null;
    this.#tabs?.addEventListener("message", ({ data }) => {
      if (this.#token && data === this.#token) this.#end("erased");
    });
  }

  dispose(): void {
    this.#generation++;
    this.#tabs?.close();
  }

  get active(): boolean {
    return this.#token !== null;
  }

  /** Takes up the conversation of this tab after a reload; false when there is none. */
  resume(): boolean {
    const saved = this.session.load();
    if (!saved) return false;
    this.#token = saved.token;
    this.entries = saved.entries;
    this.choices = saved.choices;
    this.pending = saved.pending;
    this.phase = "open";
    this.changed();
    void (this.pending.length ? this.retry() : this.#check());
    return true;
  }

  async start(language: string, country: string | null): Promise<void> {
    if (this.phase === "starting" || this.phase === "open") return;
    this.#reset("starting");
    await this.#attempt(async (generation) => {
      const turn = await this.api.start(language, country);
      if (generation !== this.#generation) return this.api.eraseOnLeaving(turn.token);
      this.#token = turn.token;
      this.phase = "open";
      this.#take(turn);
    });
    if (!this.active && this.phase === ("starting" as Phase)) this.phase = "none";
    this.changed();
  }

  say(text: string): void {
    this.entries.push({ from: "me", text });
    this.#queue({ text });
  }

  tap({ title, payload }: Button): void {
    this.entries.push({ from: "me", text: title });
    this.#queue({ payload });
  }

  switchLanguage(language: string): void {
    if (this.active) this.#queue({ language });
  }

  /** A remark of the widget itself between the messages. */
  note(text: string): void {
    if (this.entries.at(-1)?.text === text) return;
    this.entries.push({ from: "note", text });
    this.changed();
  }

  async retry(): Promise<void> {
    if (!this.waiting && this.pending.length) await this.#deliver();
  }

  /** Erases here and on the server. Resolves false when the server could not be told. */
  async erase(): Promise<boolean> {
    const token = this.#token;
    this.#end("erased");
    if (!token) return true;
    this.#tabs?.postMessage(token);
    try {
      await this.api.erase(token);
      return true;
    } catch (error) {
      this.api.eraseOnLeaving(token);
      return error instanceof ApiError && error.failure === "over";
    }
  }

  /** Erases in the moment of leaving: waits for nothing. */
  eraseOnLeaving(): void {
    if (this.#token) {
      this.api.eraseOnLeaving(this.#token);
      this.#tabs?.postMessage(this.#token);
    }
    this.#end("erased");
    this.session.forgetAll();
  }

  #queue(message: Outgoing): void {
    this.choices = [];
    this.pending.push({ id: randomId(), message });
    this.#save();
    this.changed();
    if (!this.waiting) void this.#deliver();
  }

  /** Sends what waits, in order; what cannot be sent goes on waiting. */
  async #deliver(): Promise<void> {
    await this.#attempt(async (generation) => {
      for (let next = this.pending[0]; next && this.#token; next = this.pending[0]) {
        const turn = await this.api.send(this.#token, next.message, next.id);
        if (generation !== this.#generation) return;
        this.pending.shift();
        this.#take(turn);
        if (this.pending.length) this.choices = [];
        this.changed();
      }
    });
    this.changed();
  }

  async #check(): Promise<void> {
    const token = this.#token;
    if (!token) return;
    try {
      await this.api.alive(token);
    } catch (error) {
      if (error instanceof ApiError && error.failure === "over" && token === this.#token) this.#end("over");
    }
  }

  async #attempt(work: (generation: number) => Promise<void>): Promise<void> {
    const generation = this.#generation;
    this.waiting = true;
    this.problem = null;
    this.changed();
    try {
      await work(generation);
    } catch (error) {
      if (generation !== this.#generation) return;
      this.#fail(error instanceof ApiError ? error : new ApiError("unreachable"));
    } finally {
      if (generation === this.#generation) this.waiting = false;
    }
  }

  #fail({ failure, message }: ApiError): void {
    const text = this.pending.map((entry) => ("text" in entry.message ? entry.message.text : "")).join("\n").trim();
    if (failure === "over" && this.#token) {
      this.returned = text || null;
      this.#end("over");
    } else if (failure === "unreachable" || !message) {
      this.problem = { kind: "unreachable" };
    } else {
      const final = failure === "refused";
      if (final) {
        this.returned = text || null;
        this.pending = [];
        this.#save();
      }
      this.problem = { kind: "said", text: message, final };
    }
  }

  #take({ messages, erased }: Turn): void {
    for (const { buttons: _, ...message } of messages) this.entries.push({ from: "bot", ...message });
    this.choices = choicesOf(messages);
    if (erased) {
      this.#token = null;
      this.phase = "erased";
      this.session.forget();
    } else {
      this.#save();
    }
  }

  #save(): void {
    if (!this.#token) return;
    const { entries, choices, pending } = this;
    this.session.save({ token: this.#token, entries, choices, pending });
  }

  #end(phase: Phase): void {
    this.#token = null;
    this.session.forget();
    this.#reset(phase);
    this.changed();
  }

  #reset(phase: Phase): void {
    this.#generation++;
    this.phase = phase;
    this.entries = [];
    this.choices = [];
    this.pending = [];
    this.waiting = false;
    this.problem = null;
  }
}

/** What can be tapped after a turn: the buttons of all its messages, each once. */
export function choicesOf(messages: Message[]): Button[] {
  const choices = new Map(messages.flatMap(({ buttons }) => buttons).map((button) => [button.payload, button]));
  return [...choices.values()];
}

function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
