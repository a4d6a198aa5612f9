/** Which conversations of the list are chosen, to do something with all of them at once. */
import { signal } from '@preact/signals';

export class Selection {
  readonly ids = signal<ReadonlySet<string>>(new Set());

  has(id: string): boolean {
    return this.ids.value.has(id);
  }

  toggle(id: string): void {
    const next = new Set(this.ids.peek());
    if (!next.delete(id)) next.add(id);
    this.ids.value = next;
  }

  add(ids: readonly string[]): void {
    this.ids.value = new Set([...this.ids.peek(), ...ids]);
  }

  /** Those that are still there: what left the list is not done anything with. */
  among(shown: readonly string[]): readonly string[] {
    return shown.filter((id) => this.ids.value.has(id));
  }

  clear(): void {
    if (this.ids.peek().size > 0) this.ids.value = new Set();
  }
}
