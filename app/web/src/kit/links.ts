/** Addresses in a message become links; everything else stays text. Nodes are built, markup is never parsed. */

export type Piece = { text: string; href: string | null };

// what commonly follows an address in a sentence is not part of it, in either script
const ADDRESS = /https?:\/\/[^\s<>"'，。；！？）】」』、]+/g;
const ADDRESS_HERE = new RegExp(ADDRESS.source, 'y');
const TRAILING = /[.,;:!?)\]}]+$/;

export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const at = match.index ?? 0;
    const address = match[0].replace(TRAILING, '');
    if (at > from) found.push({ text: text.slice(from, at), href: null });
    found.push({ text: address, href: address });
    from = at + address.length;
  }
  if (from < text.length) found.push({ text: text.slice(from), href: null });
  return found;
}

/** The address that begins at this place of a text, without what follows it in a sentence; null where none does. */
export function addressAt(text: string, at: number): string | null {
  ADDRESS_HERE.lastIndex = at;
  return ADDRESS_HERE.exec(text)?.[0].replace(TRAILING, '') ?? null;
}
