/** English and Chinese: the page's language and the words each module brings for it. */
import { type Signal, computed, signal } from '@preact/signals';

export type Language = 'en' | 'zh';

/** The first of the reader's languages that we speak, else English. */
export function preferred(languages: readonly string[]): Language {
  for (const language of languages) {
    if (/^zh\b/i.test(language)) return 'zh';
    if (/^en\b/i.test(language)) return 'en';
  }
  return 'en';
}

/** The page's language, as `<html lang>` is: one for all its parts. Components that read it are drawn again. */
export const language: Signal<Language> = signal(preferred(globalThis.navigator?.languages ?? []));

/** Sets the page's language and the document's. */
export function speak(chosen: Language): void {
  language.value = chosen;
  document.documentElement.lang = htmlLang(chosen);
}

export function htmlLang(chosen: Language): string {
  return chosen === 'zh' ? 'zh-CN' : 'en';
}

/** Sentences one after another, as the page's language sets them: Chinese has no space behind its stop. */
export function sentences(...parts: readonly (string | undefined)[]): string {
  return parts.filter(Boolean).join(language.value === 'zh' ? '' : ' ');
}

/**
 * Words of a module in both languages; a word that one lacks does not compile. Use `const t = words({ en: …, zh: … })`
 * and `t().send`; a word with a parameter is a function.
 */
export function words<T extends object>(table: { en: T; zh: NoInfer<T> }): () => T {
  const current = computed(() => table[language.value]);
  return () => current.value;
}
