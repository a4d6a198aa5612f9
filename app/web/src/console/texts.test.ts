import '../kit/testing/browser';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { speak } from '../kit/i18n';
import { face, initials } from '../kit/ui/Avatar';
import { stage } from '../kit/ui/WaitRing';
import { trail } from './contact/trail';
import { marked } from './search/snippet';
import { message } from './testing';
import { sourceName } from './speakers';
import { eventText } from './thread/wording';
import { duration, waiting } from './times';

describe('faces', () => {
  it.each([
    ['林若溪', '林'],
    ['Oliver Grant', 'OG'],
    ['Ana Maria de Souza', 'AS'],
    ['hannah', 'H'],
    ['', ''],
    ['42', ''],
    ['  李 雷 ', '李'],
  ])('%s shows %s', (name, letters) => expect(initials(name)).toBe(letters));

  it('are six, and the same for the same person', () => {
    const faces = Array.from({ length: 300 }, (_, index) => face(`agent-${index}`));
    expect([...new Set(faces)].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(face('x1')).toBe(face('x1'));
  });
});

describe('times', () => {
  it.each([
    [41_000, '0:41'],
    [312_999, '5:12'],
    [3_600_000, '1:00:00'],
    [-5, '0:00'],
  ])('%i ms last %s', (milliseconds, text) => expect(duration(milliseconds)).toBe(text));

  it('of waiting grow coarse', () => {
    speak('en');
    expect([waiting(59_000), waiting(3 * 3_600_000), waiting(72 * 3_600_000)]).toEqual(['0:59', '3 h', '3 d']);
    speak('zh');
    expect([waiting(3 * 3_600_000), waiting(72 * 3_600_000)]).toEqual(['3 小时', '3 天']);
  });

  it('colour the ring at 70 and 100 per cent', () => {
    expect([stage(69), stage(70), stage(99), stage(100)]).toEqual(['', 'near', 'near', 'late']);
  });
});

describe('search snippets', () => {
  const joined = (text: string, query: string): string =>
    marked(text, query)
      .map((piece) => (piece.match ? `[${piece.text}]` : piece.text))
      .join('');

  it('mark every word, whatever its case', () => {
    expect(joined('Refund for the kettle', 'KETTLE refund')).toBe('[Refund] for the [kettle]');
    expect(joined('我要退款，退款多久到', '退款')).toBe('我要[退款]，[退款]多久到');
    expect(joined('nothing here', 'kettle')).toBe('nothing here');
  });

  it('begin shortly before the first match', () => {
    expect(joined(`${'a'.repeat(60)} kettle`, 'kettle')).toBe(`…${'a'.repeat(23)} [kettle]`);
    expect(joined('None of the many flakes in my kettle', 'kettle')).toBe('…the many flakes in my [kettle]');
    expect(joined(`${'时'.repeat(60)}发货`, '发货')).toBe(`…${'时'.repeat(12)}[发货]`);
    expect(joined(`a${'😀'.repeat(6)}b发货`, '发货')).toBe(`…${'😀'.repeat(5)}b[发货]`);
  });
});

describe('the trail of pages', () => {
  it('is newest first and tells a page once that came live and by fetch', () => {
    const page = (at: number, url = `p${at}`) => ({ url, title: '', at });
    expect(trail([page(9), page(8)], [page(8), page(3)]).map(({ at }) => at)).toEqual([9, 8, 3]);
  });
});

describe('event lines', () => {
  const line = (data: Record<string, string>, name = 'Zhou Ke') =>
    message('c', 1, { kind: 'system', sender: { kind: 'system', id: 'x', name }, data });

  it('are worded in both languages, also those of a later version', () => {
    speak('zh');
    expect(eventText(line({ event: 'transferred', agent: 'Zhou Ke', to: '陈默' }), 'c')).toBe('Zhou Ke 转给 陈默');
    speak('en');
    expect(eventText(line({ event: 'transferred', agent: 'Zhou Ke', team: 'Sales' }), 'c')).toBe(
      'Zhou Ke handed it to Sales',
    );
    expect(eventText(line({ event: 'transferred', agent: 'Zhou Ke' }), 'c')).toBe('Zhou Ke put it back into the queue');
    expect(eventText(line({ event: 'reopened', agent: '' }), 'x')).toBe(
      'The customer wrote again, so it is open again',
    );
    expect(eventText(line({ event: 'reopened' }), 'c')).toBe('Zhou Ke reopened the conversation');
    expect(eventText(line({ event: 'joined', agent: '周可', waited_ms: '18200' }), 'c')).toBe(
      '周可 joined, the customer had waited 0:18',
    );
    expect(eventText(line({ event: 'joined', agent: '周可', waited_ms: '400' }), 'c')).toBe('周可 joined');
    expect(eventText(line({ event: 'teleported' }), 'c')).toBe('Event: teleported');
  });

  it('say by which source something was done, where it was no person', () => {
    const sender = { kind: 'system' as const, id: 'source:greeter', name: '' };
    const done = message('c', 1, { kind: 'system', sender, data: { event: 'tags_changed', added: 'VIP', agent: '' } });
    speak('zh');
    expect(eventText(done, 'c')).toContain('数据源 greeter');
    speak('en');
    expect(eventText(done, 'c')).toContain('Source greeter');
    expect(sourceName('01m3250v00yry07n4n76xn5meg')).toBe('');
    const lost = message('c', 2, { kind: 'system', sender, data: { event: 'channel_failed', en: 'no', zh: '不行' } });
    expect(eventText(lost, 'c')).toBe('The answer did not reach the customer (Source greeter): no');
    speak('zh');
    expect(eventText(lost, 'c')).toBe('回复未能送达客户（数据源 greeter）：不行');
    speak('en');
  });
});

describe('the sprite', () => {
  it('holds exactly the pictures that have a name', () => {
    const sprite = readFileSync(new URL('../kit/icons/icons.svg', import.meta.url), 'utf8');
    const names = readFileSync(new URL('../kit/icons/names.ts', import.meta.url), 'utf8');
    const drawn = [...sprite.matchAll(/<symbol id="i-([\w-]+)"/g)].map(([, name]) => name);
    const named = [...names.matchAll(/"([\w-]+)"/g)].map(([, name]) => name);
    expect(named).toEqual(drawn);
  });
});
