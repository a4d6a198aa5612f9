/** Text with its addresses as links; everything is a node, nothing is markup. */
export function Prose({ text }: { text: string }) {
  return (
    <>
      {pieces(text).map((piece, index) =>
        piece.link ? (
          <a key={index} href={piece.text} target="_blank" rel="noopener noreferrer nofollow">
            {piece.text}
          </a>
        ) : (
          piece.text
        ),
      )}
    </>
  );
}

interface Piece {
  readonly text: string;
  readonly link: boolean;
}

/** Splits a text at its web addresses; punctuation at an address's end belongs to the sentence. */
export function pieces(text: string): readonly Piece[] {
  const made: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(/\bhttps?:\/\/[^\s<>"'，。；：！？、）】》“”]+/gu)) {
    const address = match[0].replace(/[.,;:!?)\]}]+$/u, '');
    if (match.index > from) made.push({ text: text.slice(from, match.index), link: false });
    made.push({ text: address, link: true });
    from = match.index + address.length;
  }
  if (from < text.length) made.push({ text: text.slice(from), link: false });
  return made;
}
