/**
 * What the browser tests stand on: the real assistant, a helpline's own site at another address, and Chromium.
 *
 * While working on the widget, use an assistant that already runs:
 * `ALLOWED_ORIGINS=http://localhost:8123 make run`, then `ASSISTANT_URL=http://127.0.0.1:5005 SITE_PORT=8123 npm run test:browser`.
 */

import { spawn, type ChildProcess } from "node:child_process";
import { createServer, type Server } from "node:http";
import { createServer as createProbe, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const START = 180_000;

export const CHROMIUM = process.env["CHROME_PATH"] ?? "/usr/bin/chromium";
export const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

async function freePort(): Promise<number> {
  const probe = createProbe();
  await new Promise<void>((ready) => probe.listen(0, "127.0.0.1", ready));
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}

/** The assistant as `make run` starts it, on free ports. */
export class Assistant {
  url = "";
  #process: ChildProcess | null = null;
  #log = "";

  async start(environment: Record<string, string>): Promise<void> {
    const given = process.env["ASSISTANT_URL"];
    if (given) {
      this.url = given;
      return;
    }
    const [port, actionPort] = [await freePort(), await freePort()];
    this.url = `http://127.0.0.1:${port}`;
    const running = spawn(`${ROOT}.venv/bin/python`, ["-m", "assistant.run"], {
      cwd: ROOT,
      env: {
        ...process.env, PORT: String(port), ACTION_SERVER_PORT: String(actionPort), PYTHONWARNINGS: "ignore",
        CONVERSATIONS_PER_MINUTE: "10000", ...environment,
      },
    });
    this.#process = running;
    for (const stream of [running.stdout, running.stderr]) stream.on("data", (data) => (this.#log += String(data)));
    const deadline = Date.now() + START;
    while (!(await this.#ready())) {
      if (running.exitCode !== null || Date.now() > deadline) throw new Error(`The assistant did not start:\n${this.#log.slice(-3000)}`);
      await new Promise((next) => setTimeout(next, 200));
    }
  }

  async stop(): Promise<void> {
    const running = this.#process;
    if (!running || running.exitCode !== null) return;
    const gone = new Promise((done) => running.once("exit", done));
    running.kill("SIGINT");
    await gone;
  }

  /** Whether the server still knows the conversation of a token. */
  async remembers(token: string): Promise<boolean> {
    const answer = await fetch(`${this.url}/webhooks/webchat/conversations`, { headers: { Authorization: `Bearer ${token}` } });
    return answer.status === 204;
  }

  async #ready(): Promise<boolean> {
    return fetch(`${this.url}/webhooks/webchat/ready`).then((answer) => answer.ok, () => false);
  }
}

/** A helpline's own site: pages made by the tests, each with its own headers. */
export class Site {
  readonly #pages = new Map<string, { body: string; headers: Record<string, string> }>();
  #server: Server | null = null;
  port = 0;

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      const page = this.#pages.get(new URL(request.url ?? "/", "http://site").pathname);
      response.writeHead(page ? 200 : 404, { "Content-Type": "text/html; charset=utf-8", ...page?.headers });
      response.end(page?.body ?? "");
    });
    this.#server = server;
    await new Promise<void>((ready) => server.listen(Number(process.env["SITE_PORT"] ?? 0), "127.0.0.1", ready));
    this.port = (server.address() as AddressInfo).port;
    this.page("/favicon.ico", "");
    this.page("/empty-page", "");
    this.page("/neutral", "<title>Weather</title><p>Sunny.</p>");
  }

  /** `name` is localhost (allowed by the assistant in these tests) or 127.0.0.1 (not allowed). */
  address(path: string, name: "localhost" | "127.0.0.1" = "localhost"): string {
    return `http://${name}:${this.port}${path}`;
  }

  page(path: string, body: string, headers: Record<string, string> = {}): void {
    this.#pages.set(path, { body: `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">${body}`, headers });
  }

  stop(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }
}

export const assistant = new Assistant();
export const site = new Site();
let browser: Browser;

export async function setUp(): Promise<void> {
  await site.start();
  browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  await assistant.start({ ALLOWED_ORIGINS: `http://localhost:${site.port}` });
}

export async function tearDown(): Promise<void> {
  await browser?.close();
  site.stop();
  await assistant.stop();
}

/** A page in a browser of its own, closed by `work`'s end; every error of a script fails the test. */
export async function withPage(work: (page: Page) => Promise<void>, options: BrowserContextOptions = {}): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, reducedMotion: "reduce", ...options });
  await context.addInitScript("globalThis.__name ??= (named) => named"); // the tests' compiler names functions with it
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  try {
    await work(page);
    if (errors.length) throw new Error(`Errors in the page: ${errors.join("; ")}`);
  } finally {
    await context.close();
  }
}

/** The tag that a helpline puts into its page. */
export function tag(attributes = ""): string {
  return `<script src="${assistant.url}/widget.js" data-country="IE" data-exit-url="${site.address("/neutral")}" ${attributes} defer></script>`;
}
