/** Where a browser keeps things, if it lets us. */

/** The page's local storage, or null where the browser refuses it. */
export function localStorageOrNull(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/** The tab's own storage, or null where the browser refuses it. */
export function sessionStorageOrNull(): Storage | null {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}

/** Where a tab notes its files on their way up (`kept`), so that one can know of them before their code is here. */
export function placeOfFiles(place: string): string {
  return `monodesk.uploads.${place}`;
}
