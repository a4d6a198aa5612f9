/** Who is signed in, and how to become it. */
import { signal } from '@preact/signals';
import type { Api } from '../../kit/api';
import { Problem } from '../../kit/api';
import type { Colleague } from '../../kit/frames';
import { preferred, speak } from '../../kit/i18n';
import { t } from '../words';

export interface Me {
  readonly agent: Colleague;
  readonly permissions: readonly string[];
  readonly epoch: string;
  readonly demo: boolean;
  /** How visitors reach the server, with a slash at its end; empty where nobody has said it. */
  readonly public_url: string;
  readonly version: string;
}

export type SessionState =
  | { readonly phase: 'asking' }
  | { readonly phase: 'out'; readonly why: string | null; readonly needsSetUp: boolean }
  | { readonly phase: 'in'; readonly me: Me }
  | { readonly phase: 'failed'; readonly why: string };

interface Asked {
  readonly me: Me | null;
  readonly needs_setup: boolean;
}

interface AskingPage {
  monodeskSession?: Promise<unknown>;
}

export interface ProfileChange {
  name?: string;
  language?: string;
  availability?: string;
  password?: string;
  old_password?: string;
}

export class Session {
  readonly state = signal<SessionState>({ phase: 'asking' });

  constructor(private readonly api: Api) {}

  /** Asks the server who the cookie stands for; `early` is its answer where the page has asked already. */
  async ask(early: Promise<unknown> | null = null): Promise<void> {
    try {
      const { me, needs_setup: needsSetUp } = (await asked(early)) ?? (await this.api.get<Asked>('api/v1/session'));
      if (me === null) this.state.value = { phase: 'out', why: null, needsSetUp };
      else this.enter(me);
    } catch (error) {
      this.state.value = { phase: 'failed', why: reason(error) };
    }
  }

  /** Null when it is done; else the challenge that `signInByCode` answers. */
  async signIn(email: string, password: string): Promise<string | null> {
    const { challenge } = await this.api.post<{ challenge: string | null }>('api/v1/session', { email, password });
    if (challenge === null) await this.ask();
    return challenge;
  }

  /** Asks for a link to set a new password; whether this desk sends mail at all. */
  async forgot(email: string): Promise<boolean> {
    return (await this.api.post<{ mailed: boolean }>('api/v1/session/forgotten', { email })).mailed;
  }

  async signInByCode(challenge: string, code: string): Promise<void> {
    await this.api.post('api/v1/session/code', { challenge, code });
    await this.ask();
  }

  /** By the link that `serve --demo` prints. */
  async signInToDemo(token: string): Promise<void> {
    await this.api.post('api/v1/session/demo', { token });
    await this.ask();
  }

  async signOut(): Promise<void> {
    await this.api.delete('api/v1/session');
    this.leave(null);
  }

  async change(change: ProfileChange): Promise<void> {
    await this.api.patch('api/v1/me', change);
    await this.ask();
  }

  /** The server knows this session no longer, or spoke to another one: asks anew; null where nobody is signed in. */
  async renew(): Promise<Me | null> {
    const { me } = await this.api.get<Asked>('api/v1/session');
    if (me !== null) this.enter(me);
    else if (this.state.value.phase !== 'out') this.leave(t().sessionEnded); // who left himself knows why
    return me;
  }

  private leave(why: string | null): void {
    this.state.value = { phase: 'out', why, needsSetUp: false };
  }

  private enter(me: Me): void {
    speak(me.agent.language ? preferred([me.agent.language]) : preferred(navigator.languages));
    this.state.value = { phase: 'in', me };
  }
}

/** What `old/old.js` asked before this script was there, handed out once: an answer is true of the moment it was asked. */
export function askedByThePage(page: AskingPage = window as AskingPage): Promise<unknown> | null {
  const { monodeskSession: early = null } = page;
  delete page.monodeskSession;
  return early;
}

/** Null where it was not asked, or did not succeed: who asks again hears why. */
async function asked(early: Promise<unknown> | null): Promise<Asked | null> {
  return early?.then((answer) => answer as Asked | null).catch(() => null) ?? null;
}

/** Who stands at a desk and what he may do there: another person, or the same with other rights, gets another desk. */
export function standing({ agent, permissions }: Me): string {
  return [agent.id, ...[...permissions].sort()].join(' ');
}

/** What to tell the person about a failed call. */
export function reason(error: unknown): string {
  return error instanceof Problem ? error.message : t().unreachable;
}
