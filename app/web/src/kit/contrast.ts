/** Which text can be read on a colour that somebody chose (WCAG 2.2, 1.4.3). */

export const CONTRAST_MIN = 4.5;

const WHITE = 1;
const BLACK = 0;

/** The contrast of white text on `#rrggbb`, 1 to 21; null for another form. */
export function whiteOn(color: string): number | null {
  const light = luminance(color);
  return light === null ? null : ratio(WHITE, light);
}

/** White where it reaches 4.5:1 on this colour, else black, which then reaches more; null for another form. */
export function inkOn(color: string): 'white' | 'black' | null {
  const light = luminance(color);
  if (light === null) return null;
  return ratio(WHITE, light) >= CONTRAST_MIN || ratio(WHITE, light) >= ratio(light, BLACK) ? 'white' : 'black';
}

function ratio(lighter: number, darker: number): number {
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(color: string): number | null {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color);
  if (match === null) return null;
  const [red = 0, green = 0, blue = 0] = match.slice(1).map((part) => linear(parseInt(part, 16) / 255));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function linear(part: number): number {
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}
