import { describe, expect, it } from 'vitest';
import { type Setting, type SourceDetail, asAsked, asGiven, byHealth, fits, freeName, healthOf, isName, isOfForm, secretsOf } from './model';
import { source } from './testing';

describe('sources', () => {
  it('that need a look stand first, those that are off last', () => {
    const all = [
      source('b'), source('off', { state: 'off', letters: 3 }), source('letters', { letters: 1 }),
      source('down', { state: 'down' }), source('a', { state: 'reading' }), source('failing', { state: 'failing' }),
    ];
    expect(byHealth(all).map(([health, some]) => [health, some.map(({ name }) => name)])).toEqual([
      ['look', ['down', 'failing', 'letters']], ['well', ['a', 'b']], ['off', ['off']],
    ]);
    expect(byHealth([])).toEqual([]);
    expect(healthOf(source('x', { state: 'starting' }))).toBe('well');
  });

  it('have names that may stand in an address', () => {
    expect(['mall', 'm-2'].every(isName)).toBe(true);
    expect(['', 'Mall', '2m', 'a b', 'a/b', `a${'b'.repeat(40)}`].some(isName)).toBe(false);
    expect(freeName('mall', new Set())).toBe('mall');
    expect(freeName('mall', new Set(['mall', 'mall-2']))).toBe('mall-3');
  });
});

it('what a form cannot say is not lost by it', () => {
  const detail = (change: Partial<SourceDetail>): SourceDetail => ({
    ...source('mall'), preset: 'mall', yaml: 'source: mall\npreset: mall\nallow: [a:1]\n', address: '', settings: {}, allow: [], secrets: [], drift: [], ...change,
  });
  expect(isOfForm(detail({}))).toBe(true);
  expect(isOfForm(detail({ preset: '' }))).toBe(false);
  expect(isOfForm(detail({ editable: false }))).toBe(false);
  expect(isOfForm(detail({ yaml: 'source: mall\npreset: mall\nproxy: http://p:1\n' }))).toBe(false);
});

describe("a preset's form", () => {
  const asked = (name: string, change: Partial<Setting>): Setting => ({
    name, title: { en: name, zh: name }, help: null, type: 'text', default: null, choices: [], ...change,
  });
  const settings = [
    asked('address', { type: 'address' }), asked('every', { type: 'time', default: '1m' }),
    asked('size', { type: 'number', default: 50 }), asked('refunds', { type: 'switch', default: true }),
    asked('region', { type: 'choice', default: 'cn', choices: [{ value: 'cn', title: { en: 'China', zh: '中国' } }] }),
  ];

  it('begins with what is set, else with the defaults', () => {
    expect(asGiven(settings)).toEqual({ address: '', every: '1m', size: '50', refunds: true, region: 'cn' });
    expect(asGiven(settings, { refunds: false, size: 20 })).toMatchObject({ refunds: false, size: '20' });
  });

  it('answers in the types that are asked for, and leaves defaults alone', () => {
    const answers = { address: ' https://mall.example ', every: '', size: '20', refunds: false, region: 'cn' };
    expect(asAsked(settings, answers)).toEqual({ address: 'https://mall.example', size: 20, refunds: false, region: 'cn' });
  });

  it.each([
    [0, 'https://mall.example:8443/api', true], [0, 'mall.example', false], [0, 'https://me@mall.example', false], [0, '', false],
    [1, '5m', true], [1, '5 minutes', false], [1, '', true], [2, 'many', false], [2, '12', true],
    [3, false, true], [4, 'cn', true], [4, 'mars', false],
  ] as const)('holds setting %i to its type: %s is %s', (index, answer, right) => {
    expect(fits(settings[index] as Setting, answer)).toBe(right);
  });

  it('asks for what a switch needs only while that is on', () => {
    const secret = (name: string, when: string) => ({ name, when, title: { en: name, zh: name }, help: null });
    const secrets = [secret('key', ''), secret('hook', 'push')];
    expect(secretsOf({ secrets }, { push: false }).map(({ name }) => name)).toEqual(['key']);
    expect(secretsOf({ secrets }, { push: true }).map(({ name }) => name)).toEqual(['key', 'hook']);
  });
});
