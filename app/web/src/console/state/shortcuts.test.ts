import '../../kit/testing/browser';
import { beforeEach, describe, expect, it } from 'vitest';
import { speak } from '../../kit/i18n';
import { SHORTCUTS, available, bind, keyCaps, labelOf, pressed, run } from './shortcuts';

const key = (name: string, change: Partial<KeyboardEvent> = {}) => ({
  key: name,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...change,
});

describe('the table of shortcuts', () => {
  it('gives no key two meanings', () => {
    const keys = SHORTCUTS.filter(({ local }) => !local).map(({ keys }) => keys);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('is worded in both languages', () => {
    for (const { id } of SHORTCUTS) {
      speak('en');
      const english = labelOf(id);
      speak('zh');
      expect([english, labelOf(id)].every((label) => label.length > 0) && english !== labelOf(id)).toBe(true);
    }
  });

  it('shows what stands on the keys', () => {
    expect(keyCaps('commands', false)).toEqual(['Ctrl', 'K']);
    expect(keyCaps('commands', true)).toEqual(['⌘', 'K']);
    expect(keyCaps('moveInThread', false)).toEqual(['↑', '↓']);
  });
});

describe('a key', () => {
  it('counts with its modifiers and no others', () => {
    expect(pressed('Mod+k', key('k', { ctrlKey: true }))).toBe(true);
    expect(pressed('Mod+k', key('k', { metaKey: true }))).toBe(true);
    expect(pressed('Mod+k', key('k'))).toBe(false);
    expect(pressed('r', key('r', { ctrlKey: true }))).toBe(false);
    expect(pressed('r', key('R', { shiftKey: true }))).toBe(false);
    expect(pressed('Shift+E', key('E', { shiftKey: true }))).toBe(true);
    expect(pressed('e', key('E'))).toBe(true); // caps lock
  });

  it('that is a sign is found wherever the keyboard has it', () => {
    expect(pressed('?', key('?', { shiftKey: true }))).toBe(true);
    expect(pressed('?', key('?'))).toBe(true);
  });
});

describe('a deed', () => {
  const undo: (() => void)[] = [];
  beforeEach(() => undo.splice(0).forEach((each) => each()));

  it('is the latest one bound, until it is taken back', () => {
    const done: string[] = [];
    undo.push(bind('resolve', () => void done.push('outer')));
    const inner = bind('resolve', () => void done.push('inner'));
    run('resolve');
    inner();
    run('resolve');
    expect(done).toEqual(['inner', 'outer']);
  });

  it('that says it is not for us leaves the key to the browser', () => {
    undo.push(bind('find', () => false));
    expect(run('find')).toBe(false);
    expect(run('resolve')).toBe(false);
  });

  it('is offered while it is bound', () => {
    const release = bind('note', () => undefined);
    expect(available.value.map(({ id }) => id)).toEqual(['note']);
    release();
    expect(available.value).toEqual([]);
  });
});
