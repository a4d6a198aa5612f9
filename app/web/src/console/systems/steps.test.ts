import { expect, it } from 'vitest';
import type { Step } from './model';
import { byField } from './steps';

const step = (path: string, rule: string, value = '', at = ''): Step => ({ path, rule, value, at, en: rule === 'failed' ? 'no' : '', zh: '' });

it('steps stand together by the field that they make', () => {
  const fields = byField([
    step('status', 'from', '2', 'state'), step('status', 'enum', '"shipped"'), step('status', 'result', '"shipped"'),
    step('items', 'from', '[]', 'list'), step('items', 'from', '[]', 'list'), step('items[0].sku', 'from', '"a"', 'list[0].sku'), step('items', 'result', '[]'),
    step('note', 'left_out'), step('total', 'from', '"x"', 'sum'), step('total', 'failed'),
  ]);
  expect(fields.map(({ path, took, done, leftOut, failed }) => [path, took, done.map(({ rule }) => rule), leftOut, failed?.en ?? null])).toEqual([
    ['status', ['state'], ['enum'], false, null],
    ['items', ['list'], [], false, null],
    ['items[0].sku', ['list[0].sku'], [], false, null],
    ['note', [], [], true, null],
    ['total', ['sum'], [], false, 'no'],
  ]);
});
