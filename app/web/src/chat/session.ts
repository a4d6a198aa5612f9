/** The visitor's session: his token in this origin's own storage, renewed where the server no longer knows it. */
import type { Api } from '../kit/api';
import type { Thread } from '../kit/frames';
import type { Language } from '../kit/i18n';
import type { Reception, Widget } from '../kit/inbox';

/** What a visitor may know of an inbox. */
export interface Inbox {
  id: string;
  name: string;
  color: string;
  greeting_en: string;
  greeting_zh: string;
  preview: boolean;
  /** Origins whose pages may hold this one in a frame; none named: everybody's. */
  sites: string[];
  widget: Widget;
}

/** What needs not be asked of this visitor: the names of facts that are known, and whether he has answered before. */
export interface Standing {
  known: string[];
  introduced: boolean;
}

/** The answer of `POST /api/v1/visitor/session`. */
export interface Session {
  token: string;
  contact_id: string;
  inbox: Inbox;
  threads: Thread[];
  epoch: string;
  standing: Standing;
  reception: Reception;
  /** Letters leave there: a transcript may be mailed. */
  mail: boolean;
}

/** Where the token outlives the page. Without storage (refused by the browser) it lives as long as the page. */
export class Tokens {
  private held: string | null = null;
  private readonly key: string;

  constructor(
    inbox: string,
    private readonly storage: Storage | null,
  ) {
    this.key = `monodesk.token.${inbox}`;
  }

  read(): string | null {
    return this.storage?.getItem(this.key) ?? this.held;
  }

  /** He is to be nobody here any more. */
  forget(): void {
    this.held = null;
    try {
      this.storage?.removeItem(this.key);
    } catch {
      // refused: nothing was kept
    }
  }

  write(token: string): void {
    this.held = token;
    try {
      this.storage?.setItem(this.key, token);
    } catch {
      // full or refused: `held` serves this page
    }
  }
}

/** The inbox in the address of this page, `{base}chat/{inbox}`: the first part, as the server reads it; empty for none. */
export function inboxAt(address: string, base: string): string {
  const { pathname } = new URL(address);
  const [folder, inbox = ''] = pathname.slice(new URL(base).pathname.length).split('/');
  return folder === 'chat' ? inbox : '';
}

/** Opens the session under the kept token, or makes a visitor. Two tabs that open at once end with the same one. */
export async function openSession(api: Api, inbox: string, tokens: Tokens, language: Language): Promise<Session> {
  const before = tokens.read();
  const session = await ask(api, inbox, before, language);
  const now = tokens.read();
  if (now !== null && now !== before && now !== session.token) return ask(api, inbox, now, language);
  tokens.write(session.token);
  return session;
}

function ask(api: Api, inbox: string, token: string | null, language: Language): Promise<Session> {
  return api.post<Session>('api/v1/visitor/session', { inbox, language, ...(token === null ? {} : { token }) });
}
