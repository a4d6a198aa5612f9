import { fullTime } from '../../kit/dates';
import type { Contact } from '../../kit/frames';
import { language, words } from '../../kit/i18n';
import { Badge } from '../../kit/ui/Badge';
import { Icon } from '../../kit/ui/Icon';
import { shortTime } from '../times';

/** A rating as the API tells it. */
export interface Rating {
  readonly conversation_id: string;
  readonly score: number;
  readonly tags: readonly string[];
  readonly text: string;
  readonly created_at: number;
}

/** What the website told of its visitor. */
export interface VisitorEvent {
  readonly id: string;
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
  readonly at: number;
}

const t = words({
  en: {
    ratings: 'Ratings',
    events: 'On the website',
    of: (score: number) => `${score} of 5`,
    tags: { fast: 'Quick answers', clear: 'Clear', friendly: 'Friendly', unsolved: 'Not solved' } as Readonly<Record<string, string>>,
    claimed: (facts: string) => `Said by the visitor or the page, not verified: ${facts}`,
    facts: { name: 'name', email: 'e-mail', phone: 'phone' } as Readonly<Record<string, string>>,
    stop: ', ',
    verified: 'Verified by the website',
    externalId: (id: string) => `its customer ${id}`,
  },
  zh: {
    ratings: '评分',
    events: '网站上的事件',
    of: (score: number) => `${score} / 5`,
    tags: { fast: '回复快', clear: '说得清楚', friendly: '态度好', unsolved: '没解决' },
    claimed: (facts: string) => `由访客或网页声明，未经核实：${facts}`,
    facts: { name: '姓名', email: '邮箱', phone: '电话' },
    stop: '、',
    verified: '已由网站核实',
    externalId: (id: string) => `网站客户 ${id}`,
  },
});

/** A tag as people read it: the product's own by its words, an inbox's own as it is called. */
export function tagWords(tag: string): string {
  return t().tags[tag] ?? tag;
}

/** That the website has proven who he is, and what it calls him; nothing where nobody has. */
export function Verified({ contact }: { contact: Contact }) {
  const w = t();
  if (contact.external_id === '') return null;
  return (
    <p class="verified">
      <Badge tone="ok">{w.verified}</Badge> <span class="small t3">{w.externalId(contact.external_id)}</span>
    </p>
  );
}

/** Which facts nobody has checked; nothing where there are none. */
export function Claimed({ contact }: { contact: Contact }) {
  const w = t();
  const facts = contact.claimed.map((name) => w.facts[name] ?? name.replace(/^attributes\./u, ''));
  if (facts.length === 0) return null;
  return (
    <p class="hint claimed">
      <Icon name="info" size="s" />
      {w.claimed(facts.join(w.stop))}
    </p>
  );
}

/** What the customer said of conversations, the newest first. */
export function Ratings({ ratings, now }: { ratings: readonly Rating[]; now: number }) {
  const w = t();
  if (ratings.length === 0) return null;
  return (
    <section class="sec">
      <h3>{w.ratings}</h3>
      <ul class="ratings">
        {ratings.map((rating) => (
          <li key={rating.conversation_id}>
            <Icon name="star" size="s" />
            <b class="num">{w.of(rating.score)}</b>
            <span class="grow">
              {[...rating.tags.map(tagWords), rating.text].filter(Boolean).join(' · ')}
            </span>
            <time class="small t3 num" title={fullTime(rating.created_at, language.value)}>{shortTime(rating.created_at, now)}</time>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What happened on the site, as its page told it. */
export function Events({ events, now }: { events: readonly VisitorEvent[]; now: number }) {
  const w = t();
  if (events.length === 0) return null;
  return (
    <section class="sec">
      <h3>{w.events}</h3>
      <ul class="ratings">
        {events.map((event) => (
          <li key={event.id}>
            <Icon name="bolt" size="s" />
            <span class="grow">
              {event.name}
              {Object.entries(event.data).map(([key, value]) => (
                <span key={key} class="small t3">{` · ${key} ${value}`}</span>
              ))}
            </span>
            <time class="small t3 num" title={fullTime(event.at, language.value)}>{shortTime(event.at, now)}</time>
          </li>
        ))}
      </ul>
    </section>
  );
}
