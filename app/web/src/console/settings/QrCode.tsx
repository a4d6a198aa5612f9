const QUIET_MODULES = 4; // ISO/IEC 18004: the light margin that readers need

/** A QR code from its rows of `0` and `1`, drawn here: nothing of it leaves the page. */
export function QrCode({ rows, label }: { rows: readonly string[]; label: string }) {
  const size = rows.length + 2 * QUIET_MODULES;
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <path d={modules(rows)} transform={`translate(${QUIET_MODULES} ${QUIET_MODULES})`} />
    </svg>
  );
}

/** The dark modules as one path: a bar for each run of them. */
export function modules(rows: readonly string[]): string {
  return rows
    .flatMap((row, top) => [...row.matchAll(/1+/g)].map((run) => `M${run.index} ${top}h${run[0].length}v1h-${run[0].length}z`))
    .join('');
}
