// @vitest-environment jsdom
import { beforeEach, expect, test } from "vitest";
import { LIFETIME, Session } from "../../src/session.ts";

const CHAT = { token: "t", entries: [], choices: [], pending: [] };

beforeEach(() => sessionStorage.clear());

test("a conversation is there after a reload", () => {
  new Session().save(CHAT);
  expect(new Session().load()).toMatchObject(CHAT);
});

test("after an hour it is gone, also from the tab", () => {
  new Session(() => sessionStorage, () => 0).save(CHAT);
  expect(new Session(() => sessionStorage, () => LIFETIME).load()).toBeNull();
  expect(sessionStorage.length).toBe(0);
});

test("leaving takes everything with it", () => {
  const session = new Session();
  session.save(CHAT);
  session.like({ open: true });
  session.forgetAll();
  expect(sessionStorage.length).toBe(0);
});

test("nothing is written outside of the tab", () => {
  new Session().save(CHAT);
  expect(localStorage.length).toBe(0);
  expect(document.cookie).toBe("");
});

test("a browser that blocks storage, and a damaged entry, break nothing", () => {
  const blocked = new Session(() => {
    throw new DOMException("blocked", "SecurityError");
  });
  blocked.save(CHAT);
  blocked.like({ open: true });
  expect(blocked.load()).toBeNull();
  expect(blocked.liking).toEqual({});
  sessionStorage.setItem("sextortion-help", "{");
  expect(new Session().load()).toBeNull();
});
