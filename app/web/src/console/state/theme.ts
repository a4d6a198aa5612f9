/** Light, dark, or as the system says: a choice of this device. */
import { signal } from '@preact/signals';
import { localStorageOrNull } from '../../kit/storage';

export type Theme = 'system' | 'light' | 'dark';
const KEY = 'monodesk.theme';

export const theme = signal<Theme>('system');

/** Takes up what this device chose before. */
export function recallTheme(): void {
  const kept = localStorageOrNull()?.getItem(KEY);
  wear(kept === 'light' || kept === 'dark' ? kept : 'system');
}

export function chooseTheme(chosen: Theme): void {
  localStorageOrNull()?.setItem(KEY, chosen);
  wear(chosen);
}

function wear(chosen: Theme): void {
  theme.value = chosen;
  if (chosen === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}
