/** What a message becomes on the screen: always text, with links of allowed schemes, never markup. */

export type Piece = { kind: "text" | "strong" | "number"; text: string } | { kind: "link"; text: string; href: string };

const SCHEMES = new Set(["https:", "http:", "tel:", "sms:", "mailto:"]);
const PIECES = /(https?:\/\/[^\s<>"']+)|\*([^*\n]{1,60})\*|(\+?\d[\d ]{2,}\d)/g;
const AFTER_A_LINK = /[.,;:!?)\]]+$/;

/** The address, when it is one that may be linked to; null for `javascript:` and everything else. */
export function safeLink(address: string | undefined): string | null {
  if (!address) return null;
  try {
    const url = new URL(address);
    return SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** A phone number that reads from left to right also in a line that runs from right to left. */
export function leftToRight(number: string): string {
  return `\u2066${number}\u2069`;
}

/** Cuts a line into plain text, web addresses, *stressed* words, and numbers that may have gaps. */
export function pieces(line: string): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  const plain = (text: string): void => {
    if (text) found.push({ kind: "text", text });
  };
  for (const match of line.matchAll(PIECES)) {
    plain(line.slice(end, match.index));
    end = match.index + match[0].length;
    if (match[2] !== undefined) {
      found.push({ kind: "strong", text: match[2] });
      continue;
    }
    if (match[3] !== undefined) {
      found.push({ kind: "number", text: match[3] });
      continue;
    }
    const shown = match[0].replace(AFTER_A_LINK, "");
    const href = safeLink(shown);
    if (href) found.push({ kind: "link", text: shown, href });
    else plain(shown);
    plain(match[0].slice(shown.length));
  }
  plain(line.slice(end));
  return found;
}

/** Fills {names} in a text of the widget. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/{(\w+)}/g, (hole, name: string) => String(values[name] ?? hole));
}
