import { useState } from 'preact/hooks';
import { words as both } from '../../kit/i18n';
import { Banner } from '../../kit/ui/Banner';
import { Button } from '../../kit/ui/Button';
import { copy } from '../clipboard';

const t = both({
  en: { title: 'Copy it now: it is shown this once.', copy: 'Copy', copied: 'Copied', byHand: 'Select it and copy it by hand.', kept: 'I have kept it' },
  zh: { title: '请立即复制：仅显示这一次。', copy: '复制', copied: '已复制', byHand: '请选中后手动复制。', kept: '我已保存' },
});

/** A secret that is shown this once; `why` says where it belongs. */
export function Once({ title, secret, why, onKept }: { title: string; secret: string; why: string; onKept: () => void }) {
  const w = t();
  const [state, setState] = useState<'fresh' | 'done' | 'by-hand'>('fresh');
  const take = async (): Promise<void> => setState((await copy(secret)) ? 'done' : 'by-hand');
  return (
    <div class="once">
      <Banner tone="warn" icon="warn">
        <div class="mid">{w.title}</div>
        {why}
      </Banner>
      <code class="snippet" aria-label={title} tabIndex={0}>
        {secret}
      </code>
      <div class="form-foot wrap">
        <Button kind="prime" onPress={onKept}>
          {w.kept}
        </Button>
        <Button icon={state === 'done' ? 'check' : 'copy'} onPress={() => void take()}>
          {state === 'done' ? w.copied : w.copy}
        </Button>
        {state === 'by-hand' && <span class="small t3">{w.byHand}</span>}
      </div>
    </div>
  );
}
