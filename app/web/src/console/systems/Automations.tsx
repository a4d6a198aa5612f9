import { useState } from 'preact/hooks';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Dialog } from '../../kit/ui/Dialog';
import { Empty, Failure } from '../../kit/ui/Empty';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Table } from '../../kit/ui/Table';
import { useKeptFocus } from '../settings/keptFocus';
import { Once } from '../settings/Once';
import { type Desk, useDesk } from '../state/desk';
import { follow } from '../state/router';
import { reason } from '../state/session';
import { describe } from '../tools/describe';
import { t as common } from '../words';
import { AutomationForm } from './AutomationForm';
import type { Automation, AutomationList, Form } from './automation';
import { t } from './automationWords';
import { usePolled } from './polled';
import { said, toneOf } from './said';
import { t as systemWords } from './words';

/** What is done by itself: when something happens, or by the clock. */
export function Automations() {
  const desk = useDesk();
  const w = t();
  const { answer, why, again } = usePolled<AutomationList>(desk, 'api/v1/automations');
  const [open, setOpen] = useState<Automation | 'new' | null>(null);
  const [secret, setSecret] = useState('');
  const [removing, setRemoving] = useState<Automation | null>(null);
  const box = useKeptFocus(open === null ? 'list' : 'form');
  const saved = (fresh: string): void => {
    setOpen(null);
    setSecret(fresh);
    desk.say(common().saved);
    again();
  };
  return (
    <div class="systems-stack" ref={box} tabIndex={-1}>
      <div class="settings-title">
        <h2>{common().automations}</h2>
        <span class="end">
          <Button icon="plus" kind="prime" disabled={answer === null} onPress={() => setOpen('new')}>
            {w.add}
          </Button>
        </span>
      </div>
      <p class="t2">{w.lead}</p>
      {secret !== '' && (
        <Card title={w.secretTitle}>
          <div class="card-body">
            <Once title={w.secretTitle} secret={secret} why={w.secretWhy} onKept={() => setSecret('')} />
          </div>
        </Card>
      )}
      {open !== null && answer !== null && (
        <Card key={open === 'new' ? 'new' : open.name} title={open === 'new' ? w.add : w.change(said(open.title))}>
          <AutomationForm desk={desk} automation={open === 'new' ? null : open} offered={answer} onSaved={saved} onCancel={() => setOpen(null)} />
        </Card>
      )}
      <Card>
        {answer === null ? (
          why === '' ? (
            <Skeleton label={common().loading} rows={3} face={false} />
          ) : (
            <Failure
              title={w.failed}
              reason={why}
              retry={
                <Button size="s" icon="refresh" onPress={again}>
                  {common().retry}
                </Button>
              }
            />
          )
        ) : answer.automations.length === 0 ? (
          <Empty icon="bolt" title={w.none}>
            {w.noneNext}
          </Empty>
        ) : (
          <Table fold label={common().automations} head={[w.name, w.when, w.does, w.state, <span class="sr">{common().edit}</span>]}>
            {answer.automations.map((one) => (
              <Row key={one.name} desk={desk} automation={one} onOpen={setOpen} onRemove={setRemoving} onChanged={again} />
            ))}
          </Table>
        )}
      </Card>
      {removing && (
        <Removing
          desk={desk}
          automation={removing}
          onDone={() => {
            setRemoving(null);
            again();
          }}
          onClose={() => setRemoving(null)}
        />
      )}
    </div>
  );
}

interface RowProps {
  desk: Desk;
  automation: Automation;
  onOpen: (automation: Automation) => void;
  onRemove: (automation: Automation) => void;
  onChanged: () => void;
}

function Row({ desk, automation, onOpen, onRemove, onChanged }: RowProps) {
  const w = t();
  const { name, form, enabled, editable } = automation;
  const title = said(automation.title);
  const path = `settings/sources/${name}`;
  const turn = (): void => {
    desk.api.post(`api/v1/sources/${name}/enabled`, { enabled: !enabled }).then(onChanged, (error: unknown) => desk.say(reason(error)));
  };
  return (
    <tr>
      <td class="mid">{title}</td>
      <td class="t2 own-line">{form ? whenOf(form) : <Badge>{w.byHand}</Badge>}</td>
      <td class="t2 own-line">{form && doesOf(desk, form)}</td>
      <td>
        <span class="row wrap">
          <Badge tone={toneOf(automation)}>{systemWords().states[automation.state]}</Badge>
          {automation.letters > 0 && (
            <a class="link small tone-danger" href={desk.hrefOf(path)} onClick={follow(desk.router, path)}>
              {systemWords().lettersOf(automation.letters)}
            </a>
          )}
          {automation.code !== '' && <span class="small tone-warn">{said(automation)}</span>}
        </span>
      </td>
      <td>
        {editable && (
          <span class="row row-s automation-acts">
            <Button kind="ghost" size="s" icon={enabled ? 'pause' : 'play'} label={(enabled ? w.off : w.on)(title)} onPress={turn} />
            {form ? (
              <Button kind="ghost" size="s" icon="pen" label={w.change(title)} onPress={() => onOpen(automation)} />
            ) : (
              <Button kind="ghost" size="s" icon="file" label={`${w.openYaml}: ${title}`} onPress={() => desk.router.go(path)} />
            )}
            <Button kind="ghost" size="s" icon="x" label={w.remove(title)} onPress={() => onRemove(automation)} />
          </span>
        )}
      </td>
    </tr>
  );
}

function whenOf({ when }: Form): string {
  const w = t();
  if (when.on === 'event') return when.events.map((name) => w.events[name] ?? name).join(w.stop);
  if (when.at === '') return w.every_(when.every);
  return `${w.at_(when.at, when.days.map((day) => w.dayNames[day]).join(w.stop))} ${when.zone}`;
}

function doesOf(desk: Desk, { actions, call }: Form): string {
  return call === null ? actions.map((action) => describe(desk, action)).join(' · ') : t().calls(hostOf(call.url));
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

function Removing({ desk, automation, onDone, onClose }: { desk: Desk; automation: Automation; onDone: () => void; onClose: () => void }) {
  const w = t();
  const [why, setWhy] = useState('');
  const remove = (): void => {
    desk.api.delete(`api/v1/automations/${automation.name}`).then(onDone, (error: unknown) => setWhy(reason(error)));
  };
  return (
    <Dialog
      title={w.removeTitle(said(automation.title))}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{common().cancel}</Button>
          <Button kind="harm-prime" onPress={remove}>
            {w.removeAct}
          </Button>
        </>
      }
    >
      <p class="body">{w.removeWhat}</p>
      {why !== '' && (
        <p class="hint bad" role="alert">
          {why}
        </p>
      )}
    </Dialog>
  );
}
