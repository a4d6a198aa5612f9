import type { ComponentChildren } from 'preact';
import './Table.css';

/** A quiet table: small grey head, lines between rows, no stripes. */
export function Table({
  label,
  head,
  children,
}: {
  label: string;
  head: readonly ComponentChildren[];
  children: ComponentChildren;
}) {
  return (
    <div class="table-frame">
      <table class="table" aria-label={label}>
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
