/** What a page says of its visitor, or proves of him: fetched when it first says something. */
import type { Api } from '../kit/api';
import { claimOf, dataOf } from './claims';
import type { Standing, Tokens } from './session';
import type { Visit } from './visit';

type Table = Readonly<Record<string, unknown>>;

/** A `token` is a proof that the page's server signed; everything else is the page's word. */
export async function identified(visit: Visit, api: Api, tokens: Tokens, user: Table): Promise<void> {
  const { token, ...rest } = user;
  if (typeof token !== 'string') return visit.claim(claimOf(user));
  const known = await api.post<{ token: string; contact_id: string; standing: Standing }>('api/v1/visitor/identity', { token });
  if (known.token !== tokens.read()) {
    // somebody else was signed in here before: his page goes, with all that it shows
    visit.stop();
    visit.takeUnsent();
    visit.draft.value = '';
    tokens.write(known.token);
    return location.reload();
  }
  visit.standing.value = known.standing;
  if (Object.keys(rest).length > 0) await visit.claim(claimOf(rest));
}

export function happened(visit: Visit, name: string, data: Table): Promise<void> {
  return visit.happened(name, dataOf(data));
}
