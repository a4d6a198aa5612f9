// Builds src/ into dist/, or into the folder named as argument: pages, hashed assets, the loader, compressed twins and
// manifest.json (read by web/assets.py); and the manual (docs.mjs).
// Each page is a build of its own: browsers differ (the visitor's Chrome 87 / Safari 14.1, the console's current ones), and
// what two pages shared would be cut out of both into a script more.
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build, transform as transformScript } from 'esbuild';
import { transform } from 'lightningcss';
import { manual } from './docs.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const SOURCE = join(HERE, 'src');
const MANUAL = resolve(HERE, '..', 'docs');
const TARGET = resolve(process.argv[2] ?? join(HERE, 'dist'));
const FRESH = `${TARGET}.new`;

const VISITOR = { script: ['chrome87', 'safari14.1'], style: { chrome: 87 << 16, safari: (14 << 16) | (1 << 8) } };
const CURRENT = {
  script: ['chrome123', 'firefox128', 'safari17.5'],
  style: { chrome: 123 << 16, firefox: 128 << 16, safari: (17 << 16) | (5 << 8) },
};

/** What is built: a page per route prefix, each from one entry. `old`: what a browser gets that cannot show it. `shape`: what stands until it runs. */
const PAGES = [
  { route: '/', name: 'console', entry: 'console/main.tsx', title: 'Monodesk', browsers: CURRENT, old: 'console/old/old', shape: 'console/old/shape.html' },
  { route: '/chat/', name: 'chat', entry: 'chat/main.tsx', title: 'Chat', browsers: VISITOR },
  { route: '/demo', name: 'demo', entry: 'demo/main.tsx', title: '山岚 Shanlan', browsers: VISITOR },
];
const LOADER = { name: 'widget.js', entry: 'widget/widget.ts', browsers: VISITOR };
const TOKENS = join(SOURCE, 'style', 'tokens.css');
const TOKEN = /(--[\w-]+):\s*([^;]+);/g;
/**
 * A visitor is sent the icons and tokens alone that something of his page names, and in the page's sheet nothing of those that
 * are fetched later (esbuild puts the styles of every script in); the console has its gallery.
 */
const EVERYTHING = { icon: () => true, token: () => true, sheet: () => true, idle: () => [] };
const COMPRESSED = /\.(js|css|html|svg|json)$/;

await buildAll();

async function buildAll() {
  const started = performance.now();
  await rm(FRESH, { recursive: true, force: true });
  await mkdir(join(FRESH, 'assets'), { recursive: true });
  const icon = await hashed('mark.svg', await readFile(join(SOURCE, 'style', 'mark.svg')));
  const [inputs] = await Promise.all([
    Promise.all([...PAGES.map((page) => buildPage(page, icon)), buildLoader()]),
    buildManual(icon),
  ]);
  await writeFile(join(FRESH, 'packages.json'), `${JSON.stringify(await packages(inputs.flat()), null, 1)}\n`);
  const manifest = {
    pages: Object.fromEntries(PAGES.map((page) => [page.route, `${page.name}.html`])),
    loader: LOADER.name,
  };
  await writeFile(join(FRESH, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  const sizes = await compressAll();
  await replace();
  report(sizes, performance.now() - started);
}

/** Whose work is in the bundles, with the licences' texts, for `monodesk licenses`: read off what esbuild took in. */
async function packages(inputs) {
  const folders = new Set(inputs.flatMap((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []));
  return Promise.all(
    [...folders].sort().map(async (folder) => {
      const { name, version, license } = JSON.parse(await readFile(join(HERE, folder, 'package.json'), 'utf8'));
      const file = (await readdir(join(HERE, folder))).find((one) => /^licen[cs]e/i.test(one));
      return { name, version, license, text: file === undefined ? '' : await readFile(join(HERE, folder, file), 'utf8') };
    }),
  );
}

/** One page with all it fetches later; what went into it, by path. */
async function buildPage(page, icon) {
  const plan = {
    ...options(page.browsers),
    entryPoints: [{ in: join(SOURCE, page.entry), out: page.name }],
    outdir: join(FRESH, 'assets'),
    format: 'esm',
    splitting: true,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
  };
  const used = page.browsers === VISITOR ? await namedIn(plan, page.browsers) : EVERYTHING;
  const fetched = new Set();
  const plugins = [styles(page.browsers, 'css', { used }), pictures(used), lateSheets(page.browsers, fetched, used), late(page)];
  const { metafile } = await build({ ...plan, plugins });
  await dropLateStyles(metafile.outputs, fetched);
  await dropEmptyScripts(metafile.outputs);
  await writePage(page, metafile.outputs, icon);
  return Object.keys(metafile.inputs);
}

/** What the files of a page name: found by building it once for nothing. */
async function namedIn(plan, browsers) {
  const fetched = new Set();
  const { metafile, outputFiles } = await build({ ...plan, plugins: [...plan.plugins, lateSheets(browsers, fetched)], write: false });
  const names = [...Object.keys(metafile.inputs), ...fetched].filter((name) => name.startsWith('src/') && !/\.svg$|tokens\.css$/.test(name));
  const texts = await Promise.all(names.map((name) => readFile(join(HERE, name), 'utf8')));
  const drawing = texts.filter((text, index) => names[index].endsWith('.tsx') || text.includes('IconName'));
  const quoted = new Set(drawing.flatMap((text) => [...text.matchAll(/(["'])([\w-]+)\1/g)].map(([, , name]) => name)));
  const idle = idleClasses(outputFiles.filter(({ path }) => path.endsWith('.js')).map(({ text }) => text).join('\n'));
  const worded = texts.map((text, index) => (names[index].endsWith('.css') ? prepare(names[index], text, browsers, idle(text)) : text));
  const tokens = reached(worded.join('\n'), await tokenSheet());
  return { icon: (name) => quoted.has(name), token: (name) => tokens.has(name), sheet: (path) => !fetched.has(relative(HERE, path)), idle };
}

/**
 * Of a sheet the classes that the page's scripts, of which what is never called is gone, name nowhere, be it whole or as
 * what a number or a name is put behind.
 */
function idleClasses(code) {
  const said = new Set(code.match(/[\w-]+/g));
  const begun = new Set([...code.matchAll(/([\w-]+-)\$\{/g)].map(([, beginning]) => beginning));
  const named = (name) => said.has(name) || begun.has(name.replace(/[^-]+$/, ''));
  return (sheet) => [...new Set([...sheet.matchAll(/\.([a-z][\w-]*)/g)].map(([, name]) => name))].filter((name) => !named(name));
}

/** The tokens that a text names, and those in which these are worded. */
function reached(text, sheet) {
  const found = new Set();
  const gather = (words) => {
    const fresh = [...words.matchAll(/--[\w-]+/g)].map(([name]) => name).filter((name) => !found.has(name));
    for (const name of fresh) {
      found.add(name);
      for (const [, one, value] of sheet.matchAll(TOKEN)) if (one === name) gather(value);
    }
  };
  gather(text);
  return found;
}

/**
 * A script that is fetched later brings no styles along, so the pages must hold them, or the sheets that are fetched
 * beside such scripts: checked, and the rest removed.
 */
async function dropLateStyles(outputs, fetched) {
  const bundles = Object.values(outputs).filter(({ cssBundle }) => cssBundle !== undefined);
  const isPage = ({ entryPoint }) => PAGES.some(({ entry }) => entryPoint?.endsWith(entry));
  const sheets = (chosen) => chosen.flatMap(({ cssBundle }) => Object.keys(outputs[cssBundle].inputs));
  const held = new Set([...sheets(bundles.filter(isPage)), ...fetched]);
  const late = bundles.filter((output) => !isPage(output));
  const missing = sheets(late).filter((sheet) => !held.has(sheet));
  if (missing.length > 0) throw new Error(`fetched later, so import it in the page's main or in a sheet beside it: ${missing.join(', ')}`);
  await Promise.all(late.map(({ cssBundle }) => rm(join(HERE, cssBundle), { force: true })));
}

/** Where two scripts share nothing but a sheet, its part of them is a script of nothing: nobody is to fetch that. */
async function dropEmptyScripts(outputs) {
  const empty = Object.keys(outputs).filter((path) => path.endsWith('.js') && outputs[path].bytes === 0);
  for (const path of empty) {
    const statement = `import"./${basename(path)}";`;
    for (const [name, output] of Object.entries(outputs)) {
      if (!output.imports.some((one) => one.path === path)) continue;
      const text = await readFile(join(HERE, name), 'utf8');
      if (!text.includes(statement)) throw new Error(`${name} fetches a script of nothing otherwise than by ${statement}`);
      await writeFile(join(HERE, name), text.replace(statement, ''));
      output.imports = output.imports.filter((one) => one.path !== path);
    }
    await rm(join(HERE, path));
  }
}

async function buildLoader() {
  const { metafile } = await build({
    ...options(LOADER.browsers),
    entryPoints: [join(SOURCE, LOADER.entry)],
    outfile: join(FRESH, LOADER.name),
    format: 'iife',
    plugins: [styles(LOADER.browsers, 'text', { values: tokenValues(await tokenSheet()) })],
  });
  return Object.keys(metafile.inputs);
}

/** The notice for older browsers: its markup stands in the page, a script in plain ES5 shows it, a sheet for all dresses it. */
async function oldNotice(page) {
  const from = (ending) => join(SOURCE, `${page.old}.${ending}`);
  const { code } = await transformScript(await readFile(from('js'), 'utf8'), { minify: true, target: 'es5' });
  const style = await sheetForAll('old.css', from('css'));
  const script = await hashed('old.js', code);
  return [
    (await readFile(from('html'), 'utf8')).trim(),
    `<script src="${script}" data-style="${style}"></script>`,
  ];
}

async function buildManual(icon) {
  const style = await sheetForAll('docs.css', join(SOURCE, 'docs', 'docs.css'));
  const script = await scriptForAll('docs.js', join(SOURCE, 'docs', 'search.ts'));
  for (const { language, name, html } of await manual(MANUAL, { style, icon, script })) {
    await mkdir(join(FRESH, 'docs', language), { recursive: true });
    await writeFile(join(FRESH, 'docs', language, `${name}.html`), html);
  }
}

/** The same of a script. */
async function scriptForAll(name, entry) {
  const { outputFiles } = await build({ ...options(VISITOR), entryPoints: [entry], outdir: join(FRESH, 'assets'), format: 'iife', write: false, metafile: false });
  return hashed(name, outputFiles[0].contents);
}

/** A sheet of its own that the oldest browsers understand; its address. */
async function sheetForAll(name, entry) {
  const { outputFiles } = await build({
    ...options(VISITOR),
    entryPoints: [entry],
    outdir: join(FRESH, 'assets'),
    write: false,
    metafile: false,
  });
  return hashed(name, outputFiles[0].contents);
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
    plugins: [styles(browsers, 'css'), pictures(EVERYTHING)],
  };
}

/**
 * Lightning CSS, because esbuild leaves oklch() and light-dark() in custom properties as they are. With `values`
 * the sheet brings the tokens that it uses along, on its `:host`, for the loader, which cannot bring them all.
 */
function styles(browsers, loader, { values = null, used = EVERYTHING } = {}) {
  const prepared = (path, source) => {
    if (values !== null) return `${hostTokens(source, values)}${source}`;
    if (!used.sheet(path)) return '';
    return path === TOKENS ? withoutComments(source).replace(TOKEN, (whole, name) => (used.token(name) ? whole : '')) : source;
  };
  return {
    name: 'styles',
    setup(builder) {
      builder.onLoad({ filter: /\.css$/, namespace: 'file' }, async ({ path }) => {
        const source = prepared(path, await readFile(path, 'utf8'));
        return { contents: prepare(path, source, browsers, used.idle(source)), loader };
      });
    },
  };
}

/** A sheet as these browsers take it, without the rules of the classes named in `idle`. */
function prepare(filename, source, browsers, idle) {
  const { code, warnings } = transform({ filename, code: Buffer.from(source), targets: browsers.style, minify: true, unusedSymbols: idle });
  if (warnings.length > 0) throw new Error(`${filename}: ${warnings.map(({ message }) => message).join(', ')}`);
  return browsers === VISITOR ? withoutWideColours(code.toString()) : code.toString();
}

/**
 * Lightning CSS writes each colour three times: for every screen, and behind `@supports` as lab() and display-p3. Ours lie
 * within sRGB, so a visitor is sent the first alone: half of his style sheet.
 */
function withoutWideColours(sheet) {
  let rest = sheet;
  for (let start; (start = rest.search(/@supports ?\(color:/)) >= 0; ) {
    let end = rest.indexOf('{', start) + 1;
    for (let depth = 1; depth > 0; end += 1) depth += { '{': 1, '}': -1 }[rest[end]] ?? 0;
    rest = rest.slice(0, start) + rest.slice(end);
  }
  return rest;
}

async function tokenSheet() {
  return withoutComments(await readFile(TOKENS, 'utf8'));
}

/** What each token is by default: the first of its values. */
function tokenValues(sheet) {
  return new Map([...sheet.matchAll(TOKEN)].reverse().map(([, name, value]) => [name, value]));
}

function withoutComments(sheet) {
  return sheet.replace(/\/\*[\s\S]*?\*\//g, '');
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
function pictures(used) {
  return {
    name: 'pictures',
    setup(builder) {
      builder.onResolve({ filter: /\.svg$/ }, ({ path, resolveDir, namespace }) =>
        namespace === 'picture' ? { path } : { path: join(resolveDir, path), namespace: 'picture' },
      );
      builder.onLoad({ filter: /.*/, namespace: 'picture' }, ({ path }) => ({
        contents: `import file from ${JSON.stringify(path)}; export default new URL(file, import.meta.url).href;`,
      }));
      builder.onLoad({ filter: /icons\.svg$/, namespace: 'file' }, async ({ path }) => ({
        contents: (await readFile(path, 'utf8')).replace(/<symbol id="i-([\w-]+)".*\n/g, (whole, name) => (used.icon(name) ? whole : '')),
        loader: 'file',
      }));
    },
  };
}

/** `import address from './one.css?address'`: a sheet of its own, with what it imports, for whoever fetches it; all of these are added to `fetched`. */
function lateSheets(browsers, fetched, used = EVERYTHING) {
  return {
    name: 'late-sheets',
    setup(builder) {
      builder.onResolve({ filter: /\.css\?address$/ }, ({ path, resolveDir }) => ({
        path: join(resolveDir, path.replace('?address', '')),
        namespace: 'picture',
      }));
      builder.onResolve({ filter: /\.css$/, namespace: 'picture' }, ({ path }) => ({ path, namespace: 'sheet' }));
      builder.onLoad({ filter: /.*/, namespace: 'sheet' }, async ({ path }) => {
        const { outputFiles, metafile } = await build({ ...options(browsers), plugins: [styles(browsers, 'css', { used: { ...used, sheet: () => true } })], entryPoints: [path], outdir: FRESH, write: false });
        for (const name of Object.keys(metafile.inputs)) fetched.add(name);
        return { contents: outputFiles[0].contents, loader: 'file' };
      });
    },
  };
}

/**
 * What is fetched later imports the page's entry as well, so that everything of the first screen is needed by the same
 * scripts and comes in one file: else esbuild cuts it into a piece for each set of scripts that need it.
 */
function late({ entry }) {
  return {
    name: 'late',
    setup(builder) {
      builder.onResolve({ filter: /^\./ }, ({ path, kind, resolveDir, namespace, importer }) => {
        if (kind !== 'dynamic-import' || namespace === 'late') return undefined;
        return builder
          .resolve(path, { kind: 'import-statement', resolveDir, importer })
          .then((found) => ({ path: found.path, namespace: 'late' }));
      });
      builder.onLoad({ filter: /.*/, namespace: 'late' }, ({ path }) => ({
        contents: `import ${JSON.stringify(join(SOURCE, entry))}; export * from ${JSON.stringify(path)};`,
        resolveDir: dirname(path),
      }));
    },
  };
}

/** The scripts to name in the page; an entry that does nothing but import one file gives way to it. */
async function firstScripts(outputs, path, { imports, inputs }) {
  const chunks = imports.filter(({ kind }) => kind === 'import-statement').map((each) => each.path);
  if (Object.keys(inputs).length > 0 || chunks.length !== 1) return { script: path, chunks };
  await rm(join(HERE, path));
  return firstScripts(outputs, chunks[0], outputs[chunks[0]]);
}

async function writePage(page, outputs, icon) {
  const [entry, output] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint?.endsWith(page.entry));
  const { script, chunks } = await firstScripts(outputs, entry, output);
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
    ...(page.old ? await oldNotice(page) : []),
    `<script type="module" src="${address(script)}"></script>`,
    '<noscript>This page needs JavaScript. Switch it on and reload. 此页面需要 JavaScript，请启用后刷新。</noscript>',
    `<div id="root">${page.shape ? (await readFile(join(SOURCE, page.shape), 'utf8')).trim() : ''}</div>`,
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
  const twins = [['br', br], ['gz', gz]].filter(([, twin]) => twin.length < bytes.length);
  await Promise.all(twins.map(([ending, twin]) => writeFile(join(FRESH, `${name}.${ending}`), twin)));
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
