const SHAPES = [
  'M8 16.5c2-2.7 6-2.7 8 0M8.5 9.500l2 1M15.5 9.500l-2 1',
  'M8.5 16c1.8-1.5 5.2-1.5 7 0M9 9.500v.8M15 9.500v.8',
  'M8.5 15h7M9 9.500v.8M15 9.500v.8',
  'M8.5 14c1.8 2 5.2 2 7 0M9 9.500v.8M15 9.500v.8',
  'M7.5 13h9c-.5 5-8.5 5-9 0ZM8 9.800c.5-1 1.5-1 2 0M14 9.800c.5-1 1.5-1 2 0',
];

/** A face for a score from 1, sad, to 5; decoration: the word stands beside it or is its label. */
export function Face({ score }: { score: number }) {
  return (
    <svg viewBox="0 0 24 24" class="face" aria-hidden="true">
      <circle cx="12" cy="12" r="9" />
      <path d={SHAPES[score - 1] ?? SHAPES[2] ?? ''} />
    </svg>
  );
}
