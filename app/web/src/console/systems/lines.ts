/** JSON text as lines, each with its path as maps write it (`items[0].sku`), every number as it was written. */

export interface Line {
  readonly path: string;
  readonly depth: number;
  readonly key: string;
  /** As it stands; of a list how many are in it, of an object nothing. */
  readonly value: string;
  readonly kind: 'text' | 'number' | 'word' | 'list' | 'object';
}

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[[\]{},:])/y;

/** Never throws: of a text that is no JSON it is one line. */
export function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  try {
    new Reader(text, lines).whole();
  } catch {
    return [{ path: '', depth: 0, key: '', value: text, kind: 'text' }];
  }
  return lines;
}

class Reader {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly lines: Line[],
  ) {}

  whole(): void {
    this.value('', -1, '');
    if (this.text.slice(this.at).trim() !== '') throw new Error('more than one value');
  }

  /** A value whose own line is at `depth`; the outermost has none. */
  private value(path: string, depth: number, key: string): void {
    const token = this.token();
    if (token === '{') this.object(path, depth, key);
    else if (token === '[') this.list(path, depth, key);
    else if (token.startsWith('"')) this.line(path, depth, key, token, 'text');
    else if (/^[-\d]/.test(token)) this.line(path, depth, key, token, 'number');
    else if (/^[tfn]/.test(token)) this.line(path, depth, key, token, 'word');
    else throw new Error('no value');
  }

  private object(path: string, depth: number, key: string): void {
    if (depth >= 0) this.line(path, depth, key, '', 'object');
    for (let first = true; ; first = false) {
      let token = this.token();
      if (token === '}') return;
      if (!first) {
        if (token !== ',') throw new Error('no comma');
        token = this.token();
      }
      const name = JSON.parse(token) as string;
      if (this.token() !== ':') throw new Error('no colon');
      this.value(path === '' ? name : `${path}.${name}`, depth + 1, name);
    }
  }

  private list(path: string, depth: number, key: string): void {
    const place = this.lines.length;
    if (depth >= 0) this.line(path, depth, key, '', 'list');
    let count = 0;
    for (; ; count += 1) {
      const before = this.at;
      const token = this.token();
      if (token === ']') break;
      if (count === 0) this.at = before;
      else if (token !== ',') throw new Error('no comma');
      this.value(`${path}[${count}]`, depth + 1, `[${count}]`);
    }
    const own = this.lines[place];
    if (depth >= 0 && own) this.lines[place] = { ...own, value: `[${count}]` };
  }

  private line(path: string, depth: number, key: string, value: string, kind: Line['kind']): void {
    this.lines.push({ path, depth: Math.max(depth, 0), key, value, kind });
  }

  private token(): string {
    TOKEN.lastIndex = this.at;
    const found = TOKEN.exec(this.text);
    if (found === null) throw new Error('no token');
    this.at = TOKEN.lastIndex;
    return found[1] ?? '';
  }
}
