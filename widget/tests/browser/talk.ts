/** What a person does with the widget, for tests that read like a visit. */

import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";

export interface Stored {
  token: string;
  entries: { from: string; text: string; contact?: unknown; step?: { number: number; of: number } }[];
  choices: { title: string; payload: string }[];
}

export class Visitor {
  readonly widget: Locator;
  readonly log: Locator;

  constructor(readonly page: Page) {
    this.widget = page.locator("sextortion-help");
    this.log = page.getByRole("log");
  }

  async open(): Promise<void> {
    await this.page.getByRole("button", { name: "Chat with us" }).click();
    await this.answered(0);
  }

  /** Waits until the assistant has answered and something can be tapped. */
  async answered(before: number): Promise<void> {
    await this.page.waitForFunction((known) => {
      const saved = JSON.parse(sessionStorage.getItem("sextortion-help") ?? "null") as Stored | null;
      return saved && saved.entries.filter((entry) => entry.from === "bot").length > known && saved.choices.length > 0;
    }, before);
    await this.page.locator(".choices .choice").first().waitFor();
  }

  async stored(): Promise<Stored | null> {
    return this.page.evaluate(() => JSON.parse(sessionStorage.getItem("sextortion-help") ?? "null") as Stored | null);
  }

  async said(): Promise<string> {
    return (await this.log.innerText()).replace(/\s+/g, " ");
  }

  async #count(): Promise<number> {
    return (await this.stored())?.entries.filter((entry) => entry.from === "bot").length ?? 0;
  }

  async write(text: string): Promise<void> {
    const before = await this.#count();
    await this.page.getByLabel("Your message").fill(text);
    await this.page.keyboard.press("Enter");
    await this.answered(before);
  }

  /** Taps the first of these answers that is offered. */
  async tap(...titles: string[]): Promise<void> {
    const before = await this.#count();
    const offered = await this.page.locator(".choices .choice").allInnerTexts();
    const title = titles.find((wanted) => offered.includes(wanted));
    assert.ok(title, `None of ${titles.join(", ")} is offered, but ${offered.join(", ")}`);
    await this.page.locator(".choices").getByRole("button", { name: title, exact: true }).click();
    await this.answered(before);
  }

  /** Answers whatever is asked, calmly, until `done`; gives the numbers of the steps that were shown. */
  async goOn(done: () => Promise<boolean>, most = 40): Promise<number[]> {
    for (let turn = 0; turn < most && !(await done()); turn++) {
      await this.tap("Done", "Yes, I'm safe", "Go on", "No", "I'd rather not say", "Not now");
    }
    assert.ok(await done(), `Not reached. ${(await this.said()).slice(-600)}`);
    return (await this.stored())?.entries.flatMap((entry) => (entry.step ? [entry.step.number] : [])) ?? [];
  }
}
