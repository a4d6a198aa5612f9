/** The shop's own colour on what carries the visitor's words, where white text on it can be read. */

const CONTRAST_MIN = 4.5;

/** Sets `--accent-fill` to the inbox's colour (`#rrggbb`); another form, or one too pale for white text, changes nothing. */
export function paint(color: string): void {
  if (!legible(color)) return;
  const { style } = document.documentElement;
  style.setProperty('--accent-fill', color);
  style.setProperty('--accent-fill-hover', color);
}

/** Whether white text on this colour reaches 4.5:1 (WCAG 2.2, 1.4.3). */
export function legible(color: string): boolean {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color);
  if (match === null) return false;
  const [red = 0, green = 0, blue = 0] = match.slice(1).map((part) => linear(parseInt(part, 16) / 255));
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= CONTRAST_MIN;
}

function linear(part: number): number {
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}
