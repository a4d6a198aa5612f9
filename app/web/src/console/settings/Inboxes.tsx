import { useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { SelectField, TextField } from '../../kit/ui/Field';
import { Icon } from '../../kit/ui/Icon';
import { Switch } from '../../kit/ui/Toggle';
import { whiteOn, CONTRAST_MIN } from '../../kit/contrast';
import { type Greeting, PLAIN_WIDGET, type Widget } from '../../kit/inbox';
import type { Desk } from '../state/desk';
import { useDesk } from '../state/desk';
import type { Inbox } from '../state/people';
import { t } from '../words';
import { ChannelInbox } from './ChannelInbox';
import { InboxPreview, type PreviewScreen } from './InboxPreview';
import { InboxIdentity } from './InboxIdentity';
import { InboxWidget } from './InboxWidget';
import { SaveForm } from './SaveForm';
import { type Schedule, useSchedules } from './schedules';
import { Snippet } from './Snippet';
import { t as i } from './inboxWords';

type Form = Omit<Inbox, 'id' | 'created_at'>;
const BLANK: Form = {
  name: '',
  origins: [],
  team_id: null,
  color: '',
  greeting_en: '',
  greeting_zh: '',
  preview: true,
  widget: PLAIN_WIDGET,
  schedule_id: null,
};

/** The websites where customers write. */
export function Inboxes() {
  const desk = useDesk();
  const w = t();
  const [adding, setAdding] = useState(false);
  const may = desk.may('inboxes.manage');
  const inboxes = [...desk.people.inboxes.value.values()].filter(({ kind }) => kind !== 'email');
  return (
    <>
      <div class="settings-title">
        <h2>{w.inboxes}</h2>
        <span class="end">
          <Button icon="plus" disabled={!may} reason={may ? undefined : w.notAllowed} onPress={() => setAdding(true)}>
            {w.addInbox}
          </Button>
        </span>
      </div>
      {adding && (
        <Card title={w.newInbox}>
          <InboxForm desk={desk} inbox={null} onDone={() => setAdding(false)} onCancel={() => setAdding(false)} />
        </Card>
      )}
      {inboxes.map((inbox) =>
        inbox.kind === 'channel' ? (
          <Card key={inbox.id} title={inbox.name}>
            {may && <ChannelInbox desk={desk} inbox={inbox} />}
          </Card>
        ) : (
          <Card key={inbox.id} title={inbox.name}>
            <div class="card-body">
              <span class="label">{w.snippet}</span>
              <Snippet inboxId={inbox.id} publicUrl={desk.me.public_url} />
            </div>
            {may && <InboxForm desk={desk} inbox={inbox} />}
            {may && <InboxIdentity desk={desk} inboxId={inbox.id} />}
          </Card>
        ),
      )}
    </>
  );
}

function InboxForm({
  desk,
  inbox,
  onDone,
  onCancel,
}: {
  desk: Desk;
  inbox: Inbox | null;
  onDone?: () => void;
  onCancel?: () => void;
}) {
  const w = t();
  const now = inbox ? formOf(inbox) : BLANK;
  const [form, setForm] = useState<Form>(now);
  const [origins, setOrigins] = useState(now.origins.join('\n'));
  const [open, setOpen] = useState(false);
  const [screen, setScreen] = useState<PreviewScreen>('home');
  const [greeting, setGreeting] = useState<Greeting | null>(null);
  const { schedules } = useSchedules(desk, open);
  const change = (part: Partial<Form>): void => setForm({ ...form, ...part });
  const wanted: Form = { ...form, origins: origins.split(/[\s,;，；、]+/u).filter(Boolean) };
  const fault =
    form.name.trim() === '' ? w.needed(w.nameOfInbox) : form.color && !/^#[0-9a-f]{6}$/iu.test(form.color) ? w.colorHint : null;
  const teams = [...desk.people.teams.value.values()].map(({ id, name }) => ({ value: id, label: name }));
  const save = async (): Promise<void> => {
    const path = inbox ? `api/v1/inboxes/${inbox.id}` : 'api/v1/inboxes';
    const answer = inbox
      ? await desk.api.patch<{ inbox: Inbox }>(path, wanted)
      : await desk.api.post<{ inbox: Inbox }>(path, wanted);
    desk.people.inboxes.value = new Map(desk.people.inboxes.value).set(answer.inbox.id, answer.inbox);
    setForm(formOf(answer.inbox));
    setOrigins(answer.inbox.origins.join('\n')); // as the server spells them
    onDone?.();
  };
  return (
    <SaveForm dirty={JSON.stringify(wanted) !== JSON.stringify(now)} fault={fault} onSave={save} onCancel={onCancel}>
      <div class={open ? 'inbox-form open' : 'inbox-form'}>
      <div class="inbox-fields">
      <div class="form-grid">
        <TextField label={w.nameOfInbox} field="name" value={form.name} maxLength={100} onInput={(name) => change({ name })} />
        <SelectField
          label={w.team}
          field="team_id"
          value={form.team_id ?? ''}
          choices={[{ value: '', label: w.noTeam }, ...teams]}
          onChange={(team) => change({ team_id: team || null })}
        />
        <div class="wide">
          <TextField
            label={w.origins}
            field="origins"
            hint={<OriginsHint none={wanted.origins.length === 0} />}
            lines={2}
            value={origins}
            onInput={setOrigins}
          />
        </div>
        <TextField
          label={w.greetingZh}
          field="greeting_zh"
          lines={2}
          maxLength={500}
          value={form.greeting_zh}
          onInput={(greeting) => change({ greeting_zh: greeting })}
        />
        <TextField
          label={w.greetingEn}
          field="greeting_en"
          lines={2}
          maxLength={500}
          value={form.greeting_en}
          onInput={(greeting) => change({ greeting_en: greeting })}
        />
        <ColorField color={form.color} onInput={(color) => change({ color })} />
        <div class="wide">
          <Switch on={form.preview} onChange={(preview) => change({ preview })}>
            {w.preview}
          </Switch>
          <p class="hint">{w.previewHint}</p>
        </div>
      </div>
      {inbox && (
        <Button kind="ghost" icon={open ? 'minus' : 'plus'} expanded={open} onPress={() => setOpen(!open)}>
          {i().widget}
        </Button>
      )}
      {open && inbox && (
        <InboxWidget
          inboxId={inbox.id}
          widget={form.widget}
          onChange={(widget) => change({ widget })}
          schedules={schedules}
          schedule={form.schedule_id}
          onFollow={(schedule_id) => change({ schedule_id })}
          onShow={setScreen}
          onGreet={setGreeting}
        />
      )}
      </div>
      {open && inbox && <InboxPreview inbox={{ ...inbox, ...wanted, widget: withHours(wanted, schedules) }} screen={screen} greeting={greeting} onShow={setScreen} />}
      </div>
    </SaveForm>
  );
}

/** The shop's colour, by a picker or by its name; what is to be said of text on it. */
function ColorField({ color, onInput }: { color: string; onInput: (color: string) => void }) {
  const w = t();
  const contrast = whiteOn(color);
  const pale = contrast !== null && contrast < CONTRAST_MIN;
  return (
    <div class="color-field">
      <TextField label={w.color} field="color" hint={pale ? undefined : w.colorHint} maxLength={7} value={color} onInput={onInput} />
      <input
        type="color"
        class="color-pick"
        aria-label={i().pick}
        value={contrast === null ? '#006c78' : color}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {pale && (
        <p class="hint tone-warn">
          <Icon name="warn" size="s" />
          {i().pale(contrast.toFixed(1))}
        </p>
      )}
    </div>
  );
}

/** How to name websites, and what it means that none is named. */
function OriginsHint({ none }: { none: boolean }) {
  const w = t();
  return (
    <>
      {w.originsHint}
      {none && (
        <div class="tone-warn">
          <Icon name="warn" size="s" />
          {w.originsNone}
        </div>
      )}
    </>
  );
}

/** As visitors will see it: with the hours that hold. */
function withHours({ widget, schedule_id }: Form, schedules: readonly Schedule[]): Widget {
  const followed = schedules.find(({ id }) => id === schedule_id);
  return followed === undefined ? widget : { ...widget, hours: followed.hours };
}

function formOf({ name, origins, team_id, color, greeting_en, greeting_zh, preview, widget, schedule_id }: Inbox): Form {
  return { name, origins, team_id, color, greeting_en, greeting_zh, preview, widget, schedule_id };
}
