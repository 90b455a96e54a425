/** The few words that are needed before the assistant has sent its own (content/languages/), or when it can't. */

export type Words = Record<string, string>;

export const FIRST_WORDS: Words = {
  launcher: "Chat with us",
  title: "Chat",
  close: "Close chat",
  menu: "Menu",
  exit: "Leave fast",
  exit_once_more: "Press Shift once more to leave.",
  human: "Talk to a human",
  typing: "The chatbot is writing",
  log_label: "Messages",
  choices_label: "Answers to choose from",
  input_label: "Your message",
  send: "Send",
  retry: "Try again",
  unreachable: "The chat can't be reached right now. You can try again, or call someone now.",
  unreachable_numbers:
    "Children and young people in many European countries can call 116 111, free. In danger, call 112.",
};
