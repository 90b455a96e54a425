// The assistant's own pages: a button that opens the chat, and settings of the chat page from its address.
"use strict";

const chat = document.querySelector("sextortion-help");
const button = document.getElementById("open");
if (chat && button) {
  customElements.whenDefined("sextortion-help").then(() => {
    button.hidden = false;
    button.addEventListener("click", () => chat.open());
  });
}

// /chat?language=de&country=AT&exit-url=https://www.example.org
if (chat && document.body.classList.contains("whole")) {
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (["language", "country", "exit-url", "accent", "theme"].includes(name)) chat.setAttribute(name, value);
  }
}
