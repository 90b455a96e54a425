// Writes the embed code from the choices on the page.
"use strict";

const form = document.getElementById("choices");
const field = (name) => form.elements.namedItem(name);
const show = (id, text) => { document.getElementById(id).textContent = text; };
const escaped = (text) => text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);
const home = location.origin;
let integrity = "";

function attributes(names) {
  return names
    .filter(([, value, without]) => value && value !== without)
    .map(([name, value]) => ` ${name}="${escaped(value)}"`)
    .join("");
}

function origin(address) {
  try {
    return new URL(address).origin;
  } catch {
    return "https://www.helpline.example";
  }
}

function write() {
  const value = Object.fromEntries(new FormData(form));
  const lock = value.integrity && integrity ? `\n        integrity="${integrity}" crossorigin="anonymous"` : "";
  const data = attributes([
    ["data-language", value.language],
    ["data-country", value.country],
    ["data-exit-url", value.exit],
    ["data-greeting", value.greeting],
    ["data-accent", value.accent, "#1c5a58"],
  ]);
  const place = attributes([["position", value.position, "right"]]);
  const phone = value.phone.trim() || "116 111";
  show("code", [
    `<sextortion-help${place}>`,
    `  <a href="tel:${escaped(phone.replace(/[^\d+]/g, ""))}">Call us: ${escaped(phone)}</a>`,
    "</sextortion-help>",
    `<script src="${home}/widget.js"`,
    `       ${data}${lock} defer></script>`,
  ].join("\n"));
  show("allow", `ALLOWED_ORIGINS=${origin(value.site)}`);
  show("policy", `script-src ${home}; connect-src ${home}`);
  const query = new URLSearchParams({ language: value.language, ...(value.country && { country: value.country }), ...(value.exit && { "exit-url": value.exit }) });
  show("link", `${home}/chat?${query}`);
}

async function fill() {
  const [language] = navigator.language.split("-");
  const settings = await (await fetch(`/webhooks/webchat/widget?language=${encodeURIComponent(language)}`)).json();
  for (const { code, name } of settings.languages) field("language").append(new Option(name, code));
  for (const { code, name } of settings.countries) field("country").append(new Option(name, code));
  field("language").value = settings.language.code;
}

/** The hash of the script as it is served now; browsers compute it on HTTPS and on this machine only. */
async function hash() {
  const script = await (await fetch("/widget.js")).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-384", script));
  integrity = `sha384-${btoa(String.fromCharCode(...digest))}`;
}

form.addEventListener("input", write);
form.addEventListener("submit", (event) => event.preventDefault());
document.getElementById("copy").addEventListener("click", async () => {
  const code = document.getElementById("code");
  try {
    await navigator.clipboard.writeText(code.textContent);
    show("copied", "Copied.");
  } catch {
    getSelection().selectAllChildren(code);
    show("copied", "Marked: copy it with your keyboard.");
  }
});
Promise.allSettled([fill(), hash()]).then(write);
