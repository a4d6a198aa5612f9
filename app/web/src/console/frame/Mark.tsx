/** The product's mark, drawn in place: it stands before the sprite has come, as in `old/shape.html`. */
export function Mark() {
  return (
    <svg class="i" viewBox="0 0 20 20" aria-hidden="true">
      <path d="M3.5 10.5h13M6 10.5v6M14 10.5v6" />
      <circle cx="10" cy="5.4" r="2" fill="currentColor" stroke="none" />
    </svg>
  );
}
