import type { ComponentChildren } from 'preact';
import './Table.css';

/** A quiet table: small grey head, lines between rows, no stripes. */
export function Table({
  label,
  head,
  fold,
  children,
}: {
  label: string;
  head: readonly ComponentChildren[];
  /** On a phone the cells of a row stand below each other instead of being scrolled. */
  fold?: boolean;
  children: ComponentChildren;
}) {
  return (
    <div class="table-frame">
      <table class={fold ? 'table fold' : 'table'} aria-label={label}>
        <thead>
          <tr>
            {head.map((cell, index) => (
              <th key={index} scope="col">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
