/** Whether an address holds these pieces, parted by `*`, in their order. */
export function isOn(page: string, href: string): boolean {
  let from = 0;
  return page.split('*').every((piece) => {
    const at = href.indexOf(piece, from);
    from = at + piece.length;
    return at >= 0;
  });
}
