import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { site, tag, withPage } from "./stage.ts";
import { Visitor } from "./talk.ts";

describe("whole conversations", () => {
  test("money is demanded: from the first sentence through the plan to a person", () =>
    withPage(async (page) => {
      site.page("/help", tag());
      await page.goto(site.address("/help"));
      await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
      const visitor = new Visitor(page);
      const told: string[] = [];
      await page.evaluate(() => {
        const seen: string[] = ((window as unknown as { seen: string[] }).seen = []);
        for (const name of ["opened", "closed", "handed-off"]) {
          addEventListener(`sextortion-help-${name}`, (event) => seen.push(JSON.stringify([event.type, (event as { detail?: unknown }).detail ?? null])));
        }
      });
      await visitor.open();
      assert.match(await visitor.said(), /I'm a chatbot/);

      await visitor.write("a girl on snapchat wants 300 euro in steam cards or she sends my nudes to everyone");
      assert.match(await visitor.said(), /That took courage/);
      const card = page.locator(".card").first();
      assert.match(await card.innerText(), /Childline/);
      const call = card.getByRole("link", { name: /^Call .?1800/ });
      assert.match((await call.getAttribute("href")) ?? "", /^tel:1800666666$/);

      const steps = await visitor.goOn(() => finished(visitor));
      assert.ok(steps.length >= 5 && steps[0] === 1, `steps ${steps}`);
      assert.match(await page.locator(".step").innerText(), /^Step \d+ of \d+$/);

      await visitor.write("human");
      const summary = page.getByRole("button", { name: "Copy this text" }).last();
      await summary.click();
      await page.getByRole("button", { name: "Copied" }).waitFor();
      assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^Someone is threatening me online .* wants money/);
      await page.getByRole("button", { name: "Print it" }).last().click();
      assert.match(await page.frameLocator("iframe").locator("body").innerText(), /What happened, in short\s+Someone is threatening me/);
      await call.evaluate((link) => link.addEventListener("click", (event) => event.preventDefault()));
      await call.click();
      told.push(...(await page.evaluate(() => (window as unknown as { seen: string[] }).seen)));
      assert.deepEqual(told, ['["sextortion-help-opened",null]', '["sextortion-help-handed-off",null]']);
    }));

  test("pictures are demanded: by buttons alone", () =>
    withPage(async (page) => {
      site.page("/help", tag());
      await page.goto(site.address("/help"));
      const visitor = new Visitor(page);
      await visitor.open();
      await visitor.tap("They want pictures or more");
      assert.match(await visitor.said(), /their fault, not yours/);
      const steps = await visitor.goOn(() => finished(visitor));
      assert.ok(steps.length >= 5, `steps ${steps}`);
      assert.doesNotMatch(await visitor.said(), /undefined|null|\{\w+\}/);
    }));

  test("a question in the middle is answered, and a link in an answer opens elsewhere", () =>
    withPage(async (page) => {
      site.page("/help", tag());
      await page.goto(site.address("/help"));
      const visitor = new Visitor(page);
      await visitor.open();
      await visitor.write("how do i stop my picture from spreading, is there take it down");
      for (const link of await page.locator(".message a[href^=http]").all()) {
        assert.equal(await link.getAttribute("target"), "_blank");
        assert.match((await link.getAttribute("rel")) ?? "", /noopener noreferrer/);
      }
    }));
});

/** Whether every step of the plan has been shown. */
async function finished(visitor: Visitor): Promise<boolean> {
  const steps = (await visitor.stored())?.entries.flatMap((entry) => (entry.step ? [entry.step] : [])) ?? [];
  const last = steps.at(-1);
  return last !== undefined && last.number === last.of;
}
