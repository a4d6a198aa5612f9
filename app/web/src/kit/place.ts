/** Where this appliance answers, told from the address of the running script (`{base}/assets/…`). */

/** The appliance's address with a slash at its end, a base path included: `https://desk.example/` or `…/support/`. */
export const base: string = new URL('../', import.meta.url).href;

/** The address of `/ws` beside it. */
export const socketUrl: string = `${base.replace(/^http/, 'ws')}ws`;
