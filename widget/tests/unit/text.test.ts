import { expect, test } from "vitest";
import { fill, pieces, safeLink } from "../../src/text.ts";

test("a web address becomes a link, without the full stop behind it", () => {
  expect(pieces("See https://www.childline.ie/a?b=1. Or not.")).toEqual([
    { kind: "text", text: "See " },
    { kind: "link", text: "https://www.childline.ie/a?b=1", href: "https://www.childline.ie/a?b=1" },
    { kind: "text", text: "." },
    { kind: "text", text: " Or not." },
  ]);
});

test("markup stays text", () => {
  const line = '<img src=x onerror=alert(1)> <a href="javascript:alert(1)">x</a>';
  expect(pieces(line)).toEqual([{ kind: "text", text: line }]);
});

test("a word between asterisks is stressed", () => {
  expect(pieces("Type *human* now")).toEqual([
    { kind: "text", text: "Type " },
    { kind: "strong", text: "human" },
    { kind: "text", text: " now" },
  ]);
  expect(pieces("2 * 3 * 4 is 24").every((piece) => piece.kind === "text" || piece.text === " 3 ")).toBe(true);
});

test.each(["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:x", "//no", "", undefined])(
  "%s is not linked to",
  (address) => expect(safeLink(address)).toBeNull(),
);

test.each(["https://a.example/", "http://a.example/", "tel:116111", "sms:50808", "mailto:a@b.example"])("%s is linked to", (address) =>
  expect(safeLink(address)).toBe(address),
);

test("a number with gaps is kept together, for lines from right to left", () => {
  expect(pieces("Call 116 111 or +353 1 679 4944. Step 3.")).toEqual([
    { kind: "text", text: "Call " },
    { kind: "number", text: "116 111" },
    { kind: "text", text: " or " },
    { kind: "number", text: "+353 1 679 4944" },
    { kind: "text", text: ". Step 3." },
  ]);
});

test("names in braces are filled in, unknown ones stay", () => {
  expect(fill("Step {number} of {of}, {other}", { number: 3, of: 9 })).toBe("Step 3 of 9, {other}");
});
