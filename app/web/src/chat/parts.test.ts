import '../kit/testing/browser';
import { expect, it } from 'vitest';
import { Part } from './parts';

it('is fetched once; a try that failed is told, and made again when it is asked for', async () => {
  const answers: (() => Promise<string>)[] = [() => Promise.reject(new Error('no line')), () => Promise.resolve('code')];
  const part = new Part(() => answers.shift()?.() ?? Promise.reject(new Error('asked a third time')));
  await part.fetch();
  expect([part.held.value, part.lost.value]).toEqual([null, true]);
  await part.fetch();
  await part.fetch();
  expect([part.held.value, part.lost.value]).toEqual(['code', false]);
});
