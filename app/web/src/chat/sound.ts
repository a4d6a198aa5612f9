/** A soft tone of two notes for a new message, made on the spot; whether it is heard is remembered on this device. */
import { type Signal, signal } from '@preact/signals';

const KEY = 'monodesk.muted';
const NOTES_HZ = [660, 880];
const NOTE_SECONDS = 0.16;
const LOUDNESS = 0.12;
/** Many messages at once are one tone. */
const PAUSE_SECONDS = 1;

export class Chime {
  readonly muted: Signal<boolean>;
  private context: AudioContext | null = null;
  private rungAt = -PAUSE_SECONDS;

  constructor(private readonly storage: Storage | null) {
    this.muted = signal(storage?.getItem(KEY) === '1');
    // browsers let nobody be heard before he was touched
    for (const gesture of ['pointerdown', 'keydown']) addEventListener(gesture, () => this.wake(), { once: true, capture: true });
  }

  mute(muted: boolean): void {
    this.muted.value = muted;
    try {
      if (muted) this.storage?.setItem(KEY, '1');
      else this.storage?.removeItem(KEY);
    } catch {
      // refused or full: the choice holds for this page
    }
  }

  ring(): void {
    const { context } = this;
    if (this.muted.value || context === null || context.state !== 'running') return;
    if (context.currentTime - this.rungAt < PAUSE_SECONDS) return;
    this.rungAt = context.currentTime;
    NOTES_HZ.forEach((pitch, place) => note(context, pitch, context.currentTime + place * NOTE_SECONDS));
  }

  private wake(): void {
    if (typeof AudioContext === 'undefined') return; // Safari 14.0 and before
    this.context ??= new AudioContext();
    void this.context.resume();
  }
}

/** Up at once, away softly, so that nothing clicks. */
function note(context: AudioContext, pitch: number, at: number): void {
  const voice = context.createOscillator();
  const volume = context.createGain();
  voice.frequency.value = pitch;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(LOUDNESS, at + NOTE_SECONDS / 8);
  volume.gain.exponentialRampToValueAtTime(0.001, at + NOTE_SECONDS * 2);
  voice.connect(volume).connect(context.destination);
  voice.start(at);
  voice.stop(at + NOTE_SECONDS * 2);
}
