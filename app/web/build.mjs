// Builds src/ into dist/, or into the folder named as argument: pages, hashed assets, the loader, compressed twins and
// manifest.json (read by web/assets.py).
// Visitor side and console are two builds, because their browsers differ: Chrome 87 / Safari 14.1 against current ones.
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'esbuild';
import { transform } from 'lightningcss';

const HERE = dirname(fileURLToPath(import.meta.url));
const SOURCE = join(HERE, 'src');
const TARGET = resolve(process.argv[2] ?? join(HERE, 'dist'));
const FRESH = `${TARGET}.new`;

const VISITOR = { script: ['chrome87', 'safari14.1'], style: { chrome: 87 << 16, safari: (14 << 16) | (1 << 8) } };
const CURRENT = {
  script: ['chrome123', 'firefox128', 'safari17.5'],
  style: { chrome: 123 << 16, firefox: 128 << 16, safari: (17 << 16) | (5 << 8) },
};

/** What is built: a page per route prefix, each from one entry. */
const PAGES = [
  { route: '/', name: 'console', entry: 'console/main.tsx', title: 'Monodesk', browsers: CURRENT },
  { route: '/chat/', name: 'chat', entry: 'chat/main.tsx', title: 'Chat', browsers: VISITOR },
  { route: '/demo', name: 'demo', entry: 'demo/main.tsx', title: '山岚 Shanlan', browsers: VISITOR },
];
const LOADER = { name: 'widget.js', entry: 'widget/widget.ts', browsers: VISITOR };
const COMPRESSED = /\.(js|css|html|svg|json)$/;

await buildAll();

async function buildAll() {
  const started = performance.now();
  await rm(FRESH, { recursive: true, force: true });
  await mkdir(join(FRESH, 'assets'), { recursive: true });
  const icon = await hashed('mark.svg', await readFile(join(SOURCE, 'style', 'mark.svg')));
  const groups = [PAGES.filter((page) => page.browsers === CURRENT), PAGES.filter((page) => page.browsers === VISITOR)];
  await Promise.all([...groups.map((pages) => buildPages(pages, icon)), buildLoader()]);
  const manifest = {
    pages: Object.fromEntries(PAGES.map((page) => [page.route, `${page.name}.html`])),
    loader: LOADER.name,
  };
  await writeFile(join(FRESH, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  const sizes = await compressAll();
  await replace();
  report(sizes, performance.now() - started);
}

async function buildPages(pages, icon) {
  const browsers = pages[0].browsers;
  const { metafile } = await build({
    ...options(browsers),
    entryPoints: pages.map((page) => ({ in: join(SOURCE, page.entry), out: page.name })),
    outdir: join(FRESH, 'assets'),
    format: 'esm',
    splitting: true,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
  });
  await dropLateStyles(metafile.outputs);
  for (const page of pages) await writePage(page, metafile.outputs, icon);
}

/** A script that is fetched later brings no styles along, so the pages must hold them: checked, and the rest removed. */
async function dropLateStyles(outputs) {
  const bundles = Object.values(outputs).filter(({ cssBundle }) => cssBundle !== undefined);
  const isPage = ({ entryPoint }) => PAGES.some(({ entry }) => entryPoint?.endsWith(entry));
  const sheets = (chosen) => chosen.flatMap(({ cssBundle }) => Object.keys(outputs[cssBundle].inputs));
  const held = new Set(sheets(bundles.filter(isPage)));
  const late = bundles.filter((output) => !isPage(output));
  const missing = sheets(late).filter((sheet) => !held.has(sheet));
  if (missing.length > 0) throw new Error(`fetched later, so import it in the page's main: ${missing.join(', ')}`);
  await Promise.all(late.map(({ cssBundle }) => rm(join(HERE, cssBundle), { force: true })));
}

async function buildLoader() {
  await build({
    ...options(LOADER.browsers),
    entryPoints: [join(SOURCE, LOADER.entry)],
    outfile: join(FRESH, LOADER.name),
    format: 'iife',
    plugins: [styles(LOADER.browsers, 'text', await tokenValues())],
  });
}

function options(browsers) {
  return {
    bundle: true,
    minify: true,
    charset: 'utf8',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    absWorkingDir: HERE,
    target: browsers.script,
    loader: { '.svg': 'file' },
    jsx: 'automatic',
    jsxImportSource: 'preact',
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [styles(browsers, 'css'), pictures()],
  };
}

/**
 * Lightning CSS, because esbuild leaves oklch() and light-dark() in custom properties as they are. With `values`
 * the sheet brings the tokens that it uses along, on its `:host`, for the loader, which cannot bring them all.
 */
function styles(browsers, loader, values = null) {
  return {
    name: 'styles',
    setup(builder) {
      builder.onLoad({ filter: /\.css$/ }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        const { code, warnings } = transform({
          filename: path,
          code: Buffer.from(values === null ? source : `${hostTokens(source, values)}${source}`),
          targets: browsers.style,
          minify: true,
        });
        return { contents: code, loader, warnings: warnings.map(({ message }) => ({ text: message })) };
      });
    },
  };
}

async function tokenValues() {
  const sheet = await readFile(join(SOURCE, 'style', 'tokens.css'), 'utf8');
  const bare = sheet.replace(/\/\*[\s\S]*?\*\//g, '');
  return new Map([...bare.matchAll(/(--[\w-]+):\s*([^;]+);/g)].reverse().map(([, name, value]) => [name, value]));
}

/**
 * Custom properties, not values in the places where they are used: only for those does Lightning CSS put what an old
 * browser lacks behind `@supports`. In a plain property the last of its fallbacks would win there, and be invalid.
 */
function hostTokens(source, values) {
  const used = new Map();
  const gather = (text) => {
    for (const [, name] of text.matchAll(/var\((--[\w-]+)\)/g)) {
      if (!values.has(name)) throw new Error(`no such token: ${name}`);
      if (used.has(name)) continue;
      used.set(name, values.get(name));
      gather(values.get(name));
    }
  };
  gather(source);
  return `:host { color-scheme: light dark; ${[...used].map(([name, value]) => `${name}: ${value};`).join(' ')} }\n`;
}

/** An imported picture is an address told from the script's own, so that a base path needs no second build. */
function pictures() {
  return {
    name: 'pictures',
    setup(builder) {
      builder.onResolve({ filter: /\.svg$/ }, ({ path, resolveDir, namespace }) =>
        namespace === 'picture' ? { path } : { path: join(resolveDir, path), namespace: 'picture' },
      );
      builder.onLoad({ filter: /.*/, namespace: 'picture' }, ({ path }) => ({
        contents: `import file from ${JSON.stringify(path)}; export default new URL(file, import.meta.url).href;`,
      }));
    },
  };
}

async function writePage(page, outputs, icon) {
  const [script, output] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint?.endsWith(page.entry));
  const chunks = output.imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path);
  const styleSheets = output.cssBundle ? [output.cssBundle] : [];
  const lines = [
    '<!doctype html>',
    '<html lang="en">',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${page.title}</title>`,
    `<link rel="icon" type="image/svg+xml" href="${icon}">`,
    ...styleSheets.map((path) => `<link rel="stylesheet" href="${address(path)}">`),
    ...chunks.map((path) => `<link rel="modulepreload" href="${address(path)}">`),
    `<script type="module" src="${address(script)}"></script>`,
    '<div id="root"></div>',
    '<noscript>This page needs JavaScript. Switch it on and reload. 此页面需要 JavaScript，请启用后刷新。</noscript>',
  ];
  await writeFile(join(FRESH, `${page.name}.html`), `${lines.join('\n')}\n`);
}

async function hashed(name, bytes) {
  const [stem, extension] = name.split('.');
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 8).toUpperCase();
  const file = `${stem}-${digest}.${extension}`;
  await writeFile(join(FRESH, 'assets', file), bytes);
  return address(file);
}

function address(path) {
  return `/assets/${basename(path)}`;
}

async function compressAll() {
  const files = (await readdir(FRESH, { recursive: true })).filter((name) => COMPRESSED.test(name));
  return Promise.all(files.sort().map(compress));
}

async function compress(name) {
  const bytes = await readFile(join(FRESH, name));
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
    promisify(gzip)(bytes, { level: 9 }),
  ]);
  await Promise.all([
    writeFile(join(FRESH, `${name}.br`), br),
    writeFile(join(FRESH, `${name}.gz`), gz),
  ]);
  return { name, plain: bytes.length, gz: gz.length, br: br.length };
}

/** A running server may read dist/ at any moment: it sees the old files or the new ones, never half of them. */
async function replace() {
  const old = `${TARGET}.old`;
  await rm(old, { recursive: true, force: true });
  await rename(TARGET, old).catch((error) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(FRESH, TARGET);
  await rm(old, { recursive: true, force: true });
}

function report(sizes, milliseconds) {
  for (const { name, plain, gz, br } of sizes) {
    console.log(`${name.padEnd(44)} ${String(plain).padStart(8)} B  gz ${String(gz).padStart(7)}  br ${String(br).padStart(7)}`);
  }
  console.log(`built in ${Math.round(milliseconds)} ms`);
}
