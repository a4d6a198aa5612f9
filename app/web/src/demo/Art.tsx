import type { Good } from './goods';

/** Line drawings, coloured by tokens through the classes of demo.css. */
const SHAPES: Record<Good['art'], string> = {
  pot: 'M78 44h54l10 62a8 8 0 0 1-8 9H78a8 8 0 0 1-8-9ZM136 54c26-4 30 40 4 46M76 44 62 32M84 36h40',
  dripper: 'M62 44h76l-26 46v14H88V90ZM78 104h44',
  beans: 'M70 36h60v72H70ZM70 52h60M88 78h24',
  grinder: 'M80 60h40v52H80ZM86 60V44h28v16M100 44V30h34M134 30v8',
};

/** A drawing; without a label it is decoration. */
export function Art({ art, label }: { art: Good['art']; label: string }) {
  const reading = label === '' ? { 'aria-hidden': true as const } : { role: 'img' as const, 'aria-label': label };
  return (
    <svg class={`art ${art}`} viewBox="0 0 200 140" preserveAspectRatio="xMidYMid slice" {...reading}>
      <rect class="ground" x="-400" width="1000" height="140" />
      <path class="table" d="M-400 112H600v60H-400Z" />
      <path class="line" d={SHAPES[art]} />
    </svg>
  );
}
