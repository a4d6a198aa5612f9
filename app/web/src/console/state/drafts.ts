/**
 * What an agent is writing, per conversation, a reply and a note apart. It is kept on the server as he types, so that it
 * waits for him at any browser, and in this tab until the server has it; files go up meanwhile.
 */
import { type Signal, signal } from '@preact/signals';
import { type Api, Problem } from '../../kit/api';
import { type Clock, type Random, systemClock } from '../../kit/clock';
import { keptFiles } from '../../kit/kept';
import { TusLine } from '../../kit/tus';
import { type Upload, Uploads } from '../../kit/uploads';
import { t } from '../words';
import { reason } from './session';

/** Whether the server has every word: `kept`, on its way, or only here because it could not be reached or refused. */
export type Keeping = 'empty' | 'kept' | 'saving' | 'here';

export interface Draft {
  readonly text: string;
  readonly note: boolean;
  readonly uploads: readonly Upload[];
  readonly keeping: Keeping;
}

type Kind = 'reply' | 'note';
type Texts = Readonly<Record<Kind, string>>;

interface DraftsAnswer {
  agent_id: string;
  reply: { text: string } | null;
  note: { text: string } | null;
}

const NOTHING: Texts = { reply: '', note: '' };
const PAUSE_MS = 400;
const AGAIN_MS = 3_000;

/** What is written in one conversation, and what of it the server has. */
class Written {
  readonly shown: Signal<Draft>;
  texts: Texts;
  /** What the server holds; null while it has not been asked. */
  saved: Texts | null = null;
  note: boolean;
  busy = false;
  cancel: () => void = () => undefined;

  constructor(texts: Texts, note: boolean) {
    this.texts = texts;
    this.note = note;
    this.shown = signal({ text: texts[note ? 'note' : 'reply'], note, uploads: [], keeping: 'empty' });
  }

  get kind(): Kind {
    return this.note ? 'note' : 'reply';
  }

  /** What the server does not have yet. */
  changed(): Partial<Record<Kind, string>> {
    const { saved, texts } = this;
    if (saved === null) return {};
    const kinds = (['reply', 'note'] as const).filter((kind) => texts[kind] !== saved[kind]);
    return Object.fromEntries(kinds.map((kind) => [kind, texts[kind]]));
  }
}

export class Drafts {
  private readonly held = new Map<string, Written>();
  private readonly files = new Map<string, Uploads>();
  private stopped = false;

  constructor(
    private readonly api: Api,
    private readonly random: Random,
    private readonly me: string,
    private readonly storage: Storage | null,
    private readonly clock: Clock = systemClock,
  ) {}

  /** Another desk takes over: nothing of this one's is written any more. */
  stop(): void {
    this.stopped = true;
    for (const { cancel } of this.held.values()) cancel();
  }

  of(conv: string): Signal<Draft> {
    return this.written(conv).shown;
  }

  write(conv: string, text: string): void {
    const written = this.written(conv);
    written.texts = { ...written.texts, [written.kind]: text };
    this.changed(conv, written, PAUSE_MS);
  }

  choose(conv: string, note: boolean): void {
    const written = this.written(conv);
    written.note = note;
    this.changed(conv, written, PAUSE_MS);
  }

  /** Sent: these words and files are no longer a draft; the choice of reply or note goes back to reply. */
  clear(conv: string): void {
    const written = this.written(conv);
    written.texts = { ...written.texts, [written.kind]: '' };
    written.note = false;
    this.uploadsOf(conv).clear();
    this.changed(conv, written, PAUSE_MS);
  }

  /** Starts to upload files; returns how many had no room. */
  attach(conv: string, files: readonly File[]): number {
    return this.uploadsOf(conv).add(files).length;
  }

  remove(conv: string, key: string): void {
    this.uploadsOf(conv).remove(key);
  }

  /** A chosen file's bytes, where this device still has them. */
  preview(conv: string, key: string): Promise<Blob | null> {
    return this.uploadsOf(conv).preview(key);
  }

  retry(conv: string, key: string): void {
    this.uploadsOf(conv).retry(key);
  }

  /** Asks for what another browser left there. What this tab has and the server has not is newer. */
  async fetch(conv: string): Promise<void> {
    const written = this.written(conv);
    if (Object.keys(written.changed()).length > 0 || written.busy) return;
    const before = written.texts;
    const ours = written.saved === null && this.recall(conv) !== null;
    try {
      const { agent_id, reply, note } = await this.api.get<DraftsAnswer>(`api/v1/conversations/${conv}/draft`);
      if (agent_id !== this.me || this.stopped) return;
      const saved = { reply: reply?.text ?? '', note: note?.text ?? '' };
      const theirs = (kind: Kind): string => (ours && before[kind] !== '' ? before[kind] : saved[kind]);
      // What he typed while the answer was on its way is his last word.
      const now = (kind: Kind): string => (written.texts[kind] === before[kind] ? theirs(kind) : written.texts[kind]);
      written.saved = saved;
      written.texts = { reply: now('reply'), note: now('note') };
      if (written.texts.reply === '' && written.texts.note !== '') written.note = true;
      this.changed(conv, written, 0);
    } catch (error) {
      if (final(error) || this.stopped) return;
      written.cancel();
      written.cancel = this.clock.after(AGAIN_MS, () => void this.fetch(conv));
    }
  }

  private written(conv: string): Written {
    const held = this.held.get(conv);
    if (held) return held;
    const kept = this.recall(conv);
    const made = new Written(kept?.texts ?? NOTHING, kept?.note ?? false);
    this.held.set(conv, made);
    const uploads = this.uploadsOf(conv);
    uploads.list.subscribe((list) => (made.shown.value = { ...made.shown.value, uploads: list }));
    uploads.restore();
    void this.fetch(conv);
    return made;
  }

  /** Shows and keeps what is written now; the server gets it after a pause. */
  private changed(conv: string, written: Written, pause: number): void {
    this.keep(conv, written);
    const waits = Object.keys(written.changed()).length > 0;
    this.show(written, waits || written.saved === null ? 'saving' : 'kept');
    if (!waits || written.busy || this.stopped) return;
    written.cancel();
    written.cancel = this.clock.after(pause, () => void this.save(conv, written));
  }

  private async save(conv: string, written: Written): Promise<void> {
    const change = written.changed();
    if (written.busy || Object.keys(change).length === 0) return;
    written.busy = true;
    try {
      await this.api.patch(`api/v1/conversations/${conv}/draft`, { ...change, agent_id: this.me });
      written.saved = { ...(written.saved ?? NOTHING), ...change };
      written.busy = false;
      this.changed(conv, written, PAUSE_MS);
    } catch (error) {
      written.busy = false;
      this.show(written, 'here');
      if (final(error) || this.stopped) return;
      written.cancel = this.clock.after(AGAIN_MS, () => void this.save(conv, written));
    }
  }

  private show(written: Written, keeping: Keeping): void {
    const text = written.texts[written.kind];
    written.shown.value = { ...written.shown.value, text, note: written.note, keeping: text === '' ? 'empty' : keeping };
  }

  private uploadsOf(conv: string): Uploads {
    const held = this.files.get(conv);
    if (held) return held;
    const made = new Uploads({
      line: new TusLine(this.api, 'api/v1/uploads', systemClock, () => t().noNetwork),
      kept: keptFiles(`${this.me}.${conv}`, this.storage),
      clock: systemClock,
      random: this.random,
      reason,
      lostText: () => t().chooseAgain,
    });
    this.files.set(conv, made);
    return made;
  }

  /** In this tab, over a reload, only what the server has not confirmed. */
  private keep(conv: string, written: Written): void {
    const { texts, note } = written;
    const safe = written.saved !== null && Object.keys(written.changed()).length === 0;
    try {
      if (safe && !note) this.storage?.removeItem(this.place(conv));
      else this.storage?.setItem(this.place(conv), JSON.stringify({ texts: safe ? NOTHING : texts, note }));
    } catch {
      // Storage is full or refused: until the server has it, the draft lives as long as the page.
    }
  }

  private recall(conv: string): { texts: Texts; note: boolean } | null {
    const kept = this.storage?.getItem(this.place(conv)) ?? null;
    if (kept === null) return null;
    const { texts, note } = JSON.parse(kept) as { texts?: Texts; note?: boolean };
    return { texts: { ...NOTHING, ...texts }, note: note === true };
  }

  private place(conv: string): string {
    return `monodesk.draft.${this.me}.${conv}`;
  }
}

/** Asked again it would be refused again. */
function final(error: unknown): boolean {
  return error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429;
}
