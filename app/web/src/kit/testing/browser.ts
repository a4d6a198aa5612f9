/** What modules read of the browser while they load, for tests that run without one. Import it first. */
if (!('navigator' in globalThis)) Object.assign(globalThis, { navigator: { languages: ['en'] } });
