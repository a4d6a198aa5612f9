import { useEffect, useMemo, useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Segment } from '../../kit/ui/Tabs';
import { LineState } from '../composer/LineState';
import { useDesk } from '../state/desk';
import { DRAWER_UP_TO } from '../state/panes';
import { t as common } from '../words';
import { CorrectionsPage } from './CorrectionsPage';
import { IntentPage } from './IntentPage';
import { ListPage } from './ListPage';
import { QualityPage } from './QualityPage';
import { ReviewPage } from './ReviewPage';
import { TryIt } from './TryIt';
import { Book, BookProvider } from './book';
import { t } from './words';

/** What stands in the address for a page beside the intents: no intent can be called so. */
const PAGES = { quality: '_quality', review: '_review', corrections: '_corrections' } as const;
type Page = 'list' | keyof typeof PAGES;

/** Intents: what visitors want, how well it is recognised, what is to be judged; a message can be tried beside all of it. */
export function Intents() {
  const desk = useDesk();
  const book = useMemo(() => new Book(desk), [desk]);
  const w = t();
  const narrow = useNarrow();
  const [open, setOpen] = useState(false);
  const route = desk.router.route.value;
  const item = route.page === 'intents' ? route.item : null;
  const page = pageOf(item);
  useEffect(() => void book.load(), [book]);
  return (
    <BookProvider value={book}>
      <main class="sheet intents">
        <section class="thread-pane intents-pane" id="pane" tabIndex={-1} inert={narrow && open}>
          <header class="pane-head intents-head">
            <h1>{common().intents}</h1>
            <Segment
              label={common().intents}
              chosen={page ?? 'list'}
              tabs={(['list', 'quality', 'review', 'corrections'] as const).map((key) => ({ key, label: w.pages[key] }))}
              onChoose={(key) => desk.router.go(key === 'list' ? 'intents' : `intents/${PAGES[key]}`)}
            />
            {narrow && (
              <span class="end">
                <Button size="s" icon="play" onPress={() => setOpen(true)}>
                  {w.tryIt.title}
                </Button>
              </span>
            )}
          </header>
          <LineState />
          <div class="scroll">
            <div class="intents-body">{page === null && item !== null ? <IntentPage key={item} name={item} /> : <Shown page={page ?? 'list'} />}</div>
          </div>
        </section>
        {narrow && open && <div class="scrim" onClick={() => setOpen(false)} />}
        {(!narrow || open) && <TryIt onClose={narrow ? () => setOpen(false) : undefined} />}
      </main>
    </BookProvider>
  );
}

function Shown({ page }: { page: Page }) {
  if (page === 'quality') return <QualityPage />;
  if (page === 'review') return <ReviewPage />;
  return page === 'corrections' ? <CorrectionsPage /> : <ListPage />;
}

/** Which page it is, or null where one intent is open. */
function pageOf(item: string | null): Page | null {
  if (item === null) return 'list';
  return (Object.keys(PAGES) as (keyof typeof PAGES)[]).find((key) => PAGES[key] === item) ?? null;
}

function useNarrow(): boolean {
  const media = useMemo(() => window.matchMedia(`(max-width: ${DRAWER_UP_TO}px)`), []);
  const [narrow, setNarrow] = useState(media.matches);
  useEffect(() => {
    const look = (): void => setNarrow(media.matches);
    media.addEventListener('change', look);
    return () => media.removeEventListener('change', look);
  }, [media]);
  return narrow;
}
