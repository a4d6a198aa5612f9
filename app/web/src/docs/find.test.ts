import { describe, expect, it } from 'vitest';
import { find, places, wordsOf, type Section } from './find';

const section = (page: string, title: string, text: string): Section => ({ at: `${page}#${title}`, page, title, text });
const SECTIONS = [
  section('Server', 'Start', 'It listens on a port. A backup is made every night.'),
  section('Backup', 'Restore', 'Stop the server, then restore the file.'),
  section('备份', '恢复', '先停止服务，再恢复这份备份。'),
  section('网络', '代理', '在 nginx 后面运行时，请填写 trusted_proxies。'),
];
const titles = (query: string) => find(SECTIONS, query).map(({ section: { title } }) => title);

describe('finding in the manual', () => {
  it('wants every word, whatever its case, also a part of one', () => {
    expect(titles('RESTORE file')).toEqual(['Restore']);
    expect(titles('back')).toEqual(['Restore', 'Start']); // the title of a page weighs more
    expect(titles('restore port')).toEqual([]);
  });

  it('finds Chinese words, beside Latin ones and in another order than they stand', () => {
    expect(titles('备份')).toEqual(['恢复']);
    expect(titles('恢复备份')).toEqual(['恢复']);
    expect(titles('恢复网络')).toEqual([]);
    expect(titles('停止服务')).toEqual(['恢复']);
    expect(titles('备份 恢复')).toEqual(['恢复']);
    expect(titles('nginx代理')).toEqual(['代理']);
  });

  it('finds nothing for nothing', () => {
    expect(wordsOf(' ，。! ')).toEqual([]);
    expect(find(SECTIONS, '')).toEqual([]);
  });

  it('marks what was found, and nothing within another mark', () => {
    expect(places('Backup of a backup', 'backup back')).toEqual([[0, 6], [12, 18]]);
    expect(places('恢复这份备份', '备份')).toEqual([[4, 6]]);
    expect(places('…the backup and more…', 'backup')).toEqual([[5, 11]]);
  });

  it('begins the excerpt at a word shortly before the match', () => {
    const long = section('Long', 'Long', `${'many words stand here '.repeat(9)}then a kettle boils`);
    expect(find([long], 'kettle')[0]?.excerpt).toMatch(/^…(words|stand|here|many) .*then a kettle boils$/);
  });
});
