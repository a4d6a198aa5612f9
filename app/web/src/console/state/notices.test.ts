import { describe, expect, it } from 'vitest';
import { ME, conversation, message } from '../testing';
import { type NoticeChoice, Notices, type Permission, QUIET, type Surface, parse } from './notices';

interface Shown {
  title: string;
  body: string;
  tag: string;
}

class Shelf {
  readonly held = new Map<string, string>();
  getItem = (key: string): string | null => this.held.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.held.set(key, value);
}

function told(choice: Partial<NoticeChoice>, { attended = false, permission = 'granted' as Permission, shelf = new Shelf() } = {}) {
  const shown: Shown[] = [];
  const went: string[] = [];
  let sounds = 0;
  let click: () => void = () => undefined;
  const surface: Surface = {
    permission: () => permission,
    ask: async () => permission,
    show: (title, body, tag, open) => {
      shown.push({ title, body, tag });
      click = open;
    },
    attended: () => attended,
    chime: () => (sounds += 1),
  };
  const notices = new Notices(ME, surface, shelf as unknown as Storage, (conv) => went.push(conv));
  notices.choose({ ...QUIET, desktop: true, ...choice });
  return { notices, shown, went, shelf, click: () => click(), sounds: () => sounds };
}

const mine = conversation('c', { assignee_id: ME });
const free = conversation('c');
const theirs = conversation('c', { assignee_id: 'other' });

describe('words of a customer', () => {
  it('are told with his name and without what he wrote', () => {
    const { notices, shown, sounds } = told({});
    notices.arrived(message('c', 1), mine, null, '林若溪');
    expect(shown).toEqual([{ title: '林若溪', body: 'New message', tag: 'c' }]);
    expect(sounds()).toBe(1);
  });
  it('are shown where the agent said so, and a click leads there', () => {
    const { notices, shown, went, click } = told({ content: true });
    notices.arrived(message('c', 1), mine, null, '林若溪');
    expect(shown[0]?.body).toBe('words 1');
    click();
    expect(went).toEqual(['c']);
  });
  it.each([
    ['all', free, 1],
    ['mine', free, 0],
    ['mine', mine, 1],
    ['all', theirs, 0],
    ['nothing', mine, 0],
  ] as const)('about %s', (about, head, count) => {
    const { notices, shown, sounds } = told({ about });
    notices.arrived(message('c', 1), head, null, 'x');
    expect([shown.length, sounds()]).toEqual([count, count]);
  });
  it('that he has before his eyes are not told', () => {
    const { notices, shown, sounds } = told({}, { attended: true });
    notices.arrived(message('c', 1), mine, 'c', 'x');
    expect([shown.length, sounds()]).toEqual([0, 0]);
  });
  it('of another conversation only sound while he works here', () => {
    const { notices, shown, sounds } = told({}, { attended: true });
    notices.arrived(message('c', 1), mine, 'd', 'x');
    expect([shown.length, sounds()]).toEqual([0, 1]);
  });
  it('only sound where the browser gives no leave', () => {
    const { notices, shown, sounds } = told({}, { permission: 'unavailable' });
    notices.arrived(message('c', 1), mine, null, 'x');
    expect([shown.length, sounds()]).toEqual([0, 1]);
  });
  it('are told once in two tabs', () => {
    const shelf = new Shelf();
    const [one, other] = [told({}, { shelf }), told({}, { shelf })];
    for (const { notices } of [one, other]) notices.arrived(message('c', 1), mine, null, 'x');
    expect(one.sounds() + other.sounds()).toBe(1);
  });
  it('of colleagues and the bot are nobody’s notice', () => {
    const { notices, shown } = told({});
    for (const kind of ['agent', 'bot', 'system'] as const)
      notices.arrived(message('c', 1, { sender: { kind, id: 'a', name: 'A' } }), mine, null, 'x');
    expect(shown).toEqual([]);
  });
});

it('being named in a note is told whatever else is', () => {
  const { notices, shown } = told({ about: 'nothing' });
  const sender = { kind: 'agent', id: 'other', name: 'Hannah Reed' } as const;
  notices.arrived(message('c', 1, { kind: 'note', sender, data: { [ME]: 'me' } }), theirs, null, 'x');
  notices.arrived(message('c', 2, { kind: 'note', sender, data: { other: 'x' } }), theirs, null, 'x');
  expect(shown).toEqual([{ title: 'Hannah Reed mentioned you', body: '', tag: 'c' }]);
});

it('is offered once, and not where the browser has none', async () => {
  expect(told({}, { permission: 'unavailable' }).notices.offered).toBe(false);
  const { notices } = told({}, { permission: 'default' });
  expect(notices.offered).toBe(true);
  await notices.allow();
  expect([notices.offered, notices.choice.value.desktop]).toEqual([false, false]);
});

it.each(['', 'null', '{', '{"about":"everybody","sound":"loud"}'])('%j is not believed', (text) => {
  expect(parse(text)).toEqual(QUIET);
});
