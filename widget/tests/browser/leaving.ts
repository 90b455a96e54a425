import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Page } from "playwright-core";
import { assistant, site, tag, withPage } from "./stage.ts";
import { Visitor } from "./talk.ts";

async function talking(page: Page): Promise<{ visitor: Visitor; token: string }> {
  site.page("/before", "<title>Before</title><p>Search</p>");
  site.page("/help", `<title>Helpline</title><p>Secret helpline</p>${tag()}`);
  await page.goto(site.address("/before"));
  await page.goto(site.address("/help"));
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.write("he wants money or he sends my nudes");
  const token = (await visitor.stored())?.token ?? "";
  assert.ok(await assistant.remembers(token));
  return { visitor, token };
}

async function leftWithoutATrace(page: Page, token: string): Promise<void> {
  await page.waitForURL(site.address("/neutral"));
  assert.equal(await page.title(), "Weather");
  for (let tries = 0; tries < 50 && (await assistant.remembers(token)); tries++) await new Promise((next) => setTimeout(next, 100));
  assert.equal(await assistant.remembers(token), false, "the server still knows the conversation");
  await page.goBack();
  assert.equal(await page.title(), "Before", "the helpline's page is still behind the neutral one");
  await page.goto(site.address("/empty-page"));
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
}

describe("leaving fast", () => {
  test("one tap: a neutral page, nothing in the history, in the tab, or on the server", () =>
    withPage(async (page) => {
      const { token } = await talking(page);
      await page.getByRole("button", { name: "Leave fast" }).click();
      await leftWithoutATrace(page, token);
    }));

  test("Shift three times, while writing", () =>
    withPage(async (page) => {
      const { token } = await talking(page);
      await page.getByLabel("Your message").fill("half a sen");
      await page.keyboard.press("Shift");
      await page.keyboard.press("Shift");
      assert.match((await page.getByRole("alert").textContent()) ?? "", /once more/);
      await page.keyboard.press("Shift");
      await leftWithoutATrace(page, token);
    }));

  test("while an answer is still being made", () =>
    withPage(async (page) => {
      const { token } = await talking(page);
      await page.getByLabel("Your message").fill("i paid 100 already and i am 15");
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Leave fast" }).click();
      await leftWithoutATrace(page, token);
    }));

  test("the page is blank before the neutral one has come", () =>
    withPage(async (page) => {
      await talking(page);
      let release: () => void = () => undefined;
      const released = new Promise<void>((go) => (release = go));
      await page.route("**/neutral", async (route) => {
        await released;
        await route.continue();
      });
      await page.evaluate(() => {
        const look = (): void => console.log("look:", getComputedStyle(document.documentElement).display, document.title.length);
        new MutationObserver(look).observe(document.documentElement, { attributes: true });
      });
      const blank = page.waitForEvent("console", (message) => message.text() === "look: none 1"); // an invisible title
      await page.getByRole("button", { name: "Leave fast" }).click({ noWaitAfter: true });
      await blank;
      assert.equal(page.url(), site.address("/help"));
      release();
      await page.waitForURL(site.address("/neutral"));
    }));

  test("it is there before the chat is opened, and capitals don't trigger it", () =>
    withPage(async (page) => {
      site.page("/help", tag());
      await page.goto(site.address("/help"));
      for (const letter of "HELP") await page.keyboard.press(`Shift+${letter}`);
      assert.equal(page.url(), site.address("/help"));
      await page.getByRole("button", { name: "Leave fast" }).click();
      await page.waitForURL(site.address("/neutral"));
    }));

  test("it stays on the screen while one scrolls, and above a banner of the site", () =>
    withPage(async (page) => {
      site.page("/help", `<div style="height:5000px">Long</div><div style="position:fixed;inset:auto 0 0 0;height:300px;background:#eee;z-index:2147483647">Cookies</div>${tag()}`);
      await page.goto(site.address("/help"));
      await page.evaluate(() => scrollTo(0, 4000));
      await page.getByRole("button", { name: "Leave fast" }).click();
      await page.waitForURL(site.address("/neutral"));
    }));

  test("erase: the chat is gone here and on the server, and a new one can start", () =>
    withPage(async (page) => {
      const { visitor, token } = await talking(page);
      await page.getByRole("button", { name: "Menu" }).click();
      await page.getByRole("button", { name: "Erase this chat" }).click();
      await page.getByRole("button", { name: "Yes, erase it" }).click();
      await page.getByRole("heading", { name: /This chat is erased/ }).waitFor();
      assert.equal(await visitor.stored(), null);
      for (let tries = 0; tries < 50 && (await assistant.remembers(token)); tries++) await new Promise((next) => setTimeout(next, 100));
      assert.equal(await assistant.remembers(token), false);
      await page.getByRole("button", { name: "Start a new chat" }).click();
      await visitor.answered(0);
      assert.notEqual((await visitor.stored())?.token, token);
    }));
});
