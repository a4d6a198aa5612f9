/**
 * Whether a page of `origin` is of one of the inbox's sites, as `frame-ancestors` compares them
 * (https://www.w3.org/TR/CSP3/#match-url-to-source-expression): `http` means `https` too, `*.` every name below, and no
 * port the scheme's own. The browser has judged by the header already; this judges who speaks. No sites: everybody's.
 */
export function isOfSite(origin: string, sites: readonly string[]): boolean {
  if (sites.length === 0) return true;
  const page = partsOf(origin);
  return page !== null && sites.some((site) => matches(page, partsOf(site)));
}

interface Parts {
  secure: boolean;
  host: string;
  /** Empty for the scheme's own. */
  port: string;
}

function matches(page: Parts, site: Parts | null): boolean {
  if (site === null || (site.secure && !page.secure) || site.port !== page.port) return false;
  return site.host.startsWith('*.') ? page.host.endsWith(site.host.slice(1)) : page.host === site.host;
}

function partsOf(origin: string): Parts | null {
  const found = /^(https?):\/\/([^/:]+)(?::([0-9]+))?$/.exec(origin);
  return found === null ? null : { secure: found[1] === 'https', host: found[2] ?? '', port: found[3] ?? '' };
}
