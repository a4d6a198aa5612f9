import { useEffect, useState } from 'preact/hooks';
import type { Contact } from '../../kit/frames';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { TextField } from '../../kit/ui/Field';
import { Icon } from '../../kit/ui/Icon';
import type { Organisation } from '../organisations/model';
import { t } from '../organisations/words';
import type { Desk } from '../state/desk';
import { follow } from '../state/router';
import { reason } from '../state/session';
import { t as shared } from '../words';

const PAUSE_MS = 250;
const HITS = 8;

interface BelongsProps {
  desk: Desk;
  contact: Contact;
  organisation: Organisation | null;
  /** Whom his address speaks for, where he belongs to none. */
  suggested: Organisation | null;
  onChange: () => void;
}

/** Whom a contact belongs to; assigned by hand, or as his address says. */
export function Belongs({ desk, contact, organisation, suggested, onChange }: BelongsProps) {
  const w = t();
  const [choosing, setChoosing] = useState(false);
  const may = desk.may('contacts.write') && contact.merged_into === null;
  const { round } = desk.organisations.value;
  useEffect(() => {
    if (contact.organisation_id !== (organisation?.id ?? null)) onChange(); // a colleague has changed it
  }, [contact.organisation_id]);
  useEffect(() => {
    if (round > 0) onChange();
  }, [round]);
  const assign = async (id: string | null): Promise<void> => {
    const answer = await desk.api.patch<{ contact: Contact }>(`api/v1/contacts/${contact.id}`, { organisation_id: id });
    desk.lists.receive({ t: 'contact', pos: 0, contact: answer.contact });
    setChoosing(false);
    onChange();
  };
  if (organisation === null && !may) return null;
  return (
    <div class="belongs">
      <span class="t3">{w.one}</span>
      {organisation && (
        <a class="cut grow" href={desk.hrefOf(`organisations/${organisation.id}`)} onClick={follow(desk.router, `organisations/${organisation.id}`)}>
          {organisation.name}
        </a>
      )}
      {may && organisation === null && suggested && (
        <Button size="s" icon="check" label={w.assignTo(suggested.name)} onPress={() => void assign(suggested.id).catch((error: unknown) => desk.say(reason(error)))}>
          {suggested.name}
        </Button>
      )}
      {may && (
        <Button kind="ghost" size="s" icon={organisation ? 'pen' : 'plus'} label={organisation ? w.reassign : w.assign} onPress={() => setChoosing(true)} />
      )}
      {choosing && <Choosing desk={desk} held={organisation} onChoose={assign} onClose={() => setChoosing(false)} />}
    </div>
  );
}

interface ChoosingProps {
  desk: Desk;
  held: Organisation | null;
  onChoose: (id: string | null) => Promise<void>;
  onClose: () => void;
}

/** One is found by its name or domain, and chosen; who may adds one of that name. */
function Choosing({ desk, held, onChoose, onClose }: ChoosingProps) {
  const w = t();
  const [words, setWords] = useState('');
  const [found, setFound] = useState<readonly Organisation[]>([]);
  const [why, setWhy] = useState('');
  useEffect(() => {
    const aborter = new AbortController();
    const later = setTimeout(() => {
      const query = new URLSearchParams({ limit: String(HITS), ...(words.trim() ? { q: words.trim() } : {}) });
      desk.api
        .get<{ organisations: readonly { organisation: Organisation }[] }>(`api/v1/organisations?${query.toString()}`, { signal: aborter.signal })
        .then(
          (page) => setFound(page.organisations.map(({ organisation }) => organisation)),
          (error: unknown) => !aborter.signal.aborted && setWhy(reason(error)),
        );
    }, words === '' ? 0 : PAUSE_MS);
    return () => {
      clearTimeout(later);
      aborter.abort();
    };
  }, [words]);
  const choose = (deed: () => Promise<void>): void => {
    setWhy('');
    deed().catch((error: unknown) => setWhy(reason(error)));
  };
  const add = async (): Promise<void> => {
    const made = await desk.api.post<{ organisation: Organisation }>('api/v1/organisations', { name: words.trim() });
    await onChoose(made.organisation.id);
  };
  const known = found.some(({ name }) => name.toLowerCase() === words.trim().toLowerCase());
  return (
    <Dialog title={w.assign} onClose={onClose} actions={<Button onPress={onClose}>{shared().cancel}</Button>}>
      <TextField label={w.find} focus maxLength={200} value={words} onInput={setWords} />
      <ul class="people-conversations">
        {found.map((one) => (
          <li key={one.id} class="row">
            <Icon name="box" size="s" />
            <span class="grow cut">
              {one.name} <span class="small t3">{one.domains.join(' ')}</span>
            </span>
            <Button size="s" disabled={one.id === held?.id} label={w.assignTo(one.name)} onPress={() => choose(() => onChoose(one.id))}>
              {w.choose}
            </Button>
          </li>
        ))}
      </ul>
      <div class="row wrap">
        {desk.may('contacts.manage') && words.trim() !== '' && !known && (
          <Button icon="plus" onPress={() => choose(add)}>
            {w.addNamed(words.trim())}
          </Button>
        )}
        {held && (
          <Button kind="harm" onPress={() => choose(() => onChoose(null))}>
            {w.leave}
          </Button>
        )}
      </div>
      {why !== '' && (
        <p class="hint bad" role="alert">
          {why}
        </p>
      )}
    </Dialog>
  );
}
