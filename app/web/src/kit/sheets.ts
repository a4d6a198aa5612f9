/** A style sheet that is fetched when it is first needed. */

/** Fetches the sheet at `address` at the first call, and again where that failed: nothing is shown before it is dressed. */
export function fetchedOnce(address: string): () => Promise<void> {
  let asked: Promise<void> | null = null;
  return () =>
    (asked ??= new Promise<void>((resolve, reject) => {
      const link = document.createElement('link');
      link.rel = 'stylesheet';
      link.href = address;
      link.onload = () => resolve();
      link.onerror = () => {
        link.remove();
        asked = null;
        reject(new Error(address));
      };
      document.head.append(link);
    }));
}
