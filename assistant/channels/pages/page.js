// A plain page that talks to the webchat API. Everything from the server is shown as text.
"use strict";

const api = "/webhooks/webchat";
const log = document.getElementById("log");
const input = document.getElementById("text");
let token = null;

function add(text, mine) {
  const bubble = document.createElement("div");
  bubble.textContent = text;
  if (mine) bubble.className = "mine";
  log.append(bubble);
  bubble.scrollIntoView({ block: "end" });
  return bubble;
}

function offer(buttons) {
  for (const old of log.querySelectorAll(".buttons")) old.remove();
  if (!buttons.length) return;
  const row = document.createElement("div");
  row.className = "buttons";
  for (const { title, payload } of buttons) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = title;
    button.addEventListener("click", () => { add(title, true); send({ payload }); });
    row.append(button);
  }
  log.append(row);
}

function show(messages) {
  for (const message of messages) {
    const bubble = add((message.step ? `${message.step.number}/${message.step.of}  ` : "") + message.text);
    if (message.contact?.phone) {
      const call = document.createElement("a");
      call.href = `tel:${message.contact.phone_dial}`;
      call.textContent = ` ☎ ${message.contact.name}: ${message.contact.phone}`;
      bubble.append(document.createElement("br"), call);
    }
  }
  offer(messages.at(-1)?.buttons ?? []);
}

async function request(path, method, body) {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(api + path, { method, headers, body: body && JSON.stringify(body) });
  const answer = response.status === 204 ? {} : await response.json();
  if (!response.ok) throw new Error(answer.error.message);
  return answer;
}

async function send(body) {
  try {
    const answer = await request("/messages", "POST", body);
    show(answer.messages);
    if (answer.erased) token = null;
  } catch (error) {
    add(error.message);
  }
}

async function start() {
  try {
    const answer = await request("/conversations", "POST", { language: navigator.language, country: null });
    token = answer.token;
    show(answer.messages);
  } catch (error) {
    add(error.message);
  }
}

function submit() {
  const text = input.value.trim();
  if (!text) return;
  input.value = "";
  add(text, true);
  send({ text });
}

document.getElementById("form").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
input.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); submit(); }
});
document.getElementById("erase").addEventListener("click", async () => {
  if (token) await request("/conversations", "DELETE").catch(() => {});
  token = null;
  log.replaceChildren();
  start();
});

start();
