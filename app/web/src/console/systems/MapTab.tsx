import { useEffect, useState } from 'preact/hooks';
import { fullTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Failure } from '../../kit/ui/Empty';
import { SelectField, TextField } from '../../kit/ui/Field';
import { type Desk, useDesk } from '../state/desk';
import { reason } from '../state/session';
import { t as common } from '../words';
import { SpecHint, faultOf, putYaml } from './AddSource';
import { CheckLine } from './Cases';
import { Mapping } from './Mapping';
import { VaultFields, given } from './VaultFields';
import { YamlEditor } from './YamlEditor';
import { useAnswer, useChecked } from './checked';
import type { Mistake, Preview, Sample, SourceDetail } from './model';
import { said } from './said';
import { t } from './words';

const OWN = 'own';

/** A source's document and what it makes of what has come, told anew while one writes. */
export function MapTab({ detail, onSaved }: { detail: SourceDetail; onSaved: () => void }) {
  const desk = useDesk();
  const w = t();
  const [written, setYaml] = useState<string | null>(null); // null: as it is in effect
  const yaml = written ?? detail.yaml;
  useEffect(() => {
    if (written === detail.yaml) setYaml(null);
  }, [written, detail.yaml]);
  const [samples, why, again] = useSamples(desk, detail.name);
  const [chosen, setChosen] = useState('');
  const [own, setOwn] = useState('');
  const sample = samples?.find(({ id }) => id === chosen) ?? (chosen === OWN ? null : (samples?.[0] ?? null));
  const text = sample?.text ?? own;
  const told = useChecked(desk, detail.editable ? yaml : '');
  const preview = useAnswer<Preview>(
    desk,
    'api/v1/sources/preview',
    text.trim() === '' || yaml.trim() === '' ? null : { yaml, sample: text, source: detail.name, format: sample?.format ?? 'auto', of: sample?.of ?? 'document' },
  );
  const mistakes = told.answer?.errors ?? [];
  return (
    <div class="systems-stack">
      <Document desk={desk} detail={detail} yaml={yaml} mistakes={mistakes} told={told} onInput={setYaml} onSaved={onSaved} />
      {yaml !== '' && <Card>
        <div class="card-body sample-choice">
          <SelectField
            label={w.sample}
            value={sample?.id ?? OWN}
            choices={[
              ...(samples ?? []).map((one) => ({ value: one.id, label: (one.kind === 'letter' ? w.dead : w.received)(fullTime(one.at, language.value)) })),
              { value: OWN, label: samples?.length === 0 ? `${w.noSamples}: ${w.ownSample}` : w.ownSample },
            ]}
            onChange={setChosen}
          />
          {samples !== null && sample === null && (
            <TextField label={w.ownSample} hint={w.ownSampleHint} lines={5} value={own} onInput={setOwn} />
          )}
          {sample !== null && said(sample) !== '' && <p class="hint bad">{said(sample)}</p>}
          {preview.busy && (
            <p class="small t3" role="status">
              {w.previewing}
            </p>
          )}
          <SampleErrors preview={preview.answer} known={mistakes} />
          {preview.why !== '' && <p class="hint bad">{preview.why}</p>}
        </div>
        {why !== '' && (
          <Failure
            title={w.samplesFailed}
            reason={why}
            retry={
              <Button size="s" icon="refresh" onPress={again}>
                {common().retry}
              </Button>
            }
          />
        )}
        <Mapping
          key={sample?.id ?? OWN}
          records={preview.answer?.records ?? []}
          total={preview.answer?.total ?? 0}
          format={sample?.format ?? ''}
          to={detail.to}
        />
      </Card>}
    </div>
  );
}

interface DocumentProps {
  desk: Desk;
  detail: SourceDetail;
  yaml: string;
  mistakes: readonly Mistake[];
  told: ReturnType<typeof useChecked>;
  onInput: (yaml: string) => void;
  onSaved: () => void;
}

/** What is written, and whether it is in effect. */
function Document({ desk, detail, yaml, mistakes, told, onInput, onSaved }: DocumentProps) {
  const w = t();
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState('');
  const [secrets, setSecrets] = useState<Readonly<Record<string, string>>>({});
  if (!detail.editable)
    return (
      <Card>
        <div class="card-body">
          <p class="t2">{w.byHand(detail.file)}</p>
          {yaml !== '' && <YamlEditor label={w.spec} value={yaml} mistakes={[]} readOnly />}
        </div>
      </Card>
    );
  const fresh = given(yaml, secrets);
  const dirty = yaml !== detail.yaml || Object.keys(fresh).length > 0;
  const fault = faultOf(told, yaml);
  const save = async (): Promise<void> => {
    setBusy(true);
    setRefused('');
    try {
      const saved = await putYaml(desk, detail.system, yaml, fresh);
      if (saved.saved) {
        setSecrets({});
        desk.say(w.used);
        onSaved();
      } else setRefused([w.notSaved, ...saved.errors.map(said)].join(' '));
    } catch (error) {
      setRefused(reason(error));
    }
    setBusy(false);
  };
  return (
    <Card>
      <div class="card-body">
        <YamlEditor label={w.spec} value={yaml} mistakes={mistakes} hint={<SpecHint />} onInput={onInput} />
        <CheckLine told={told} />
        <VaultFields yaml={yaml} held={new Set(detail.secrets.filter(({ held }) => held).map(({ name }) => name))} values={secrets} onChange={setSecrets} />
        {refused !== '' && (
          <p class="hint bad" role="alert">
            {refused}
          </p>
        )}
      </div>
      {dirty && (
        <div class="card-foot">
          <Button kind="prime" busy={busy} disabled={fault !== null} reason={fault ?? undefined} onPress={() => void save()}>
            {w.use}
          </Button>
          <Button
            onPress={() => {
              onInput(detail.yaml);
              setSecrets({});
            }}
          >
            {w.discardChanges}
          </Button>
          <span class="small t3" role="status">
            {common().notSaved}
          </span>
        </div>
      )}
    </Card>
  );
}

/** Of a sample that cannot be read; what is wrong with the document stands at it already. */
function SampleErrors({ preview, known }: { preview: Preview | null; known: readonly Mistake[] }) {
  const fresh = preview?.errors.filter(({ en }) => !known.some((one) => one.en === en)) ?? [];
  if (fresh.length === 0) return null;
  return (
    <div role="alert">
      <ul class="mistakes">
        {fresh.map((error, index) => (
          <li key={index} class="hint bad">
            {said(error)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function useSamples(desk: Desk, name: string): readonly [readonly Sample[] | null, string, () => void] {
  const [samples, setSamples] = useState<readonly Sample[] | null>(null);
  const [why, setWhy] = useState('');
  const load = (): void => {
    setWhy('');
    desk.api.get<{ samples: readonly Sample[] }>(`api/v1/sources/${name}/samples`).then(
      (answer) => setSamples(answer.samples),
      (error: unknown) => setWhy(reason(error)),
    );
  };
  useEffect(load, [name]);
  return [samples, why, load];
}
