/** What modules read of the browser, for tests that run without one. Import it first. */
if (!('navigator' in globalThis)) Object.assign(globalThis, { navigator: { languages: ['en'] } });
if (!('document' in globalThis)) Object.assign(globalThis, { document: { documentElement: { lang: '' } } });
