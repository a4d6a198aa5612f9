import { words } from '../../kit/i18n';
import { Card } from '../../kit/ui/Card';
import { SelectField } from '../../kit/ui/Field';
import { useDesk } from '../state/desk';
import { reason } from '../state/session';
import { t as shared } from '../words';

const SECONDS = [0, 5, 10, 20, 30] as const;

const t = words({
  en: {
    title: 'Taking answers back',
    hold: 'Hold my answers before they go',
    hint: 'Until then the customer sees nothing of it, and you can undo it. The server sends it, also when you have closed the page.',
    off: 'Off: they go at once',
    seconds: (count: number) => `${count} seconds`,
  },
  zh: {
    title: '撤回回复',
    hold: '发送前暂缓',
    hint: '在此期间客户看不到任何内容，你可以撤回。即使关闭页面，服务器也会按时发送。',
    off: '关闭：立即发送',
    seconds: (count) => `${count} 秒`,
  },
});

/** For how long one's answers can be taken back. */
export function UndoSend() {
  const desk = useDesk();
  const w = t();
  if (!desk.may('conversations.write')) return null;
  const choose = (value: string): void => {
    desk.waiting.setSeconds(Number(value)).then(
      () => desk.say(shared().saved),
      (error: unknown) => desk.say(reason(error)),
    );
  };
  const now = desk.waiting.seconds.value;
  const choices = SECONDS.some((one) => one === now) ? SECONDS : [...SECONDS, now];
  return (
    <Card title={w.title}>
      <div class="card-body">
        <SelectField
          label={w.hold}
          hint={w.hint}
          value={String(now)}
          choices={choices.map((count) => ({ value: String(count), label: count === 0 ? w.off : w.seconds(count) }))}
          onChange={choose}
        />
      </div>
    </Card>
  );
}
