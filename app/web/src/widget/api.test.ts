/** The page's side of the widget: what waited is carried out, by either way of calling. */
import { type Mock, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Calls, publish } from './api';

const names = ['open', 'close', 'toggle', 'show', 'hide', 'identify', 'event', 'setLocale', 'reset', 'unread', 'isOpen'] as const;
const calls = Object.fromEntries(names.map((name) => [name, vi.fn()])) as Record<(typeof names)[number], Mock>;

beforeEach(() => {
  vi.stubGlobal('window', {});
  for (const name of names) calls[name].mockReset();
});
afterEach(() => vi.unstubAllGlobals());

it('carries out what the page asked before the script was there, in order', () => {
  const done: string[] = [];
  calls.identify.mockImplementation(() => done.push('identify'));
  calls.open.mockImplementation(() => done.push('open'));
  const q = [['identify', { name: 'Mei' }], ['open']];
  vi.stubGlobal('window', { Monodesk: Object.assign(() => undefined, { q }) });
  publish(calls as unknown as Calls).carryOut();
  expect(done).toEqual(['identify', 'open']);
  expect(calls.identify).toHaveBeenCalledWith({ name: 'Mei' });
});

it('answers a call by name and by method', () => {
  calls.unread.mockReturnValue(3);
  publish(calls as unknown as Calls);
  const api = window.Monodesk as unknown as { (name: string, ...given: unknown[]): unknown; unread(): number; logout(): void };
  expect(api('unread')).toBe(3);
  expect(api.unread()).toBe(3);
  api('event', 'paid', { order: 'A-17' });
  expect(calls.event).toHaveBeenCalledWith('paid', { order: 'A-17' });
  api.logout();
  expect(calls.reset).toHaveBeenCalledOnce();
});

it('tells listeners until they leave, also behind one that fails', () => {
  vi.useFakeTimers();
  const { tell } = publish(calls as unknown as Calls);
  const heard: unknown[] = [];
  const on = (window.Monodesk as unknown as { on(name: string, listener: (detail?: unknown) => void): () => void }).on;
  on('unread', () => {
    throw new Error('of the page');
  });
  const off = on('unread', (count) => heard.push(count));
  tell('unread', 1);
  tell('open');
  off();
  tell('unread', 2);
  expect(heard).toEqual([1]);
  expect(() => vi.runAllTimers()).toThrow('of the page');
  vi.useRealTimers();
});

it('warns of a call that there is none', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  publish(calls as unknown as Calls);
  for (const name of ['fly', 'constructor', 'toString']) (window.Monodesk as unknown as (name: string) => void)(name);
  expect(warn).toHaveBeenCalledTimes(3);
  warn.mockRestore();
});
