// The manual: app/docs/{en,zh}/NN-name.md become pages that need no script, but for the search, at /docs/{en,zh}/name (read by web/assets.py).
// In a link, a bare name is another page of the manual and a leading slash an address of the appliance. What a page may
// hold is Markdown without HTML; anything else, and a page that one language lacks, stops the build.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Marked } from 'marked';

const LANGUAGES = {
  en: { tag: 'en', manual: 'Manual', contents: 'Contents', skip: 'Skip to the text', other: '中文', previous: 'Before', next: 'Next', search: 'Search', find: 'Search the manual', found: ['Nothing found. Try fewer or other words.', '1 section', '{} sections'], script: 'The search needs JavaScript. All pages stand in the contents.' },
  zh: { tag: 'zh-CN', manual: '手册', contents: '目录', skip: '跳到正文', other: 'English', previous: '上一篇', next: '下一篇', search: '搜索', find: '搜索手册', found: ['没有找到。换个词，或者少写几个字。', '1 节', '{} 节'], script: '搜索需要 JavaScript。所有页面都列在目录里。' },
};
const OTHER = { en: 'zh', zh: 'en' };
const SEARCH = 'search'; // the page of results; no chapter may have its name
const UP = '../../'; // from /docs/en/name to the appliance's own addresses

/** Every page as `{ language, name, html }`; `style` and `icon` are addresses. */
export async function manual(folder, { style, icon, script }) {
  const written = Object.fromEntries(await Promise.all(Object.keys(LANGUAGES).map(async (language) => [language, await chapters(join(folder, language))])));
  for (const language of Object.keys(LANGUAGES)) {
    const names = (which) => written[which].map(({ name }) => name).join(' ');
    if (names(language) !== names(OTHER[language])) throw new Error(`the manual differs: ${names(language)} | ${names(OTHER[language])}`);
  }
  return Object.entries(written).flatMap(([language, all]) =>
    [...all, searching(language, all, script)].map((chapter) => ({
      language,
      name: chapter.name,
      html: page(language, all, chapter, { style, icon }),
    })),
  );
}

async function chapters(folder) {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.md')).sort();
  return Promise.all(files.map(async (file) => chapter(file, await readFile(join(folder, file), 'utf8'))));
}

function chapter(file, source) {
  const name = file.replace(/^\d+-|\.md$/g, '');
  const headings = [];
  const body = reader(file, headings).parse(source);
  const [title, ...sections] = headings;
  if (name === SEARCH) throw new Error(`${file}: that name is taken by the search`);
  if (title?.depth !== 1) throw new Error(`${file}: begins with no title`);
  return { name, title: title.text, sections: sections.filter(({ depth }) => depth === 2), body };
}

function reader(file, headings) {
  const marked = new Marked({ gfm: true });
  const refuse = (what) => {
    throw new Error(`${file}: ${what} has no place in the manual`);
  };
  marked.use({
    renderer: {
      heading({ tokens, depth, text }) {
        const [, words, given] = /^(.*?)(?:\s*\{#([\w-]+)\})?$/.exec(text);
        if (depth === 2 && !given) refuse(`a section without {#name}: ${text}`);
        headings.push({ depth, text: plain(words), id: given });
        const shown = this.parser.parseInline(tokens).replace(/\s*\{#[\w-]+\}$/, '');
        return `<h${depth}${given ? ` id="${given}"` : ''}>${shown}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const target = href.startsWith('/') ? UP + href.slice(1) : href;
        return `<a href="${escaped(target)}">${this.parser.parseInline(tokens)}</a>`;
      },
      code({ text, lang }) {
        return `<pre tabindex="0"${lang ? ` data-language="${escaped(lang)}"` : ''}><code>${escaped(text)}</code></pre>\n`;
      },
      table({ header, rows }) {
        const cells = (row, tag) => row.map(({ tokens }) => `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`).join('');
        const lines = rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('\n');
        return `<div class="wide" tabindex="0"><table><thead><tr>${cells(header, 'th scope="col"').replace(/<\/th scope="col">/g, '</th>')}</tr></thead><tbody>\n${lines}\n</tbody></table></div>\n`;
      },
      html: ({ text }) => refuse(text),
      image: ({ href }) => refuse(href),
    },
  });
  return marked;
}

/** The page of results: every section of the manual stands in it as data, and its script finds among them (src/docs). */
function searching(language, all, script) {
  const words = LANGUAGES[language];
  const [none, one, many] = words.found.map(escaped);
  const data = JSON.stringify(all.flatMap(partsOf)).replace(/</g, '\\u003c');
  const body = `<h1>${words.search}</h1>
<form role="search" action="${SEARCH}">${searchField(words)}</form>
<p id="told" role="status" data-none="${none}" data-one="${one}" data-many="${many}"></p>
<ol id="found"></ol>
<noscript><p>${words.script}</p></noscript>
<script type="application/json" id="sections">${data}</script>
<script src="${script}" defer></script>`;
  return { name: SEARCH, title: words.search, sections: [], body };
}

/** A chapter cut at its sections, as plain text. */
function partsOf({ name, title, body }) {
  const [lead, ...sections] = body.split(/(?=<h2 id=")/);
  const whole = { at: name, page: title, title, text: textOf(lead.replace(/<h1>.*?<\/h1>/s, '')) };
  const rest = sections.map((section) => {
    const [, id, heading] = /^<h2 id="([\w-]+)">(.*?)<\/h2>/s.exec(section);
    return { at: `${name}#${id}`, page: title, title: textOf(heading), text: textOf(section.replace(/^<h2.*?<\/h2>/s, '')) };
  });
  return [whole, ...rest];
}

/** What of HTML is read. Blocks are apart by a space, words within a line are not. */
function textOf(html) {
  const text = html.replace(/<\/?(p|li|ul|ol|pre|td|th|tr|h\d|div|table|blockquote)\b[^>]*>/g, ' ').replace(/<[^>]+>/g, '');
  const signs = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name) => signs[name]).replace(/\s+/g, ' ').trim();
}

function searchField({ find, search }) {
  return `<input type="search" name="q" aria-label="${find}" placeholder="${find}" maxlength="100" autocomplete="off"><button type="submit">${search}</button>`;
}

function page(language, all, chapter, { style, icon }) {
  const words = LANGUAGES[language];
  const { name, title, body } = chapter;
  const at = all.indexOf(chapter);
  const other = OTHER[language];
  const sections = (one) =>
    one === chapter && one.sections.length > 0
      ? `<ul>${one.sections.map(({ id, text }) => `<li><a href="#${id}">${escaped(text)}</a></li>`).join('')}</ul>`
      : '';
  const entry = (one) =>
    `<li><a href="${one.name}"${one === chapter ? ' aria-current="page"' : ''}>${escaped(one.title)}</a>${sections(one)}</li>`;
  const move = (one, word, side) =>
    one ? `<a class="${side}" rel="${side}" href="${one.name}"><span>${word}</span> ${escaped(one.title)}</a>` : '';
  const turn = at < 0 ? '' : `<nav class="turn" aria-label="${words.previous}, ${words.next}">${move(all[at - 1], words.previous, 'prev')}${move(all[at + 1], words.next, 'next')}</nav>`;
  const search = at < 0 ? '' : `<form class="find" role="search" action="${SEARCH}">${searchField(words)}</form>\n`;
  return `<!doctype html>
<html lang="${words.tag}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)} · Monodesk</title>
<link rel="icon" type="image/svg+xml" href="${icon}">
<link rel="stylesheet" href="${style}">
</head>
<body>
<a class="skip" href="#text">${words.skip}</a>
<header>
<a class="home" href="${all[0].name}"><img src="${icon}" alt="" width="28" height="28"><b>Monodesk</b> <span>${words.manual}</span></a>
${search}<a class="jump" href="#contents">${words.contents}</a>
<a class="other" href="../${other}/${name}" lang="${LANGUAGES[other].tag}" hreflang="${LANGUAGES[other].tag}">${words.other}</a>
</header>
<div class="shell">
<main id="text">
<article>
${body.trim()}
</article>
${turn}
</main>
<nav id="contents" aria-label="${words.contents}">
<ol>
${all.map(entry).join('\n')}
</ol>
</nav>
</div>
</body>
</html>
`;
}

function plain(markdown) {
  return markdown.replace(/[`*]/g, '');
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]);
}
