import { expect, test } from "vitest";
import { inkOn, luminanceOf } from "../../src/colour.ts";

function contrast(one: string, other: string): number {
  const [a, b] = [luminanceOf(one) ?? 0, luminanceOf(other) ?? 0].sort((x, y) => y - x) as [number, number];
  return (a + 0.05) / (b + 0.05);
}

test("text on any colour has the contrast that WCAG asks for", () => {
  for (let red = 0; red < 256; red += 17) {
    for (let green = 0; green < 256; green += 17) {
      for (let blue = 0; blue < 256; blue += 17) {
        const colour = `#${[red, green, blue].map((value) => value.toString(16).padStart(2, "0")).join("")}`;
        expect(contrast(colour, inkOn(colour) ?? "")).toBeGreaterThanOrEqual(4.5);
      }
    }
  }
});

test("short colours count, anything else is left alone", () => {
  expect(inkOn("#fff")).toBe("#000000");
  expect(inkOn("#123456")).toBe("#ffffff");
  expect(inkOn("red")).toBeNull();
  expect(inkOn("#12345;background:url(https://x)")).toBeNull();
});
