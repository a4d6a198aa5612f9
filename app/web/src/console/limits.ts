/** Figures that the server does not tell the console. */

/** The first answer's promise, for the wait ring: the same for all until service levels can be set. */
export const WAIT_PROMISE_MS = 3 * 60_000;

/** `Limits.password_characters_min` of the server, which has the last word. */
export const PASSWORD_CHARACTERS_MIN = 12;
