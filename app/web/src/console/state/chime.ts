/** The desk's sound: two soft notes, made on the spot, so that nothing is fetched. */

const NOTES: readonly { readonly hertz: number; readonly at: number }[] = [
  { hertz: 660, at: 0 },
  { hertz: 880, at: 0.11 },
];
const LOUD = 0.12;
const SECONDS = 0.5;

let context: AudioContext | null = null;

/** Plays it. Until somebody has touched the page browsers stay silent, and complain of who tries. */
export function chime(): void {
  if (typeof AudioContext === 'undefined' || !navigator.userActivation.hasBeenActive) return;
  context ??= new AudioContext();
  if (context.state === 'suspended') void context.resume();
  const { currentTime: now, destination } = context;
  for (const { hertz, at } of NOTES) {
    const tone = context.createOscillator();
    const gain = context.createGain();
    tone.frequency.value = hertz;
    gain.gain.setValueAtTime(0, now + at);
    gain.gain.linearRampToValueAtTime(LOUD, now + at + 0.015);
    gain.gain.exponentialRampToValueAtTime(0.0001, now + at + SECONDS);
    tone.connect(gain).connect(destination);
    tone.start(now + at);
    tone.stop(now + at + SECONDS);
  }
}
