// @vitest-environment jsdom
import { beforeEach, expect, test, vi } from "vitest";
import { ApiError, type Api, type Message, type Outgoing, type Turn } from "../../src/api.ts";
import { Chat, choicesOf } from "../../src/chat.ts";
import { Session } from "../../src/session.ts";

const bot = (text: string, ...titles: string[]): Message => ({
  text,
  buttons: titles.map((title) => ({ title, payload: `/${title}` })),
});

/** An assistant that answers as told; each answer is a turn or a failure. */
class Answers {
  readonly sent: { message: Outgoing; id: string }[] = [];
  readonly erased: string[] = [];
  next: (Turn | ApiError | Promise<Turn>)[] = [];
  language = "en";
  started = 0;

  async start(): Promise<Turn & { token: string }> {
    const turn = await this.#take();
    return { token: `token ${++this.started}`, ...turn };
  }

  async send(_: string, message: Outgoing, id: string): Promise<Turn> {
    this.sent.push({ message, id });
    return this.#take();
  }

  async alive(): Promise<void> {
    await this.#take();
  }

  async erase(token: string): Promise<void> {
    this.erased.push(token);
  }

  eraseOnLeaving(token: string): void {
    this.erased.push(token);
  }

  async #take(): Promise<Turn> {
    const next = await (this.next.shift() ?? { messages: [bot("...", "go")] });
    if (next instanceof ApiError) throw next;
    return next;
  }
}

let api: Answers;
let chat: Chat;
const made = (): Chat => new Chat(api as unknown as Api, new Session(), () => undefined);
const settled = (): Promise<void> => new Promise((done) => setTimeout(done, 5));

beforeEach(async () => {
  sessionStorage.clear();
  api = new Answers();
  chat = made();
  api.next = [{ messages: [bot("Hi.", "money", "pictures")] }];
  await chat.start("en", "IE");
});

test("a conversation starts with what the assistant says and offers", () => {
  expect(chat.entries).toEqual([{ from: "bot", text: "Hi." }]);
  expect(chat.choices.map((choice) => choice.title)).toEqual(["money", "pictures"]);
});

test("what is sent while the line is down stays, and goes out again under the same name", async () => {
  api.next = [new ApiError("unreachable")];
  chat.say("they want money");
  await settled();
  expect(chat.problem).toEqual({ kind: "unreachable" });
  expect(chat.entries.at(-1)).toEqual({ from: "me", text: "they want money" });
  await chat.retry();
  expect(chat.problem).toBeNull();
  expect(api.sent.map(({ id }) => id)).toEqual([api.sent[0]?.id, api.sent[0]?.id]);
  expect(chat.entries.filter((entry) => entry.from === "me")).toHaveLength(1);
});

test("several messages go out one after the other", async () => {
  chat.say("one");
  chat.say("two");
  await settled();
  expect(api.sent.map(({ message }) => message)).toEqual([{ text: "one" }, { text: "two" }]);
  expect(chat.pending).toEqual([]);
});

test("after a reload everything is there, and an unsent message is sent", async () => {
  api.next = [new ApiError("unreachable")];
  chat.say("are you there");
  await settled();
  chat.dispose();
  const again = made();
  expect(again.resume()).toBe(true);
  expect(again.entries.map((entry) => entry.text)).toEqual(["Hi.", "are you there"]);
  await settled();
  expect(api.sent).toHaveLength(2);
  expect(api.sent[0]?.id).toBe(api.sent[1]?.id);
});

test("a conversation that has ended is cleared, and the text comes back", async () => {
  api.next = [new ApiError("over", "gone")];
  chat.say("i wrote a lot");
  await settled();
  expect(chat.phase).toBe("over");
  expect(chat.returned).toBe("i wrote a lot");
  expect(chat.entries).toEqual([]);
  expect(sessionStorage.length).toBe(0);
});

test("a refused message is given back with the reason, a hasty one waits", async () => {
  api.next = [new ApiError("refused", "too long")];
  chat.say("x");
  await settled();
  expect(chat.problem).toEqual({ kind: "said", text: "too long", final: true });
  expect([chat.returned, chat.pending]).toEqual(["x", []]);
  api.next = [new ApiError("later", "too fast")];
  chat.say("y");
  await settled();
  expect(chat.problem).toEqual({ kind: "said", text: "too fast", final: false });
  expect(chat.pending).toHaveLength(1);
});

test("erasing takes everything, here and on the server, and a late answer is dropped", async () => {
  let answer: (turn: Turn) => void = () => undefined;
  api.next = [new Promise<Turn>((resolve) => (answer = resolve))];
  chat.say("secret");
  expect(await chat.erase()).toBe(true);
  answer({ messages: [bot("late")] });
  await settled();
  expect(api.erased).toEqual(["token 1"]);
  expect([chat.phase, chat.entries, sessionStorage.length]).toEqual(["erased", [], 0]);
});

test("a conversation that starts while it is being left is erased as soon as it has a name", async () => {
  const leaving = made();
  const starting = leaving.start("en", null);
  leaving.eraseOnLeaving();
  await starting;
  expect(api.erased).toEqual(["token 2"]);
});

test("a duplicated tab forgets what another tab erases", async () => {
  const twin = made();
  twin.resume();
  await chat.erase();
  await vi.waitFor(() => expect(twin.phase).toBe("erased"));
  expect(twin.entries).toEqual([]);
});

test("erased by the assistant: its goodbye stays, the tab forgets", async () => {
  api.next = [{ messages: [bot("Done.")], erased: true }];
  chat.tap({ title: "Erase now", payload: "/erase_confirmed" });
  await settled();
  expect(chat.phase).toBe("erased");
  expect(chat.entries.at(-1)?.text).toBe("Done.");
  expect(sessionStorage.length).toBe(0);
});

test("another language is asked for without a word in the log", async () => {
  chat.switchLanguage("de");
  await settled();
  expect(api.sent[0]?.message).toEqual({ language: "de" });
  expect(chat.entries.filter((entry) => entry.from === "me")).toEqual([]);
});

test("buttons of a turn are offered once each", () => {
  expect(choicesOf([bot("a", "x", "y"), bot("b", "y", "z")]).map((choice) => choice.title)).toEqual(["x", "y", "z"]);
});
