import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { assistant, site, tag, withPage } from "./stage.ts";
import { Visitor } from "./talk.ts";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };

interface AxeResult {
  violations: { id: string; nodes: { target: unknown; failureSummary?: string }[] }[];
}

/** Fails with every violation that axe-core finds in the page as it stands. */
async function clean(page: Page, state: string): Promise<void> {
  await page.evaluate(AXE);
  const { violations } = (await page.evaluate("axe.run({ resultTypes: ['violations'] })")) as AxeResult;
  const found = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${JSON.stringify(node.target)} ${node.failureSummary}`));
  assert.deepEqual(found, [], `${state}: ${found.join("\n")}`);
}

const HOST = (attributes = ""): string =>
  `<title>Helpline</title><main><h1>Helpline</h1><sextortion-help ${attributes}><a href="tel:116111">Call us: 116 111</a></sextortion-help></main>`;

/** Goes through every state that people can see and looks at each with axe. */
async function everyState(page: Page): Promise<void> {
  site.page("/help", HOST() + tag());
  await page.goto(site.address("/help"));
  const visitor = new Visitor(page);
  await page.getByRole("button", { name: "Chat with us" }).waitFor();
  await clean(page, "closed");
  await visitor.open();
  await clean(page, "open, leaving explained");
  await page.getByRole("button", { name: "Okay" }).click();
  await visitor.write("she wants 200 euro for my pics");
  await clean(page, "contact card");
  await visitor.goOn(async () => page.locator(".step").isVisible());
  await clean(page, "step");
  await visitor.write("human");
  await clean(page, "summary");
  for (const name of ["Talk to a human", "Menu"]) {
    await page.getByRole("dialog").getByRole("button", { name, exact: true }).first().click();
    await clean(page, name);
  }
  await page.getByRole("button", { name: "How this works and what is kept" }).click();
  await clean(page, "how it works");
  await page.getByRole("button", { name: "Back to the chat" }).click();
  await page.route("**/messages", (route) => route.abort());
  await page.getByLabel("Your message").fill("x");
  await page.keyboard.press("Enter");
  await page.getByText("Not sent.").waitFor();
  await clean(page, "not sent");
  await page.unroute("**/messages");
  await page.getByRole("button", { name: "Menu" }).click();
  await page.getByRole("button", { name: "Erase this chat" }).click();
  await clean(page, "erase");
  await page.getByRole("button", { name: "Yes, erase it" }).click();
  await page.getByRole("heading", { name: /This chat is erased/ }).waitFor();
  await clean(page, "erased");
}

describe("for everyone", () => {
  test("axe finds nothing in any state: light", () => withPage(everyState));
  test("axe finds nothing in any state: dark, on a phone", () => withPage(everyState, { ...PHONE, colorScheme: "dark" }));
  test("axe finds nothing in forced colours", () => withPage(everyState, { forcedColors: "active" }));

  test("axe finds nothing on the assistant's pages, when the chat is down, and in the page itself", () =>
    withPage(async (page) => {
      for (const path of ["/", "/embed", "/chat"]) {
        await page.goto(assistant.url + path);
        await page.waitForLoadState("networkidle");
        await clean(page, path);
      }
      site.page("/inline", HOST('position="inline"') + tag());
      await page.goto(site.address("/inline"));
      await new Visitor(page).answered(0);
      await clean(page, "inline");
      await page.route("**/webhooks/**", (route) => route.abort());
      site.page("/down", `<title>Helpline</title><main><h1>Helpline</h1></main>${tag()}`);
      await page.goto(site.address("/down"));
      await page.evaluate(() => sessionStorage.clear());
      await page.reload();
      await page.getByRole("button", { name: "Chat with us" }).click();
      await page.getByRole("heading", { name: /can't be reached/ }).waitFor();
      await page.getByText(/116 111/).waitFor();
      await clean(page, "down");
    }));

  test("the keyboard alone: open, answer, write, look at contacts, erase, close; focus is never lost", () =>
    withPage(async (page) => {
      site.page("/help", `<a href="#a">First</a>${tag()}`);
      await page.goto(site.address("/help"));
      const focused = (): Promise<string> =>
        page.evaluate(() => {
          const inner = document.activeElement?.shadowRoot?.activeElement as HTMLElement | null | undefined;
          return inner ? inner.getAttribute("aria-label") || inner.textContent || inner.className : (document.activeElement?.tagName ?? "");
        });
      const tabTo = async (name: RegExp): Promise<void> => {
        for (let presses = 0; presses < 40; presses++) {
          await page.keyboard.press("Tab");
          const now = await focused();
          if (name.test(now)) return;
        }
        assert.fail(`The keyboard does not reach ${name}; it is at ${await focused()}`);
      };
      await page.getByRole("button", { name: "Chat with us" }).waitFor();
      await tabTo(/Chat with us/);
      await page.keyboard.press("Enter");
      const visitor = new Visitor(page);
      await visitor.answered(0);
      assert.equal(await focused(), "Chat");
      await tabTo(/^Okay/);
      await page.keyboard.press("Enter");
      await tabTo(/They want money/);
      await page.keyboard.press("Enter");
      await visitor.answered(1);
      assert.equal(await focused(), "Answers to choose from");
      await tabTo(/Your message/);
      await page.keyboard.type("human");
      await page.keyboard.press("Enter");
      await page.locator(".message.me").nth(1).waitFor();
      await visitor.answered(3);
      assert.equal(await focused(), "Your message");
      await page.keyboard.press("Escape");
      assert.equal(await focused(), "Chat with us");
      await page.keyboard.press("Enter");
      await tabTo(/Talk to a human/);
      await page.keyboard.press("Enter");
      assert.equal(await focused(), "Talk to a human");
      await page.keyboard.press("Shift+Tab");
      assert.equal(await focused(), "Back to the chat");
      await page.keyboard.press("Enter");
      assert.equal(await focused(), "Talk to a human");
      await tabTo(/^Menu/);
      await page.keyboard.press("Enter");
      await tabTo(/Erase this chat/);
      await page.keyboard.press("Enter");
      await tabTo(/Yes, erase it/);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: /This chat is erased/ }).waitFor();
      assert.match(await focused(), /This chat is erased/);
      await tabTo(/Close chat|Start a new chat/);
    }));

  test("each message is announced once", () =>
    withPage(async (page) => {
      site.page("/help", tag());
      await page.goto(site.address("/help"));
      const visitor = new Visitor(page);
      await page.getByRole("button", { name: "Chat with us" }).waitFor();
      await visitor.log.evaluateAll(() => undefined);
      await page.evaluate(() => {
        const spoken = ((window as unknown as { spoken: string[] }).spoken = [] as string[]);
        const root = document.querySelector("sextortion-help")?.shadowRoot as ShadowRoot;
        for (const region of root.querySelectorAll("[role=log], [role=status], [role=alert]")) {
          new MutationObserver((changes) => {
            if (region.getAttribute("aria-live") === "off") return;
            for (const { addedNodes } of changes) for (const node of addedNodes) spoken.push(node.textContent ?? "");
          }).observe(region, { childList: true, subtree: true });
        }
      });
      await visitor.open();
      await visitor.write("she wants 200 euro for my pics");
      await page.getByRole("button", { name: "Menu" }).click();
      await page.getByRole("button", { name: "Back to the chat" }).click();
      await page.getByRole("button", { name: "Close chat" }).click();
      await page.getByRole("button", { name: "Chat with us" }).click();
      const spoken = (await page.evaluate(() => (window as unknown as { spoken: string[] }).spoken)).filter((text) => text.includes(":"));
      assert.equal(new Set(spoken).size, spoken.length);
      assert.equal(spoken.filter((text) => text.includes("I'm a chatbot")).length, 1);
    }));

  test("320 pixels wide, and 200 % zoom: nothing is cut off, everything can be tapped", async () => {
    for (const viewport of [{ width: 320, height: 568 }, { width: 640, height: 400 }, { width: 320, height: 256 }]) {
      await withPage(
        async (page) => {
          site.page("/help", tag());
          await page.goto(site.address("/help"));
          const visitor = new Visitor(page);
          await visitor.open();
          await visitor.write("she wants 200 euro for my pics");
          const size = await page.evaluate(() => {
            const root = document.querySelector("sextortion-help")?.shadowRoot as ShadowRoot;
            const visible = [...root.querySelectorAll<HTMLElement>("button, a, textarea, .message, .card")].filter((element) => element.checkVisibility() && element.offsetWidth > 1);
            return {
              page: document.documentElement.scrollWidth,
              outside: visible.filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5 || element.getBoundingClientRect().left < -0.5).map((element) => element.textContent),
              small: visible.filter((element) => element.matches("button, textarea, .way, .human-call") && element.getBoundingClientRect().height < 44).map((element) => element.textContent || element.ariaLabel),
            };
          });
          assert.ok(size.page <= viewport.width, `the page became ${size.page} wide`);
          assert.deepEqual(size.outside, []);
          assert.deepEqual(size.small, []);
          for (const name of ["Leave fast", "Menu", "Send"]) {
            const box = await page.getByRole("dialog").getByRole("button", { name }).boundingBox();
            assert.ok(box && box.y >= 0 && box.y + box.height <= viewport.height + 1, `${name} is off the screen at ${viewport.width}x${viewport.height}`);
          }
        },
        { viewport },
      );
    }
  });

  test("the keyboard of a phone does not cover the input", () =>
    withPage(async (page) => {
      site.page("/help", tag());
      await page.goto(site.address("/help"));
      await new Visitor(page).open();
      await page.evaluate(() => {
        Object.defineProperty(visualViewport, "height", { value: 400, configurable: true });
        visualViewport?.dispatchEvent(new Event("resize"));
      });
      const box = await page.getByLabel("Your message").boundingBox();
      assert.ok(box && box.y + box.height <= 400, JSON.stringify(box));
    }, PHONE));

  test("right to left: the whole chat is mirrored, a number stays readable", () =>
    withPage(async (page) => {
      // The real answer, with the direction of a language that is written from right to left.
      await page.route("**/webhooks/webchat/widget?*", async (route) => {
        const answer = await route.fetch();
        const settings = (await answer.json()) as { language: { direction: string } };
        settings.language.direction = "rtl";
        await route.fulfill({ response: answer, json: settings });
      });
      site.page("/help", `<div dir="rtl">${tag()}</div>`);
      await page.goto(site.address("/help"));
      const visitor = new Visitor(page);
      await visitor.open();
      await visitor.write("she wants 200 euro for my pics");
      const sides = await page.evaluate(() => {
        const root = document.querySelector("sextortion-help")?.shadowRoot as ShadowRoot;
        const box = (name: string): DOMRect => (root.querySelector(name) as HTMLElement).getBoundingClientRect();
        return { panel: box(".panel"), bot: box(".message.bot"), me: box(".message.me"), send: box(".send"), exit: box(".head .exit"), close: box(".head .icon-button:last-child") };
      });
      assert.ok(sides.bot.right > sides.me.right, "the assistant's messages stand on the right");
      assert.ok(sides.send.x < sides.panel.x + sides.panel.width / 2, "the send button stands on the left");
      assert.ok(sides.exit.x > sides.close.x);
      for (const number of [page.locator(".human-call span"), page.locator(".way.main span").first()]) {
        const ends = await number.evaluate((element) => {
          const text = element.firstChild as Text;
          const at = text.data.indexOf("1800");
          const left = (offset: number): number => {
            const range = document.createRange();
            range.setStart(text, offset);
            range.setEnd(text, offset + 1);
            return range.getBoundingClientRect().left;
          };
          return [left(at), left(at + "1800 666 66".length)];
        });
        assert.ok((ends[0] ?? 0) < (ends[1] ?? 0), "the number is turned around");
      }
    }));

  test("files are refused with a kind sentence, pasted or dropped", () =>
    withPage(async (page) => {
      site.page("/help", tag());
      await page.goto(site.address("/help"));
      const visitor = new Visitor(page);
      await visitor.open();
      for (const kind of ["paste", "drop"]) {
        const stopped = await page.getByLabel("Your message").evaluate((input, name) => {
          const data = new DataTransfer();
          data.items.add(new File(["x"], "x.png", { type: "image/png" }));
          const event = name === "paste" ? new ClipboardEvent(name, { clipboardData: data, bubbles: true, cancelable: true, composed: true }) : new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true, composed: true });
          return !input.dispatchEvent(event);
        }, kind);
        assert.ok(stopped, `${kind} goes through`);
      }
      assert.equal(await page.locator(".message.note").count(), 1);
      assert.match(await page.locator(".message.note").innerText(), /don't send pictures/);
    }));

  test("what the server says is text, and links only lead to allowed schemes", () =>
    withPage(async (page) => {
      await page.route("**/conversations", async (route) => {
        const answer = await route.fetch();
        const turn = (await answer.json()) as { messages: { text: string; contact?: unknown }[] };
        const first = turn.messages[0];
        if (first) {
          first.text = '<img src=x onerror="window.broken=1"><b>bold</b>';
          first.contact = { name: "<i>x</i>", url: "javascript:window.broken=1", chat_url: "data:text/html,x", phone: "1", phone_dial: "1" };
        }
        await route.fulfill({ response: answer, json: turn });
      });
      site.page("/help", tag());
      await page.goto(site.address("/help"));
      const visitor = new Visitor(page);
      await visitor.open();
      assert.match(await visitor.said(), /<b>bold<\/b>/);
      assert.equal(await page.locator(".message img, .message b, .card i").count(), 0);
      assert.deepEqual(await page.locator(".card a").evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).protocol)), ["tel:"]);
      assert.equal(await page.evaluate(() => (window as unknown as { broken?: number }).broken), undefined);
    }));

  test("text size and country are the person's to choose, and last in the tab", () =>
    withPage(async (page) => {
      site.page("/help", tag());
      await page.goto(site.address("/help"));
      await new Visitor(page).open();
      const size = (): Promise<number> => page.locator(".message").first().evaluate((message) => parseFloat(getComputedStyle(message).fontSize));
      const before = await size();
      await page.getByRole("button", { name: "Menu" }).click();
      await page.getByRole("button", { name: "Larger text" }).click();
      await page.getByRole("button", { name: "Larger text" }).click();
      await page.getByRole("button", { name: "Talk to a human" }).click();
      await page.getByLabel("Your country").selectOption("AT");
      await page.getByText("Rat auf Draht").first().waitFor();
      await page.reload();
      await page.getByRole("link", { name: /Rat auf Draht/ }).waitFor();
      assert.ok((await size()) > before);
    }));
});
