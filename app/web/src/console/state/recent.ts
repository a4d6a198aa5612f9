/** The conversations that an agent opened last on this device, the latest first. */
import { signal } from '@preact/signals';

const KEPT_MAX = 8;

export class Recent {
  readonly ids = signal<readonly string[]>([]);
  private readonly key: string;

  constructor(
    agent: string,
    private readonly storage: Storage | null,
  ) {
    this.key = `monodesk.recent.${agent}`;
    this.ids.value = (storage?.getItem(this.key) ?? '').split(' ').filter(Boolean).slice(0, KEPT_MAX);
  }

  opened(conv: string): void {
    this.ids.value = [conv, ...this.ids.peek().filter((other) => other !== conv)].slice(0, KEPT_MAX);
    this.storage?.setItem(this.key, this.ids.peek().join(' '));
  }
}
