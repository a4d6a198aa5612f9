/** The pages a visitor looked at, newest first, each stay once. */

export interface Page {
  readonly url: string;
  readonly title: string;
  readonly at: number;
}

const SHOWN_MAX = 12;

/** What came live before what was fetched; a page told by both stands once. */
export function trail(live: readonly Page[], fetched: readonly Page[]): readonly Page[] {
  const pages = [...live, ...fetched].sort((one, other) => other.at - one.at);
  const same = (one: Page | undefined, other: Page): boolean =>
    one !== undefined && one.at === other.at && one.url === other.url;
  return pages.filter((page, index) => !same(pages[index - 1], page)).slice(0, SHOWN_MAX);
}
