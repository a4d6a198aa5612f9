/** A desk's own fields: of tickets, contacts, organisations and conversations; fetched once, when they are first wanted. */
import { type Signal, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Api } from '../../kit/api';
import type { ServerFrame } from '../../kit/frames';
import { language } from '../../kit/i18n';
import type { Desk } from '../state/desk';

export const NOUNS = ['contact', 'organisation', 'conversation', 'ticket'] as const;
export type Noun = (typeof NOUNS)[number];

export interface OwnField {
  readonly id: string;
  /** What its value stands under: of a ticket the id. */
  readonly key: string;
  readonly name_en: string;
  readonly name_zh: string;
  readonly kind: 'text' | 'number' | 'date' | 'choice' | 'checkbox';
  readonly choices: readonly string[];
  readonly archived: boolean;
}

export function nameOfField(field: OwnField): string {
  return language.value === 'zh' ? field.name_zh : field.name_en;
}

/** The fields to be shown: an archived one only where it is filled. */
export function shownFields(fields: readonly OwnField[], values: Readonly<Record<string, string>>): readonly OwnField[] {
  return fields.filter((field) => !field.archived || values[field.key]);
}

export class OwnFieldsStore {
  private readonly held = Object.fromEntries(NOUNS.map((noun) => [noun, signal<readonly OwnField[]>([])])) as Record<
    Noun,
    Signal<readonly OwnField[]>
  >;
  private readonly wanted = new Set<Noun>();

  constructor(private readonly api: Api) {}

  of(noun: Noun): readonly OwnField[] {
    return this.held[noun].value;
  }

  want(noun: Noun): void {
    if (this.wanted.has(noun)) return;
    this.wanted.add(noun);
    void this.load(noun);
  }

  keep(noun: Noun, fields: readonly OwnField[]): void {
    this.held[noun].value = fields;
  }

  /** After the line was cut anything may have changed. */
  receive(frame: ServerFrame): void {
    if (frame.t === 'snapshot') for (const noun of this.wanted) void this.load(noun);
  }

  private async load(noun: Noun): Promise<void> {
    try {
      this.keep(noun, (await this.api.get<{ fields: readonly OwnField[] }>(`api/v1/${noun}-fields`)).fields);
    } catch {
      this.wanted.delete(noun); // the next visit asks again
    }
  }
}

/** A noun's own fields; none until they are here. */
export function useOwnFields(desk: Desk, noun: Noun): readonly OwnField[] {
  useEffect(() => desk.ownFields.want(noun), [noun]);
  return desk.ownFields.of(noun);
}
