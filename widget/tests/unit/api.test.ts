import { afterEach, expect, test, vi } from "vitest";
import { Api, ApiError, failureOf } from "../../src/api.ts";

const answering = (status: number, body?: unknown): ReturnType<typeof vi.fn> => {
  const asked = vi.fn(async () => new Response(body === undefined ? null : JSON.stringify(body), { status }));
  vi.stubGlobal("fetch", asked);
  return asked;
};

afterEach(() => void vi.unstubAllGlobals());

test("no cookie and no referrer ever go with a request", async () => {
  const asked = answering(200, { messages: [] });
  await new Api("https://a.example/").send("t", { text: "hi" }, "1");
  expect(asked).toHaveBeenCalledWith(
    "https://a.example/webhooks/webchat/messages",
    expect.objectContaining({ credentials: "omit", referrerPolicy: "no-referrer", body: '{"text":"hi","id":"1"}' }),
  );
});

test.each([
  [401, "over"],
  [404, "over"],
  [429, "later"],
  [503, "later"],
  [400, "refused"],
  [413, "refused"],
  [500, "unreachable"],
])("status %i means %s", (status, failure) => expect(failureOf(status)).toBe(failure));

test("the server's own sentence comes with a refusal", async () => {
  answering(413, { error: { code: "too_long", message: "Smaller parts, please." } });
  await expect(new Api("/").send("t", { text: "x" }, "1")).rejects.toMatchObject({ failure: "refused", message: "Smaller parts, please." });
});

test("no answer, and one that cannot be read, are the same fault", async () => {
  vi.stubGlobal("fetch", vi.fn(async () => Promise.reject(new TypeError("failed"))));
  await expect(new Api("/").alive("t")).rejects.toBeInstanceOf(ApiError);
  vi.stubGlobal("fetch", vi.fn(async () => new Response("<html>", { status: 502 })));
  await expect(new Api("/").alive("t")).rejects.toMatchObject({ failure: "unreachable" });
});

test("leaving erases with a request that outlives the page", () => {
  const asked = answering(204);
  new Api("https://a.example/").eraseOnLeaving("t");
  expect(asked).toHaveBeenCalledWith(
    "https://a.example/webhooks/webchat/conversations/erase",
    expect.objectContaining({ method: "POST", body: "t", keepalive: true, credentials: "omit" }),
  );
});
