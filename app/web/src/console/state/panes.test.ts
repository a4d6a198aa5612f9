import { describe, expect, it } from 'vitest';
import { PANES, SHUT, WIDTH_MAX, WIDTH_MIN, fitted, parse } from './panes';

describe('what was kept', () => {
  it('comes back', () => {
    const kept = { list: 300, side: 280, listOpen: false, sideOpen: true };
    expect(parse(JSON.stringify(kept))).toEqual(kept);
  });
  it.each(['', 'null', '{', '[]', '{"list":"wide","side":null}'])('%j is not believed', (text) => {
    expect(parse(text)).toEqual(PANES);
  });
  it('keeps to its bounds', () => {
    expect(parse('{"list":9,"side":9000}')).toEqual({ ...PANES, list: WIDTH_MIN, side: WIDTH_MAX });
  });
});

describe('what a window can give', () => {
  it('is what was asked for where there is room', () => {
    expect(fitted(PANES, 1440)).toMatchObject({ list: 336, side: 336 });
  });
  it.each([1181, 1280, 1440, 1920])('leaves the thread its share at %i', (width) => {
    const wide = fitted({ ...PANES, list: WIDTH_MAX, side: WIDTH_MAX }, width);
    expect(width - 56 - wide.list - wide.side).toBeGreaterThanOrEqual(380);
  });
  it('gives the list what a drawer does not need', () => {
    expect(fitted({ ...PANES, list: 500 }, 1100).list).toBe(500);
  });
  it('gives the side what a shut list leaves', () => {
    expect(fitted({ ...PANES, listOpen: false }, 1200).max.side).toBe(Math.min(WIDTH_MAX, 1200 - 56 - 380 - SHUT));
  });
});
