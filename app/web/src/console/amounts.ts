/** Amounts of memory and disk, as machines count them. */
const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'] as const;
const STEP = 1_024;

/** `512 MiB`, `31 GiB`, `1.9 GiB`: three figures at most. */
export function amount(bytes: number): string {
  let size = bytes / STEP;
  let unit = 0;
  while (size >= STEP && unit < UNITS.length - 1) {
    size /= STEP;
    unit += 1;
  }
  const shown = size < 10 && unit > 0 ? Math.round(size * 10) / 10 : Math.round(size);
  return `${shown} ${UNITS[unit]}`;
}
