import { expect, it } from 'vitest';
import { pieces } from './links';

const hrefs = (text: string): (string | null)[] => pieces(text).map(({ href }) => href);

it.each([
  ['see https://a.example/x?y=1#z now', 'https://a.example/x?y=1#z'],
  ['看 https://a.example/订单，谢谢', 'https://a.example/订单'],
  ['(https://a.example/x).', 'https://a.example/x'],
  ['链接：http://a.example/1。', 'http://a.example/1'],
])('finds the address in %s', (text, address) => {
  expect(hrefs(text)).toContain(address);
  expect(pieces(text).map((piece) => piece.text).join('')).toBe(text);
});

it.each(['javascript://a%0aalert(1)', 'ftp://a.example', 'javascript:alert(1)', 'data:text/html,x', 'no address', '', '<img src=x onerror=alert(1)>'])('links nothing in %s', (text) => {
  expect(hrefs(text).filter((href) => href !== null)).toEqual([]);
  expect(pieces(text).map((piece) => piece.text).join('')).toBe(text);
});
