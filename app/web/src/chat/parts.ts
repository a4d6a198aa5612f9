/** Parts of the page whose code is fetched when they are first wanted; asked again, what failed is tried again. */
import { type Signal, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Condition } from '../kit/connection';
import { fetchedOnce } from '../kit/sheets';
import sheet from './later.css?address';

export class Part<Module> {
  /** Its code, once it is here. */
  readonly held: Signal<Module | null> = signal(null);
  /** Whether the last try failed. */
  readonly lost = signal(false);

  constructor(private readonly load: () => Promise<Module>) {}

  async fetch(): Promise<void> {
    this.lost.value = false;
    try {
      this.held.value ??= await this.load();
    } catch {
      this.lost.value = true;
    }
  }
}

/** A part that what is drawn needs, where `wanted`: fetched, and tried again whenever the line comes or goes. Null meanwhile. */
export function usePart<Module>(part: Part<Module>, { condition }: { condition: Signal<Condition> }, wanted = true): Module | null {
  const { state } = condition.value;
  useEffect(() => { if (wanted) void part.fetch(); }, [wanted, state]);
  return wanted ? part.held.value : null;
}

const dressed = fetchedOnce(sheet);

/** What sends files up and shows those that are chosen. */
export const files = new Part(async () => (await Promise.all([import('./uploading'), dressed()]))[0]);
export const cards = new Part(async () => (await Promise.all([import('./Cards'), dressed()]))[0]);
export const thread = new Part(() => import('./Thread'));
export const home = new Part(async () => (await Promise.all([import('./HomeScreen'), dressed()]))[0]);
export const emoji = new Part(async () => (await Promise.all([import('./EmojiPicker'), dressed()]))[0]);
export const imageView = new Part(async () => (await Promise.all([import('./ImageView'), dressed()]))[0]);
export const queue = new Part(async () => (await Promise.all([import('./QueueView'), dressed()]))[0]);
export const screens = new Part(async () => (await Promise.all([import('./screens'), dressed()]))[0]);
