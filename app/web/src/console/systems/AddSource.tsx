import { useState } from 'preact/hooks';
import { language } from '../../kit/i18n';
import { base } from '../../kit/place';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Failure } from '../../kit/ui/Empty';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Icon } from '../../kit/ui/Icon';
import { Source as Glyph } from '../../kit/ui/Source';
import { useKeptFocus } from '../settings/keptFocus';
import { SaveForm } from '../settings/SaveForm';
import { type Desk, useDesk } from '../state/desk';
import { follow } from '../state/router';
import { t as common } from '../words';
import { CheckLine } from './Cases';
import { PresetForm } from './PresetForm';
import { VaultFields, given } from './VaultFields';
import { YamlEditor } from './YamlEditor';
import { type Told, isRight, useChecked } from './checked';
import type { Checked, Preset, Saved, SourceList } from './model';
import { usePolled } from './polled';
import { said } from './said';
import { t } from './words';

const SELDOM_MS = 600_000;
const NOTHING: ReadonlySet<string> = new Set();
const BEGUN = `source: my-shop
title: {en: My shop, zh: 我的商城}
secrets: {key: vault:my-shop.key}
call:
  get: https://shop.example/api/orders
  query: {changed_after: $window.start.iso, page: $page}
  headers: {X-Api-Key: $key}
records: {at: orders, id: number, changed: changed_at}
follow: {by: changed, every: 1m}
map:
  id: number
deliver: {to: orders, key: id}
`;

/** Joining a system: which one, what it asks for, and it runs. */
export function AddSource() {
  const desk = useDesk();
  const w = t();
  const presets = usePolled<{ presets: readonly Preset[] }>(desk, 'api/v1/presets', SELDOM_MS);
  const sources = usePolled<SourceList>(desk, 'api/v1/sources', SELDOM_MS);
  const [chosen, setChosen] = useState<Preset | 'own' | null>(null);
  const box = useKeptFocus(chosen === null ? 'choosing' : 'filling');
  const taken = new Set(sources.answer?.sources.flatMap(({ name, system }) => [name, system]));
  const saved = ({ sources: made }: Saved): void => {
    desk.say(common().saved);
    desk.router.go(`settings/sources/${made[0]?.name ?? ''}`);
  };
  const why = presets.why || sources.why;
  const again = (): void => {
    presets.again();
    sources.again();
  };
  return (
    <div class="systems-stack" ref={box} tabIndex={-1}>
      <BackToAll />
      <div class="settings-title">
        <h2>{chosen === null ? w.choose : chosen === 'own' ? w.own : said(chosen.title)}</h2>
        {chosen !== null && (
          <span class="end">
            <Button icon="back" onPress={() => setChosen(null)}>
              {w.another}
            </Button>
          </span>
        )}
      </div>
      {chosen === 'own' ? (
        <Card>
          <OwnForm taken={taken} onSaved={saved} />
        </Card>
      ) : chosen !== null ? (
        <Card>
          <PresetForm preset={chosen} held={null} taken={taken} onSaved={saved} />
        </Card>
      ) : presets.answer === null || sources.answer === null ? (
        <Card>
          {why === '' ? (
            <Skeleton label={common().loading} rows={4} />
          ) : (
            <Failure
              title={w.presetsFailed}
              reason={why}
              retry={
                <Button size="s" icon="refresh" onPress={again}>
                  {common().retry}
                </Button>
              }
            />
          )}
        </Card>
      ) : (
        <Gallery presets={presets.answer.presets} onChoose={setChosen} />
      )}
    </div>
  );
}

export function BackToAll() {
  const desk = useDesk();
  return (
    <a class="settings-back" href={desk.hrefOf('settings/sources')} onClick={follow(desk.router, 'settings/sources')}>
      <Icon name="left" />
      {t().back}
    </a>
  );
}

function Gallery({ presets, onChoose }: { presets: readonly Preset[]; onChoose: (chosen: Preset | 'own') => void }) {
  const w = t();
  const groups = [...new Set(presets.map(({ group }) => group))];
  return (
    <>
      {groups.map((group) => (
        <section key={group} class="presets-group" aria-label={w.groups[group] ?? group}>
          <h3>{w.groups[group] ?? group}</h3>
          <ul class="presets">
            {presets
              .filter((preset) => preset.group === group)
              .map((preset) => (
                <li key={preset.name}>
                  <button type="button" class="preset" onClick={() => onChoose(preset)}>
                    <span aria-hidden="true">
                      <Glyph id={preset.name} name={said(preset.title)} />
                    </span>
                    <span class="col grow">
                      <span class="mid">{said(preset.title)}</span>
                      {preset.help && <span class="small t3">{said(preset.help)}</span>}
                    </span>
                  </button>
                </li>
              ))}
          </ul>
        </section>
      ))}
      <ul class="presets">
        <li>
          <button type="button" class="preset" onClick={() => onChoose('own')}>
            <Icon name="pen" />
            <span class="col grow">
              <span class="mid">{w.own}</span>
              <span class="small t3">{w.ownHelp}</span>
            </span>
          </button>
        </li>
      </ul>
    </>
  );
}

/** A system that nobody knows but who writes this. */
function OwnForm({ taken, onSaved }: { taken: ReadonlySet<string>; onSaved: (saved: Saved) => void }) {
  const desk = useDesk();
  const w = t();
  const [yaml, setYaml] = useState(BEGUN);
  const [secrets, setSecrets] = useState<Readonly<Record<string, string>>>({});
  const [refused, setRefused] = useState<Saved | null>(null);
  const told = useChecked(desk, yaml);
  const save = async (): Promise<void> => {
    setRefused(null);
    const saved = await putYaml(desk, nameIn(yaml), yaml, given(yaml, secrets));
    if (saved.saved) onSaved(saved);
    else setRefused(saved);
  };
  return (
    <SaveForm dirty fault={taken.has(nameIn(yaml)) ? w.nameTaken : faultOf(told, yaml)} quiet action={w.start} onSave={save}>
      <YamlEditor label={w.spec} value={yaml} mistakes={told.answer?.errors ?? []} hint={<SpecHint />} focus onInput={setYaml} />
      <VaultFields yaml={yaml} held={NOTHING} values={secrets} onChange={setSecrets} />
      {refused !== null && refused.errors.length > 0 && (
        <p class="hint bad" role="alert">
          {refused.errors.map(said).join(' ')}
        </p>
      )}
      <CheckLine told={refused !== null && told.busy ? { ...told, answer: refused } : told} />
    </SaveForm>
  );
}

/** What keeps a document from running. */
export function faultOf({ answer, busy, why }: Told<Checked>, yaml: string): string | null {
  const w = t();
  if (yaml.trim() === '' || (nameIn(yaml) === '' && answer?.errors.length === 0)) return w.faultName;
  if (busy || answer === null) return why || w.checking;
  return isRight(answer) ? null : w.faultSpec;
}

export function SpecHint() {
  const w = t();
  return (
    <>
      {w.specHint}{' '}
      <a href={`${base}docs/${language.value}/specs`} target="_blank" rel="noopener">
        {w.manual}
      </a>
    </>
  );
}

export function putYaml(desk: Desk, name: string, yaml: string, secrets: Readonly<Record<string, string>>): Promise<Saved> {
  return desk.api.put<Saved>(`api/v1/sources/${name}`, Object.keys(secrets).length > 0 ? { yaml, secrets } : { yaml });
}

/** What a document calls its source; empty where it says none. */
export function nameIn(yaml: string): string {
  return /^source:\s*["']?([a-z][a-z0-9-]*)/m.exec(yaml)?.[1] ?? '';
}
