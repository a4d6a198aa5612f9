/** Roles and what they allow, as the API tells them; names of the product's own ones are the screen's. */
import { useEffect, useState } from 'preact/hooks';
import { language } from '../../kit/i18n';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';
import { t } from '../words';

export interface Role {
  readonly id: string;
  readonly name: string;
  readonly permissions: readonly string[];
  readonly built_in: boolean;
}

interface Both {
  readonly en: string;
  readonly zh: string;
}

export interface Permission {
  readonly key: string;
  readonly about: Both;
  readonly name: Both;
  readonly why: Both;
}

export interface RoleBook {
  readonly roles: readonly Role[];
  readonly permissions: readonly Permission[];
}

/** Null while it is awaited; `why` where it did not come. */
export function useRoles(desk: Desk): { book: RoleBook | null; why: string; load: () => void } {
  const [book, setBook] = useState<RoleBook | null>(null);
  const [why, setWhy] = useState('');
  const load = (): void => {
    setWhy('');
    desk.api.get<RoleBook>('api/v1/roles').then(setBook, (error: unknown) => setWhy(reason(error)));
  };
  useEffect(load, []);
  return { book, why, load };
}

/** As it is called here: the product's own in the reader's language, the desk's as it was written. */
export function roleName(role: string, roles: readonly Role[]): string {
  const names: Record<string, string> = t().roleNames;
  return names[role] ?? roles.find(({ id }) => id === role)?.name ?? '';
}

export function said(words: Both): string {
  return words[language.value];
}

/** Permissions under their headings, in their order. */
export function byHeading(permissions: readonly Permission[]): [string, Permission[]][] {
  const groups = new Map<string, Permission[]>();
  for (const permission of permissions) {
    const heading = said(permission.about);
    groups.set(heading, [...(groups.get(heading) ?? []), permission]);
  }
  return [...groups];
}
