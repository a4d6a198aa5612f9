import { useRef, useState } from 'preact/hooks';
import { Problem } from '../kit/api';
import { systemRandom } from '../kit/clock';
import { words } from '../kit/i18n';
import { Button } from '../kit/ui/Button';
import { TextField } from '../kit/ui/Field';
import { reasonOf } from './reason';
import type { Visit } from './visit';

const q = words({
  en: {
    label: 'Your place in the queue',
    leave: 'Leave a message instead',
    nobody: 'Nobody is here right now.',
    long: 'This takes longer than it should. Leave a message, and we answer it; you keep your place until you send it.',
    next: 'You are next',
    place: (position: number) => `You are number ${position} in the queue`,
    soon: 'it should be a moment',
    seconds: (count: number) => `about ${count} seconds`,
    minutes: (count: number) => (count === 1 ? 'about a minute' : `about ${count} minutes`),
    callMe: 'Call me back',
    phone: 'Phone number',
    phoneHint: 'We call you instead; you need not wait here.',
    ask: 'Ask for the call',
    keep: 'Keep waiting',
    asked: 'Please call me back.',
    fault: 'Write a phone number, like +49 30 1234567',
  },
  zh: {
    label: '排队位置',
    leave: '改为留言',
    nobody: '现在没有客服可以接待。',
    long: '等候时间较长。你可以留言，我们会回复；提交之前，排队位置会为你保留。',
    next: '下一位就是你',
    place: (position) => `你排在第 ${position} 位`,
    soon: '马上就到',
    seconds: (count) => `大约 ${count} 秒`,
    minutes: (count) => `大约 ${count} 分钟`,
    callMe: '请给我回电',
    phone: '电话号码',
    phoneHint: '我们会给你打电话，你不必在此等候。',
    ask: '请求回电',
    keep: '继续等待',
    asked: '请给我回电。',
    fault: '请填写电话号码，例如 138 0013 8000',
  },
});

/** Where he stands and how long it takes, as the server tells it, and two ways not to wait. */
export function QueueView({ visit, conv }: { visit: Visit; conv: string }) {
  const [calling, setCalling] = useState(false);
  const place = visit.places.value[conv];
  const { open, online } = visit.reception.value;
  const w = q();
  const leave = <button type="button" class={open && online > 0 ? undefined : 'link'} onClick={() => visit.show({ at: 'leave', conv })}>{w.leave}</button>;
  if (!open || online === 0) {
    return (
      <section class="rate-invite given" aria-label={w.leave}>
        <span class="grow">{w.nobody}</span>
        {leave}
      </section>
    );
  }
  if (place === undefined) return null;
  const { minutes = 0 } = visit.session.inbox.widget.patience;
  const long = minutes > 0 && place.overdue === true;
  const where = place.position === 1 ? w.next : w.place(place.position);
  const wait = place.wait_seconds == null ? '' : ` · ${waitText(place.wait_seconds)}`;
  return (
    <section class="rate-invite" aria-label={w.label}>
      <p role="status" class="num">{where}{wait}</p>
      {long && !calling && <p role="status" class="t2">{w.long}</p>}
      {calling ? (
        <CallBack visit={visit} conv={conv} onKeep={() => setCalling(false)} />
      ) : (
        <div class="chips">
          {long ? <Button kind="prime" size="s" icon="mail" onPress={() => visit.show({ at: 'leave', conv })}>{w.leave}</Button> : leave}
          <button type="button" onClick={() => setCalling(true)}>{w.callMe}</button>
        </div>
      )}
    </section>
  );
}

function CallBack({ visit, conv, onKeep }: { visit: Visit; conv: string; onKeep: () => void }) {
  const w = q();
  const cid = useRef(systemRandom.hex(16));
  const [phone, setPhone] = useState('');
  const [why, setWhy] = useState('');
  const [busy, setBusy] = useState(false);
  const ask = async (): Promise<void> => {
    if (busy) return;
    if (phone.replace(/\D/gu, '').length < 5) return setWhy(w.fault);
    setBusy(true);
    setWhy('');
    try {
      const body = { conv, phone: phone.trim(), text: w.asked };
      await visit.api.post('api/v1/visitor/offline-messages', body, { headers: { 'Idempotency-Key': cid.current } });
    } catch (error) {
      setWhy(reasonOf(error));
      if (error instanceof Problem && error.status < 500) cid.current = systemRandom.hex(16); // nothing was stored
    }
    setBusy(false);
  };
  return (
    <form class="wform" noValidate onSubmit={(event) => { event.preventDefault(); void ask(); }}>
      <TextField
        label={w.phone} type="tel" autocomplete="tel" maxLength={200} focus value={phone}
        hint={w.phoneHint} error={why || undefined} onInput={setPhone}
      />
      <div class="row">
        <Button type="submit" kind="prime" busy={busy}>{w.ask}</Button>
        <Button kind="ghost" onPress={onKeep}>{w.keep}</Button>
      </div>
    </form>
  );
}

function waitText(seconds: number): string {
  if (seconds === 0) return q().soon;
  return seconds < 120 && seconds % 60 !== 0 ? q().seconds(seconds) : q().minutes(Math.round(seconds / 60));
}
