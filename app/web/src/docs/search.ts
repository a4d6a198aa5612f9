/** The manual's page of results: what was asked for stands in the address, so that it can be sent on and gone back to. */
import { find, places, type Section } from './find';

const field = document.querySelector<HTMLInputElement>('main input[name="q"]');
const list = document.querySelector<HTMLOListElement>('#found');
const told = document.querySelector<HTMLElement>('#told');
const held = document.querySelector('#sections')?.textContent ?? '[]';
const sections = JSON.parse(held) as readonly Section[];

function show(query: string): void {
  if (!list || !told) return;
  const found = find(sections, query);
  list.replaceChildren(
    ...found.map(({ section, excerpt }) => {
      const line = document.createElement('li');
      const link = document.createElement('a');
      link.href = section.at;
      link.append(...marked(section.title === section.page ? section.title : `${section.page} · ${section.title}`, query));
      const words = document.createElement('p');
      words.append(...marked(excerpt, query));
      line.append(link, words);
      return line;
    }),
  );
  const { none = '', one = '', many = '' } = told.dataset;
  const text = found.length === 0 ? none : found.length === 1 ? one : many;
  told.textContent = query.trim() === '' ? '' : text.replace('{}', String(found.length));
}

function marked(text: string, query: string): (string | HTMLElement)[] {
  const made: (string | HTMLElement)[] = [];
  let done = 0;
  for (const [from, to] of places(text, query)) {
    const mark = document.createElement('mark');
    mark.textContent = text.slice(from, to);
    made.push(text.slice(done, from), mark);
    done = to;
  }
  return [...made, text.slice(done)];
}

if (field) {
  field.value = new URLSearchParams(location.search).get('q') ?? '';
  show(field.value);
  field.addEventListener('input', () => {
    show(field.value);
    history.replaceState(null, '', `?q=${encodeURIComponent(field.value)}`);
  });
}
