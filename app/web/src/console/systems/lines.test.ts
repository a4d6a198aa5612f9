import { describe, expect, it } from 'vitest';
import { linesOf } from './lines';

describe('JSON as lines', () => {
  it('keeps every digit, and says where each value is', () => {
    const text = '{"sn": 9007199254740993, "items": [{"sku": "a", "tags": []}, 1.50], "gone": null, "in": {"x": true}}';
    expect(linesOf(text)).toEqual([
      { path: 'sn', depth: 0, key: 'sn', value: '9007199254740993', kind: 'number' },
      { path: 'items', depth: 0, key: 'items', value: '[2]', kind: 'list' },
      { path: 'items[0]', depth: 1, key: '[0]', value: '', kind: 'object' },
      { path: 'items[0].sku', depth: 2, key: 'sku', value: '"a"', kind: 'text' },
      { path: 'items[0].tags', depth: 2, key: 'tags', value: '[0]', kind: 'list' },
      { path: 'items[1]', depth: 1, key: '[1]', value: '1.50', kind: 'number' },
      { path: 'gone', depth: 0, key: 'gone', value: 'null', kind: 'word' },
      { path: 'in', depth: 0, key: 'in', value: '', kind: 'object' },
      { path: 'in.x', depth: 1, key: 'x', value: 'true', kind: 'word' },
    ]);
  });

  it('takes a list and a single value, too', () => {
    expect(linesOf('[1, 2]').map(({ path, value }) => [path, value])).toEqual([['[0]', '1'], ['[1]', '2']]);
    expect(linesOf('"a \\" b"').map(({ value }) => value)).toEqual(['"a \\" b"']);
  });

  it.each(['', 'no json', '{"a": }', '[1 2]', '{"a": 1} more', '{"a" 1}', '<xml/>'])('shows %s as it is', (text) => {
    expect(linesOf(text)).toEqual([{ path: '', depth: 0, key: '', value: text, kind: 'text' }]);
  });
});
