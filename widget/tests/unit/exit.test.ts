import { expect, test } from "vitest";
import { exitAddress, ShiftCounter } from "../../src/exit.ts";

test("three presses of Shift within five seconds are enough", () => {
  const counter = new ShiftCounter();
  expect([counter.press("Shift", 0), counter.press("Shift", 1000), counter.press("Shift", 4000)]).toEqual([2, 1, 0]);
  expect(counter.press("Shift", 4500)).toBe(2);
});

test("writing capitals never counts", () => {
  const counter = new ShiftCounter();
  for (const key of ["Shift", "I", "Shift", "B", "Shift", "C"]) expect(counter.press(key, 0)).toBeGreaterThan(0);
});

test("slow presses do not add up", () => {
  const counter = new ShiftCounter();
  counter.press("Shift", 0);
  counter.press("Shift", 3000);
  expect(counter.press("Shift", 6000)).toBe(1);
});

test("a tap in between starts the count anew", () => {
  const counter = new ShiftCounter();
  counter.press("Shift", 0);
  counter.press("Shift", 1);
  counter.reset();
  expect(counter.press("Shift", 2)).toBe(2);
});

test("leaving leads to the operator's site, or to an empty page", () => {
  expect(exitAddress("https://www.example.org")).toBe("https://www.example.org/");
  for (const wrong of [null, "", "javascript:alert(1)", "data:text/html,x", "weather"]) expect(exitAddress(wrong)).toBe("about:blank");
});
