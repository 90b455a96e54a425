/** What survives a reload: kept in this tab (sessionStorage) and nowhere else, for an hour at most. */

import type { Button, Contact, Outgoing, Settings, Step } from "./api.ts";

export interface Entry {
  from: "bot" | "me" | "note";
  text: string;
  contact?: Contact;
  step?: Step;
  summary?: string;
}

export interface Pending {
  id: string;
  message: Outgoing;
}

export interface Saved {
  token: string;
  entries: Entry[];
  choices: Button[];
  pending: Pending[];
  /** When the last answer came, in milliseconds. */
  at: number;
}

/** How the person likes the widget; holds nothing of the conversation. */
export interface Liking {
  language?: string;
  country?: string;
  size?: number;
  open?: boolean;
  exitExplained?: boolean;
}

/** The server forgets a conversation an hour after its last message; so does the tab. */
export const LIFETIME = 60 * 60 * 1000;
const CHAT = "sextortion-help";
const LIKING = "sextortion-help-view";
const SETTINGS = "sextortion-help-words";

export class Session {
  constructor(
    private readonly storage: () => Storage = () => sessionStorage,
    private readonly now: () => number = Date.now,
  ) {}

  load(): Saved | null {
    const saved = this.#read<Saved>(CHAT);
    if (saved && this.now() - saved.at < LIFETIME) return saved;
    this.forget();
    return null;
  }

  save(saved: Omit<Saved, "at">): void {
    this.#write(CHAT, { ...saved, at: this.now() });
  }

  forget(): void {
    this.#remove(CHAT);
  }

  get liking(): Liking {
    return this.#read<Liking>(LIKING) ?? {};
  }

  like(change: Liking): void {
    this.#write(LIKING, { ...this.liking, ...change });
  }

  /** The words got last, so that a reload does not wait for them. */
  get settings(): Settings | null {
    return this.#read<Settings>(SETTINGS);
  }

  set settings(settings: Settings | null) {
    this.#write(SETTINGS, settings);
  }

  /** Leaves no trace in the tab. */
  forgetAll(): void {
    for (const key of [CHAT, LIKING, SETTINGS]) this.#remove(key);
  }

  #read<T>(key: string): T | null {
    try {
      return JSON.parse(this.storage().getItem(key) ?? "null") as T | null;
    } catch {
      return null; // blocked by the browser, or damaged
    }
  }

  #write(key: string, value: unknown): void {
    try {
      this.storage().setItem(key, JSON.stringify(value));
    } catch {
      // Blocked or full: the chat works, it only does not survive a reload.
    }
  }

  #remove(key: string): void {
    try {
      this.storage().removeItem(key);
    } catch {
      // Nothing was stored.
    }
  }
}
