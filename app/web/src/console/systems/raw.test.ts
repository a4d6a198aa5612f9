import { expect, it } from 'vitest';
import { bytesOf, dumpOf, textOf } from './raw';

it('bytes are text where they are UTF-8, else rows of sixteen', () => {
  const text = btoa(String.fromCharCode(...new TextEncoder().encode('{"名": 1}\n')));
  expect(textOf(bytesOf(text))).toBe('{"名": 1}\n');
  expect(textOf(bytesOf(btoa('\xc4\xe3')))).toBeNull();
  expect(textOf(new Uint8Array([0, 65]))).toBeNull();
  expect(dumpOf(new Uint8Array([0, 65, 255]))).toBe(`000000  00 41 ff${' '.repeat(39)}  ·A·`);
  expect(dumpOf(new Uint8Array(17)).split('\n')[1]).toMatch(/^000010 {2}00 /);
  expect(dumpOf(new Uint8Array())).toBe('');
});
