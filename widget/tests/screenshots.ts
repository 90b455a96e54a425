/** Makes the pictures of docs/screenshots: phone and desktop, light and dark, with the real assistant. */

import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { assistant, setUp, tearDown, withPage } from "./browser/stage.ts";
import { Visitor } from "./browser/talk.ts";

const FOLDER = fileURLToPath(new URL("../../docs/screenshots/", import.meta.url));
const SCREENS = {
  desktop: { states: ["closed", "contact"], viewport: { width: 1120, height: 720 } },
  phone: { states: ["open", "contact", "step", "human"], viewport: { width: 375, height: 720 }, isMobile: true, hasTouch: true },
};

mkdirSync(FOLDER, { recursive: true });
try {
  await setUp();
  for (const [name, { states, ...screen }] of Object.entries(SCREENS)) {
    for (const colorScheme of ["light", "dark"] as const) {
      await withPage(
        async (page) => {
          const picture = async (state: string): Promise<void> => {
            await page.waitForTimeout(300);
            if (states.includes(state)) await page.screenshot({ path: `${FOLDER}${name}-${colorScheme}-${state}.png` });
          };
          await page.goto(assistant.url);
          const visitor = new Visitor(page);
          await page.getByRole("button", { name: "Chat with us" }).waitFor();
          await picture("closed");
          await visitor.open();
          await picture("open");
          await page.getByRole("button", { name: "Okay" }).click();
          await visitor.write("a girl wants 300 euro or she sends my pics to everyone");
          await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
          await picture("contact");
          await visitor.goOn(async () => page.locator(".step").isVisible());
          await picture("step");
          await page.getByRole("dialog").getByRole("button", { name: "Talk to a human", exact: true }).first().click();
          await picture("human");
        },
        { ...screen, colorScheme },
      );
    }
  }
} finally {
  await tearDown();
}
