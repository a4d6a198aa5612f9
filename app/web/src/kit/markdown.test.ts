import { describe, expect, it } from 'vitest';
import { type Block, type Span, markdown } from './markdown';

/** The tree as brackets, so that a case is one line. */
function drawn(text: string): string {
  return markdown(text).map(block).join(' | ');
}

function block(one: Block): string {
  if (one.kind === 'text') return spans(one.spans);
  if (one.kind === 'code') return `pre(${one.text})`;
  return `${one.ordered ? `ol${one.first}` : 'ul'}(${one.items.map(spans).join('; ')})`;
}

function spans(all: readonly Span[]): string {
  return all.map((one) => {
    if (typeof one === 'string') return one;
    if (one.kind === 'code') return `code(${one.text})`;
    return one.kind === 'link' ? `a<${one.href}>(${spans(one.spans)})` : `${one.kind}(${spans(one.spans)})`;
  }).join('');
}

describe('markdown', () => {
  it.each([
    ['plain text, nothing more', 'plain text, nothing more'],
    ['签收后**48 小时内**可退', '签收后strong(48 小时内)可退'],
    ['a *slanted* and _another_ word', 'a em(slanted) and em(another) word'],
    ['**bold with *slant* inside**', 'strong(bold with em(slant) inside)'],
    ['run `pip install x` now', 'run code(pip install x) now'],
    ['`**not bold**`', 'code(**not bold**)'],
    ['[our page](https://shop.example/a?b=1)', 'a<https://shop.example/a?b=1>(our page)'],
    ['see https://shop.example/a, or ask', 'see a<https://shop.example/a>(https://shop.example/a), or ask'],
    ['**https://shop.example/a**', 'strong(a<https://shop.example/a>(https://shop.example/a))'],
    ['- one\n- **two**\n- three', 'ul(one; strong(two); three)'],
    ['3. one\n4. two', 'ol3(one; two)'],
    ['first:\n1. one\n- other\nlast', 'first: | ol1(one) | ul(other) | last'],
    ['```\n<b> **x**\n```\nend', 'pre(<b> **x**) | end'],
    ['one\n\ntwo', 'one\n\ntwo'],
  ])('%j', (text, expected) => expect(drawn(text)).toBe(expected));

  it.each([
    '2*3*4', 'a_b_c', '* ', '**', '****', '** x **', '*x', 'x*', '`', '``', '[x](javascript:alert(1))', '[x](/path)',
    '![x](x"onerror="y)', '/*https*/', '#{x} > y', '```\nnever closed', '-not a list', '1.5 kg', '2024. a year', '__proto__', '<b>x</b>', ' space kept ',
    '¥268 * 2 = ¥536 *',
  ])('leaves %j as it is', (text) => expect(drawn(text)).toBe(text));

  it.each(['**a ', '*a ', '_a', '`', '[', '[a](', 'h'])('reads a long text of %j once', (mark) => {
    const text = mark.repeat(64_000 / mark.length);
    expect(drawn(text)).toBe(text); // one that looked for an end at each mark would not come back
  });
});
