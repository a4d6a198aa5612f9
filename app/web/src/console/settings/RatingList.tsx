import { useEffect, useRef, useState } from 'preact/hooks';
import { fullTime } from '../../kit/dates';
import type { Contact } from '../../kit/frames';
import { language, words as both } from '../../kit/i18n';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty, Failure } from '../../kit/ui/Empty';
import { SelectField } from '../../kit/ui/Field';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Table } from '../../kit/ui/Table';
import { type Rating, tagWords } from '../contact/About';
import { type Desk, useDesk } from '../state/desk';
import { follow } from '../state/router';
import { reason } from '../state/session';
import { shortTime } from '../times';
import { t as words } from '../words';

const DAY_MS = 86_400_000;
const PERIODS = [1, 7, 30, 365] as const;
const SCORES = [5, 4, 3, 2, 1] as const;

const t = both({
  en: {
    lead: 'What visitors said of conversations that you may read. Whether they are asked is set for each inbox.',
    when: 'When',
    anyTime: 'Any time',
    days: (count: number) => (count === 1 ? 'Last 24 hours' : `Last ${count} days`),
    inbox: 'Inbox',
    anyInbox: 'Any inbox',
    agent: 'Agent',
    anybody: 'Anybody',
    score: 'Score',
    anyScore: 'Any score',
    of: (score: number) => `${score} of 5`,
    said: 'What was said',
    average: (value: string, count: number) => `${value} of 5 on average, ${count === 1 ? '1 rating' : `${count} ratings`}`,
    none: 'No rating here',
    noneNext: 'A visitor is asked when an agent has answered and resolves the conversation.',
    failed: 'The ratings could not be fetched',
    older: 'Older ratings',
    nobody: 'Nobody',
  },
  zh: {
    lead: '访客对你有权查看的会话的评价。是否邀请评分在各收件箱中设置。',
    when: '时间',
    anyTime: '不限时间',
    days: (count) => (count === 1 ? '最近 24 小时' : `最近 ${count} 天`),
    inbox: '收件箱',
    anyInbox: '全部收件箱',
    agent: '客服',
    anybody: '任何人',
    score: '评分',
    anyScore: '全部评分',
    of: (score) => `${score} / 5`,
    said: '评价内容',
    average: (value, count) => `平均 ${value} / 5，共 ${count} 条评分`,
    none: '没有评分',
    noneNext: '客服回复过并解决会话时，会邀请访客评分。',
    failed: '评分加载失败',
    older: '更早的评分',
    nobody: '无人',
  },
});

interface Row {
  readonly rating: Rating & { readonly agent_id: string | null; readonly inbox_id: string };
  readonly contact: Contact;
}

interface Page {
  readonly ratings: readonly Row[];
  readonly next: string | null;
  readonly scores: Readonly<Record<string, number>>;
}

/** What visitors said, narrowed by when, where, of whom and how good. */
export function RatingList() {
  const desk = useDesk();
  const w = t();
  const [page, setPage] = useState<Page | null>(null);
  const [why, setWhy] = useState('');
  const [asked, setAsked] = useState({ days: '', inbox: '', agent: '', score: '' });
  const round = useRef(0);
  const load = (before?: string): void => {
    setWhy('');
    const mine = (round.current += 1);
    const { days, ...facts } = asked;
    const query = new URLSearchParams(Object.entries(facts).filter(([, value]) => value !== ''));
    if (days) query.set('since', String(Date.now() - Number(days) * DAY_MS));
    if (before !== undefined) query.set('before', before);
    desk.api.get<Page>(`api/v1/ratings?${query.toString()}`).then(
      (told) => {
        if (mine !== round.current) return;
        setPage((held) => (before === undefined || held === null ? told : { ...told, ratings: [...held.ratings, ...told.ratings] }));
      },
      (error: unknown) => mine === round.current && setWhy(reason(error)),
    );
  };
  useEffect(() => load(), [asked]);
  const set = (change: Partial<typeof asked>): void => setAsked({ ...asked, ...change });
  return (
    <>
      <div class="settings-title">
        <h2>{words().ratings}</h2>
      </div>
      <p class="t2">{w.lead}</p>
      <div class="audit-filters">
        <SelectField
          label={w.when}
          value={asked.days}
          choices={[{ value: '', label: w.anyTime }, ...PERIODS.map((days) => ({ value: String(days), label: w.days(days) }))]}
          onChange={(days) => set({ days })}
        />
        <SelectField
          label={w.inbox}
          value={asked.inbox}
          choices={[{ value: '', label: w.anyInbox }, ...[...desk.people.inboxes.value.values()].map(({ id, name }) => ({ value: id, label: name }))]}
          onChange={(inbox) => set({ inbox })}
        />
        <SelectField
          label={w.agent}
          value={asked.agent}
          choices={[{ value: '', label: w.anybody }, ...[...desk.people.colleagues.value.values()].map(({ id, name }) => ({ value: id, label: name }))]}
          onChange={(agent) => set({ agent })}
        />
        <SelectField
          label={w.score}
          value={asked.score}
          choices={[{ value: '', label: w.anyScore }, ...SCORES.map((score) => ({ value: String(score), label: w.of(score) }))]}
          onChange={(score) => set({ score })}
        />
      </div>
      <Average scores={page?.scores ?? {}} />
      <Card>
        {why !== '' ? (
          <Failure
            title={w.failed}
            reason={why}
            retry={
              <Button size="s" icon="refresh" onPress={() => load()}>
                {words().retry}
              </Button>
            }
          />
        ) : page === null ? (
          <Skeleton label={words().loading} rows={6} face={false} />
        ) : page.ratings.length === 0 ? (
          <Empty icon="star" title={w.none}>
            {w.noneNext}
          </Empty>
        ) : (
          <Table fold label={words().ratings} head={[w.score, w.said, w.agent, w.when]}>
            {page.ratings.map(({ rating, contact }) => (
              <tr key={rating.conversation_id}>
                <td class="mid num">{w.of(rating.score)}</td>
                <td class="own-line">
                  <a class="link" href={desk.hrefOf(`c/${rating.conversation_id}`)} onClick={follow(desk.router, `c/${rating.conversation_id}`)}>
                    {contact.name || words().visitor(contact.number)}
                  </a>
                  <div class="small t2">{[...rating.tags.map((tag) => tagOf(desk, rating.inbox_id, tag)), rating.text].filter(Boolean).join(' · ')}</div>
                </td>
                <td>{rating.agent_id ? desk.nameOf(rating.agent_id) : <span class="t3">{w.nobody}</span>}</td>
                <td class="small t3 num" title={fullTime(rating.created_at, language.value)}>
                  {shortTime(rating.created_at, desk.now.peek())}
                </td>
              </tr>
            ))}
          </Table>
        )}
        {page?.next && why === '' && (
          <div class="card-foot">
            <Button onPress={() => load(page.next ?? undefined)}>{w.older}</Button>
          </div>
        )}
      </Card>
    </>
  );
}

/** An inbox's own tag in the reader's language; the product's own by its words. */
function tagOf(desk: Desk, inbox: string, tag: string): string {
  const own = desk.people.inboxes.value.get(inbox)?.widget.survey.tags?.find(({ en = '', zh = '' }) => (en || zh) === tag);
  return (own && (language.value === 'zh' ? own.zh || own.en : own.en || own.zh)) || tagWords(tag);
}

/** What all that fit add up to; nothing where there are none. */
function Average({ scores }: { scores: Readonly<Record<string, number>> }) {
  const count = SCORES.reduce((sum, score) => sum + (scores[score] ?? 0), 0);
  if (count === 0) return null;
  const sum = SCORES.reduce((whole, score) => whole + score * (scores[score] ?? 0), 0);
  return <p class="mid num">{t().average((sum / count).toFixed(1), count)}</p>;
}
