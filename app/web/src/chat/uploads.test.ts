import '../kit/testing/browser';
import { signal } from '@preact/signals';
import { expect, it } from 'vitest';
import { type Attachment, FILES_MAX } from '../kit/frames';
import type { Upload, Uploads } from '../kit/uploads';
import { LateUploads } from './uploads';

const png = (name: string): File => new File(['bytes'], name, { type: 'image/png' });
const done = (name: string): Attachment => ({ id: name, name, type: 'image/png', size: 5, width: 1, height: 1 });
const up = (name: string, key = name): Upload => ({ key, name, size: 5, image: true, progress: 1, waiting: false, done: done(name), failed: null, final: false });

/** What sends files up, once it is here: each is up at once. */
function sender(before: readonly string[] = []): Uploads {
  const list = signal(before.map((name) => up(name)));
  const add = (files: readonly File[], keys: readonly string[] = []): readonly File[] => {
    const room = FILES_MAX - list.value.length;
    list.value = [...list.value, ...files.slice(0, room).map(({ name }, index) => up(name, keys[index]))];
    return files.slice(room);
  };
  const take = (): Attachment[] => list.value.splice(0).flatMap((one) => one.done ?? []);
  const remove = (key: string): void => void (list.value = list.value.filter((one) => one.key !== key));
  return { list, add, take, remove } as unknown as Uploads;
}

/** Code that comes when the test says so; `asked` counts how often it was asked for. */
function code(uploads: Uploads) {
  const state = { asked: 0, come: () => undefined as void, fail: () => undefined as void };
  const load = (): Promise<Uploads> => {
    state.asked += 1;
    return new Promise((resolve, reject) => {
      state.come = () => resolve(uploads);
      state.fail = () => reject(new Error('no line'));
    });
  };
  return { state, load };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const names = (uploads: LateUploads): string[] => uploads.list.value.map(({ name }) => name);

it('fetches nothing until a file is chosen, and once then', async () => {
  const { state, load } = code(sender());
  const uploads = new LateUploads(load, () => false);
  uploads.again();
  expect(state.asked).toBe(0);
  uploads.add([png('one.png')]);
  uploads.add([png('two.png')]);
  expect([state.asked, names(uploads), uploads.ready()]).toEqual([1, ['one.png', 'two.png'], false]);
  state.come();
  await settled();
  expect([names(uploads), uploads.ready(), uploads.take().length]).toEqual([['one.png', 'two.png'], true, 2]);
});

it('leaves a chosen file where it stands, its picture too, when what sends it has come', async () => {
  const { state, load } = code(sender());
  const uploads = new LateUploads(load, () => false);
  uploads.add([png('one.png'), png('two.png')]);
  const before = uploads.list.value.map(({ key }) => key);
  expect(new Set(before).size).toBe(2);
  state.come();
  await settled();
  expect([uploads.list.value.map(({ key }) => key), uploads.ready()]).toEqual([before, true]);
});

it('keeps what was chosen without a line, says that it waits, and goes on when the line is back', async () => {
  const { state, load } = code(sender());
  const uploads = new LateUploads(load, () => false);
  uploads.add([png('one.png')]);
  expect(uploads.list.value[0]?.waiting).toBe(false);
  state.fail();
  await settled();
  expect([names(uploads), uploads.list.value[0]?.waiting]).toEqual([['one.png'], true]);
  expect(await (await uploads.preview(uploads.list.value[0]?.key ?? ''))?.text()).toBe('bytes');
  uploads.again();
  state.come();
  await settled();
  expect([state.asked, uploads.ready(), uploads.take().map(({ name }) => name)]).toEqual([2, true, ['one.png']]);
});

it('takes up at once what an earlier page had begun, and holds back what is more than a message carries', async () => {
  const before = Array.from({ length: FILES_MAX - 1 }, (_, index) => `before-${index}`);
  const { state, load } = code(sender(before));
  const uploads = new LateUploads(load, () => true);
  expect(state.asked).toBe(1);
  expect(uploads.add(Array.from({ length: FILES_MAX + 1 }, (_, index) => png(`new-${index}`)))).toHaveLength(1);
  state.come();
  await settled();
  expect(names(uploads)).toHaveLength(2 * FILES_MAX - 1); // those that found no room wait, visible, until one is taken away
  expect(uploads.ready()).toBe(false);
  uploads.remove('before-0');
  expect(uploads.list.value.filter((one) => one.done !== null)).toHaveLength(FILES_MAX);
  expect(uploads.take()).toHaveLength(FILES_MAX);
  expect(uploads.ready()).toBe(true);
});

it('forgets a waiting file that is taken away', async () => {
  const { state, load } = code(sender());
  const uploads = new LateUploads(load, () => false);
  uploads.add([png('one.png'), png('two.png')]);
  uploads.remove(uploads.list.value[0]?.key ?? '');
  state.come();
  await settled();
  expect(names(uploads)).toEqual(['two.png']);
});
