/** The webchat API of the assistant (docs/api.md), with every way it can fail as one typed error. */

export interface Button {
  title: string;
  payload: string;
}

export interface Contact {
  name: string;
  country?: string;
  area?: string;
  phone?: string;
  phone_dial?: string;
  free?: boolean;
  sms?: string;
  whatsapp?: string;
  email?: string;
  url?: string;
  chat_url?: string;
  report_url?: string;
  hours?: string;
  open_now?: boolean;
  notes?: string[];
  source_date?: string;
}

export interface Step {
  id: string;
  number: number;
  of: number;
}

export interface Message {
  text: string;
  buttons: Button[];
  contact?: Contact;
  step?: Step;
  summary?: string;
}

export interface Language {
  code: string;
  name: string;
  direction: "ltr" | "rtl";
}

/** What the widget shows by itself, in one language and for one country. */
export interface Settings {
  language: Language;
  languages: Language[];
  countries: { code: string; name: string }[];
  country: string | null;
  words: Record<string, string>;
  contact: Contact | null;
  across_borders: boolean;
  emergency: string;
}

/** Exactly one of what a person can send. */
export type Outgoing = { text: string } | { payload: string } | { language: string };

export interface Turn {
  messages: Message[];
  erased?: boolean;
}

/**
 * `unreachable`: no answer, or none that can be read. `over`: the conversation is gone. `later`: too fast, or not ready.
 * `refused`: this message is not taken.
 */
export type Failure = "unreachable" | "over" | "later" | "refused";

export class ApiError extends Error {
  constructor(
    readonly failure: Failure,
    message = "",
  ) {
    super(message);
  }
}

/** The server gives up after 12 seconds; a slow line gets some more. */
const TIMEOUT = 25_000;

export class Api {
  readonly #base: string;
  language = "en";

  constructor(server: string) {
    this.#base = `${server}webhooks/webchat`;
  }

  settings(language: string, country: string | null): Promise<Settings> {
    const query = new URLSearchParams({ language, ...(country ? { country } : {}) });
    return this.#call<Settings>("GET", `/widget?${query}`);
  }

  start(language: string, country: string | null): Promise<Turn & { token: string }> {
    return this.#call("POST", "/conversations", null, { language, country });
  }

  /** Sends one message. The same `id` again is answered again, not taken twice. */
  send(token: string, message: Outgoing, id: string): Promise<Turn> {
    return this.#call("POST", "/messages", token, { ...message, id });
  }

  /** Resolves when the conversation still exists. */
  async alive(token: string): Promise<void> {
    await this.#call("GET", "/conversations", token);
  }

  async erase(token: string): Promise<void> {
    await this.#call("DELETE", "/conversations", token);
  }

  /** Erases from a page that is being left: the browser finishes this request after the page is gone. */
  eraseOnLeaving(token: string): void {
    const url = `${this.#base}/conversations/erase`;
    if ("keepalive" in Request.prototype) {
      const options = { method: "POST", body: token, keepalive: true, credentials: "omit", mode: "no-cors" } as const;
      fetch(url, options).catch(() => undefined);
    } else {
      navigator.sendBeacon(url, token);
    }
  }

  async #call<T>(method: string, path: string, token: string | null = null, body?: unknown): Promise<T> {
    const given: Record<string, string> = { "Accept-Language": this.language };
    if (token) given["Authorization"] = `Bearer ${token}`;
    if (body) given["Content-Type"] = "application/json";
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), TIMEOUT);
    let response: Response;
    let answer: unknown;
    try {
      response = await fetch(this.#base + path, {
        method,
        headers: given,
        credentials: "omit",
        referrerPolicy: "no-referrer",
        cache: "no-store",
        signal: stop.signal,
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      answer = response.status === 204 ? {} : await response.json();
    } catch {
      throw new ApiError("unreachable");
    } finally {
      clearTimeout(timer);
    }
    if (response.ok) return answer as T;
    throw new ApiError(failureOf(response.status), (answer as { error?: { message?: string } }).error?.message);
  }
}

export function failureOf(status: number): Failure {
  if (status === 401 || status === 404) return "over";
  if (status === 429 || status === 503) return "later";
  return status >= 500 ? "unreachable" : "refused";
}
