/** Which conversation this agent has before his eyes, told to colleagues; and who else looks at it. */
import { signal } from '@preact/signals';
import type { Clock } from '../../kit/clock';
import type { Viewer, Viewers } from '../../kit/frames';

/** The server believes it for 75 s. */
const AGAIN_MS = 25_000;
/** Who has not touched a key for so long does not write now, whatever stands in his field. */
const COMPOSING_MS = 20_000;

type Tell = (conv: string, on: boolean, composing: boolean) => void;

export class Viewing {
  /** Everybody who looks at the conversation that is open, oneself too. */
  readonly viewers = signal<readonly Viewer[]>([]);
  private conv: string | null = null;
  private composing = false;
  private cancelRest: () => void = () => undefined;
  private cancelAgain: () => void = () => undefined;

  constructor(
    private readonly clock: Clock,
    private readonly tell: Tell,
  ) {}

  /** He looks at this now; null: at none. */
  look(conv: string | null): void {
    if (conv === this.conv) return;
    if (this.conv !== null) this.tell(this.conv, false, false);
    this.cancelRest();
    this.conv = conv;
    this.composing = false;
    this.viewers.value = [];
    this.say();
  }

  /** He touched a key: there are words in his field now, or none. */
  writes(conv: string, words: boolean): void {
    if (conv !== this.conv) return;
    this.cancelRest();
    if (words) this.cancelRest = this.clock.after(COMPOSING_MS, () => this.compose(false));
    this.compose(words);
  }

  /** There is a line again, and the server knows nothing of us. */
  live(): void {
    this.say();
  }

  /** Without a line nobody knows who looks. */
  lost(): void {
    this.viewers.value = [];
  }

  stop(): void {
    this.cancelRest();
    this.cancelAgain();
  }

  receive(frame: Viewers): void {
    if (frame.conv === this.conv) this.viewers.value = frame.viewers;
  }

  private compose(on: boolean): void {
    if (on === this.composing) return;
    this.composing = on;
    this.say();
  }

  private say(): void {
    this.cancelAgain();
    if (this.conv === null) return;
    this.tell(this.conv, true, this.composing);
    this.cancelAgain = this.clock.after(AGAIN_MS, () => this.say());
  }
}
