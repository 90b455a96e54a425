import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assistant, site, tag, withPage } from "./stage.ts";
import { Visitor } from "./talk.ts";

describe("nothing is lost", () => {
  test("a reload brings the conversation back, without reading it out again", () =>
    withPage(async (page) => {
      site.page("/help", tag());
      await page.goto(site.address("/help"));
      const visitor = new Visitor(page);
      await visitor.open();
      await visitor.write("she wants 200 euro for my pics");
      const [before, choices] = [await visitor.said(), await page.locator(".choices .choice").allInnerTexts()];
      await page.reload();
      await page.locator(".choices .choice").first().waitFor();
      assert.equal(await visitor.said(), before);
      assert.deepEqual(await page.locator(".choices .choice").allInnerTexts(), choices);
      assert.equal(await visitor.log.getAttribute("aria-live"), "off");
      await visitor.tap(choices[0] as string);
      assert.equal(await visitor.log.getAttribute("aria-live"), "polite");
    }));

  test("a dropped connection: the message waits, goes out when the line is back, and counts once", () =>
    withPage(async (page) => {
      site.page("/help", tag());
      await page.goto(site.address("/help"));
      const visitor = new Visitor(page);
      await visitor.open();
      await page.context().setOffline(true);
      await page.getByLabel("Your message").fill("he wants 200 euro or he sends my nudes");
      await page.keyboard.press("Enter");
      await page.getByText("You are offline.").waitFor();
      assert.match(await visitor.said(), /he wants 200 euro/);
      await page.context().setOffline(false);
      await visitor.answered(1);
      assert.match(await visitor.said(), /That took courage/);
      assert.equal(await page.locator(".message.me").count(), 1);
    }));

  test("an answer that is lost on the way is asked for again, and the message is not taken twice", () =>
    withPage(async (page) => {
      site.page("/help", tag());
      await page.goto(site.address("/help"));
      const visitor = new Visitor(page);
      await visitor.open();
      await visitor.tap("They want money");
      await visitor.goOn(async () => ((await visitor.stored())?.entries.some((entry) => entry.step?.number === 1)) ?? false);
      let lost = 0;
      await page.route("**/messages", async (route) => {
        if (lost++) return route.fallback();
        await route.fetch(); // it reaches the assistant, its answer does not come back
        return route.abort();
      });
      await page.getByRole("button", { name: "Done", exact: true }).click();
      await page.getByText("Not sent.").waitFor();
      await page.getByRole("button", { name: "Try again" }).click();
      await page.locator(".choices .choice").first().waitFor();
      const steps = (await visitor.stored())?.entries.flatMap((entry) => (entry.step ? [entry.step.number] : []));
      assert.ok(!steps?.includes(3), `a step was left out: ${steps}`);
    }));

  test("two tabs hold two conversations", () =>
    withPage(async (page) => {
      site.page("/help", tag());
      const other = await page.context().newPage();
      const visitors = [new Visitor(page), new Visitor(other)] as const;
      for (const visitor of visitors) {
        await visitor.page.goto(site.address("/help"));
        await visitor.open();
      }
      const [one, two] = await Promise.all(visitors.map((visitor) => visitor.stored()));
      assert.notEqual(one?.token, two?.token);
      await visitors[0].write("they want money for my nudes");
      assert.doesNotMatch(await visitors[1].said(), /money for my nudes/);
      await page.getByRole("button", { name: "Leave fast" }).click();
      await page.waitForURL(site.address("/neutral"));
      assert.ok(await assistant.remembers(two?.token ?? ""), "leaving one tab must not end the other's chat");
      await visitors[1].tap("They want money");
    }));

  test("a conversation that the server has forgotten: said plainly, the text comes back, a new one starts", () =>
    withPage(async (page) => {
      site.page("/help", tag());
      await page.goto(site.address("/help"));
      const visitor = new Visitor(page);
      await visitor.open();
      const token = (await visitor.stored())?.token;
      await fetch(`${assistant.url}/webhooks/webchat/conversations`, { method: "DELETE", headers: { Authorization: `Bearer ${token}` } });
      await page.getByLabel("Your message").fill("I wrote a lot");
      await page.keyboard.press("Enter");
      await page.getByText("This chat is over and erased.").waitFor();
      assert.equal(await page.getByLabel("Your message").inputValue(), "I wrote a lot");
      assert.equal(await visitor.stored(), null);
      await page.getByRole("button", { name: "Start a new chat" }).click();
      await visitor.answered(0);
    }));
});
