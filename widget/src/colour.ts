/** Colours that a host page may set, kept readable. */

/** Black or white, whichever reads better on the colour "#rrggbb" or "#rgb"; null for anything else. */
export function inkOn(colour: string): "#000000" | "#ffffff" | null {
  const luminance = luminanceOf(colour);
  if (luminance === null) return null;
  return 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 ? "#ffffff" : "#000000";
}

/** The relative luminance of WCAG 2. */
export function luminanceOf(colour: string): number | null {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(colour.trim())?.[1];
  if (!hex) return null;
  const full = hex.length === 3 ? [...hex].map((digit) => digit + digit).join("") : hex;
  const channel = (at: number): number => {
    const value = Number.parseInt(full.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4);
}
