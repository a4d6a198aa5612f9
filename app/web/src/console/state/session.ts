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
}

export type SessionState =
  | { readonly phase: 'asking' }
  | { readonly phase: 'out'; readonly why: string | null; readonly needsSetUp: boolean }
  | { readonly phase: 'in'; readonly me: Me }
  | { readonly phase: 'failed'; readonly why: string };

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

  /** Asks the server who the cookie stands for. */
  async ask(): Promise<void> {
    try {
      this.enter(await this.api.get<Me>('api/v1/me'));
    } catch (error) {
      if (error instanceof Problem && error.status === 401) await this.leave(null);
      else this.state.value = { phase: 'failed', why: reason(error) };
    }
  }

  async signIn(email: string, password: string): Promise<void> {
    await this.api.post('api/v1/session', { email, password });
    await this.ask();
  }

  /** By the link that `serve --demo` prints. */
  async signInToDemo(token: string): Promise<void> {
    await this.api.post('api/v1/session/demo', { token });
    await this.ask();
  }

  async signOut(): Promise<void> {
    await this.api.delete('api/v1/session');
    await this.leave(null);
  }

  async change(change: ProfileChange): Promise<void> {
    await this.api.patch('api/v1/me', change);
    await this.ask();
  }

  /** The session ended on the server's side. */
  async ended(): Promise<void> {
    await this.leave(t().sessionEnded);
  }

  private async leave(why: string | null): Promise<void> {
    const { needed } = await this.api.get<{ needed: boolean }>('api/v1/setup').catch(() => ({ needed: false }));
    this.state.value = { phase: 'out', why, needsSetUp: needed };
  }

  private enter(me: Me): void {
    speak(me.agent.language ? preferred([me.agent.language]) : preferred(navigator.languages));
    this.state.value = { phase: 'in', me };
  }
}

/** What to tell the person about a failed call. */
export function reason(error: unknown): string {
  return error instanceof Problem ? error.message : t().unreachable;
}
