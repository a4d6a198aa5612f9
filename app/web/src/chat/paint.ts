/** The shop's own colour on what carries the visitor's words, with text on it that can be read. */
import { inkOn } from '../kit/contrast';

/** Sets `--accent-fill` to the inbox's colour (`#rrggbb`) and `--on-accent` to white or black; else the product's own. */
export function paint(color: string): void {
  const ink = inkOn(color);
  const { style } = document.documentElement;
  for (const [name, value] of [['--accent-fill', color], ['--accent-fill-hover', color], ['--on-accent', ink]] as const) {
    if (ink === null || value === null) style.removeProperty(name);
    else style.setProperty(name, value);
  }
}
