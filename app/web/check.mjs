// The golden rule of DESIGN.md: never write a value that has a token. Colours, faces, spaces, corners, shadows, durations
// and layers do; style/tokens.css alone may hold them. A part's own geometry (a face is 32 px wide) has none.
import { readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = join(dirname(fileURLToPath(import.meta.url)), 'src');
const EXEMPT = new Set(['style/tokens.css']);
const EXCEPTION = /token-exception: \S+/;

const STYLE_RULES = [
  [/#[0-9a-f]{3,8}\b/i, 'a colour: use a role token'],
  [/\b(rgba?|hsla?|oklch|oklab|lab|lch|color-mix|light-dark)\(/, 'a colour: use a role token'],
  [/(?<![-\w])(padding|margin|gap|row-gap|column-gap)[-\w]*:[^;]*?(?<![-\w.])([2468]|1[0246]|2[04]|32|40|48|64)px\b/, 'a space: use an --s token'],
  [/border-radius:[^;]*?(?<![-\w.])\d+px\b/, 'a corner: use an --r token'],
  [/box-shadow:[^;]*?\dpx \d+px (?!var\(--(bg|line|accent|danger|note|warn))[^;]*?(?<!inset )\d*px [a-z#]/, 'a shadow: use a --shadow token'],
  [/transition[-\w]*:[^;]*?(?<![-\w.])\d*\.?\d+m?s\b/, 'a duration: use --t-fast, --t or --t-slow'],
  [/font-size:\s*[\d.]|font:\s*[\d.]/, 'a face: use a --type token'],
  [/font-weight:\s*\d/, 'a weight: use a --weight token'],
  [/font-family:\s*(?!var|inherit)/, 'a family: use --font or --font-mono'],
  [/z-index:\s*\d{2,}/, 'a layer: use a --z token'],
  [/^(?!.*(?:@media \(hover: hover\)|:focus|:active|pointer: coarse)).*:hover\b/, 'a finger leaves it on: @media (hover: hover) around it'],
];
const SCRIPT_RULES = [
  [/\bstyle=\{\{[^}]*(#[0-9a-f]{3,8}|\d+px)/i, 'an inline value: use a class and a token'],
  [/\bstyle="/, 'an inline style is blocked by the CSP'],
  [/dangerouslySetInnerHTML|\.innerHTML\s*=/, 'markup from text: build nodes'],
  [/\bhttps?:\/\/(?!www\.w3\.org|shanlan\.example|[\w.-]*example\b)[\w-]/, 'another host: nothing is loaded from elsewhere'],
];
/** What browsers of the visitor's side (Chrome 87, Safari 14.1) lack; plain HTTP lacks the crypto ones. */
const VISITOR_RULES = [
  [/\.at\(|\.findLast\(|\.toSorted\(|\.toReversed\(|\.replaceAll\(|Object\.hasOwn|structuredClone|Array\.fromAsync/, 'not in Chrome 87 / Safari 14.1'],
  [/AbortSignal\.(timeout|any)|Promise\.withResolvers|\bshowPopover|\bpopover=|<dialog/, 'not in Chrome 87 / Safari 14.1'],
  [/\(\?<[=!]/, 'look-behind is not in Safari 14.1'],
];
const SECURE_RULES = [[/crypto\.(randomUUID|subtle)/, 'does not exist on plain HTTP']];
const VISITOR_SIDE = /^(chat|widget|demo|kit\/[^/]+\.tsx?$)/;

const names = await readdir(SOURCE, { recursive: true });
const tokens = tokenNames(await readFile(join(SOURCE, 'style', 'tokens.css'), 'utf8'));
const findings = (await Promise.all(names.filter((name) => /\.(css|tsx?)$/.test(name)).sort().map(look))).flat();
for (const finding of findings) console.error(finding);
if (findings.length > 0) process.exitCode = 1;

async function look(name) {
  if (EXEMPT.has(name) || /\.test\.tsx?$/.test(name)) return [];
  const text = await readFile(join(SOURCE, name), 'utf8');
  const rules = name.endsWith('.css') ? STYLE_RULES : scriptRules(name);
  const lines = withoutComments(text).split('\n');
  const original = text.split('\n');
  const broken = lines.flatMap((line, index) =>
    EXCEPTION.test(`${original[index - 1] ?? ''}${original[index]}`)
      ? []
      : rules.filter(([pattern]) => pattern.test(line)).map(([, reason]) => `${name}:${index + 1}: ${reason}: ${line.trim()}`),
  );
  return name.endsWith('.css') ? [...broken, ...unknownTokens(name, lines)] : broken;
}

function scriptRules(name) {
  return [...SCRIPT_RULES, ...SECURE_RULES, ...(VISITOR_SIDE.test(name) ? VISITOR_RULES : [])];
}

function unknownTokens(name, lines) {
  const own = tokenNames(lines.join('\n'));
  return lines.flatMap((line, index) =>
    [...line.matchAll(/var\((--[\w-]+)/g)]
      .filter(([, token]) => !tokens.has(token) && !own.has(token) && token !== '--v')
      .map(([, token]) => `${name}:${index + 1}: no such token: ${token}`),
  );
}

function tokenNames(text) {
  return new Set([...text.matchAll(/(--[\w-]+)\s*:/g)].map(([, token]) => token));
}

/** Comments become blanks, so that lines keep their numbers. */
function withoutComments(text) {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/(^|\s)\/\/.*$/gm, (comment) => ' '.repeat(comment.length));
}
