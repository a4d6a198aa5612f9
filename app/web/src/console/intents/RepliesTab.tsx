import { useRef } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty } from '../../kit/ui/Empty';
import { Field, TextField } from '../../kit/ui/Field';
import { MenuButton } from '../../kit/ui/Menu';
import { MessageCard, QuickReplies } from '../../kit/ui/MessageCard';
import type { Language } from '../../kit/i18n';
import type { PartProps } from './IntentPage';
import { put, variables, without } from './draft';
import { type CardButton, type Content, REPLY_CHARACTERS_MAX, type Reply, type ReplyCard, type SpokenLanguage } from './model';
import { t } from './words';

const LANGUAGES: readonly Language[] = ['zh', 'en'];
const CARDS_MAX = 5;
const LINES_MAX = 4;
const QUICK_MAX = 6;

/** What is said, in each language, with what is known put in, and the cards beside it. */
export function RepliesTab({ intent, may, onChange }: PartProps) {
  const w = t();
  const missing = LANGUAGES.filter((language) => !intent.replies.some((reply) => reply.language === language));
  const add = (language: SpokenLanguage): void => onChange({ replies: [...intent.replies, { language, text: '', content: null }] });
  const buttons = may && (
    <span class="row wrap">
      {missing.map((language) => (
        <Button key={language} size="s" icon="plus" onPress={() => add(language)}>
          {w.addReply(w.languages[language])}
        </Button>
      ))}
    </span>
  );
  return (
    <>
      {intent.replies.length === 0 ? (
        <Card>
          <Empty icon="chat" title={w.noReplies} action={buttons || undefined}>
            {w.noRepliesNext}
          </Empty>
        </Card>
      ) : (
        intent.replies.map((reply, index) => (
          <ReplyForm
            key={index}
            reply={reply}
            may={may}
            variables={variables(intent)}
            onChange={(changed) => onChange({ replies: put(intent.replies, index, changed) })}
            onDrop={() => onChange({ replies: without(intent.replies, index) })}
          />
        ))
      )}
      {intent.replies.length > 0 && missing.length > 0 && buttons}
    </>
  );
}

interface ReplyFormProps {
  readonly reply: Reply;
  readonly may: boolean;
  readonly variables: readonly string[];
  readonly onChange: (reply: Reply) => void;
  readonly onDrop: () => void;
}

function ReplyForm({ reply, may, variables: known, onChange, onDrop }: ReplyFormProps) {
  const w = t();
  const field = useRef<HTMLTextAreaElement>(null);
  const name = reply.language === '' ? w.anyLanguage : w.languages[reply.language];
  const content: Content = reply.content ?? { cards: [], replies: [] };
  const setContent = (changed: Content): void =>
    onChange({ ...reply, content: changed.cards.length === 0 && changed.replies.length === 0 ? null : changed });
  const insert = (variable: string): void => {
    const line = field.current;
    const [from, to] = [line?.selectionStart ?? reply.text.length, line?.selectionEnd ?? reply.text.length];
    const put_in = `{${variable}}`;
    onChange({ ...reply, text: reply.text.slice(0, from) + put_in + reply.text.slice(to) });
    requestAnimationFrame(() => {
      line?.focus();
      line?.setSelectionRange(from + put_in.length, from + put_in.length);
    });
  };
  return (
    <Card title={w.replyIn(name)} action={may && <Button kind="ghost" size="s" icon="x" label={w.away(w.replyIn(name))} onPress={onDrop} />}>
      <div class="card-body reply-form">
        <div class="intents-stack">
          <Field label={w.replyText} hint={<span class="num">{w.characters(reply.text.length, REPLY_CHARACTERS_MAX)}</span>}>
            {(wiring) => (
              <textarea
                ref={field}
                {...wiring}
                class="input"
                rows={4}
                maxLength={REPLY_CHARACTERS_MAX}
                disabled={!may}
                lang={reply.language === 'zh' ? 'zh-CN' : reply.language || undefined}
                value={reply.text}
                onInput={(event) => onChange({ ...reply, text: event.currentTarget.value })}
              />
            )}
          </Field>
          {may && (
            <div class="row wrap">
              <MenuButton side="start" size="s" icon="plus" caption={w.variables} items={known.map((variable) => ({ key: variable, label: `{${variable}}`, onChoose: () => insert(variable) }))}>
                {w.insertVariable}
              </MenuButton>
              {content.cards.length < CARDS_MAX && (
                <Button size="s" icon="box" onPress={() => setContent({ ...content, cards: [...content.cards, { title: '', lines: [], buttons: [] }] })}>
                  {w.addCard}
                </Button>
              )}
            </div>
          )}
          {content.cards.map((card, index) => (
            <CardForm
              key={index}
              card={card}
              number={index + 1}
              may={may}
              onChange={(changed) => setContent({ ...content, cards: put(content.cards, index, changed) })}
              onDrop={() => setContent({ ...content, cards: without(content.cards, index) })}
            />
          ))}
          <TextField
            label={w.quickReplies}
            hint={w.quickHint}
            lines={2}
            disabled={!may}
            value={content.replies.join('\n')}
            onInput={(text) => setContent({ ...content, replies: text === '' ? [] : text.split('\n').slice(0, QUICK_MAX) })}
          />
        </div>
        <Preview reply={reply} />
      </div>
    </Card>
  );
}

function CardForm({ card, number, may, onChange, onDrop }: { card: ReplyCard; number: number; may: boolean; onChange: (card: ReplyCard) => void; onDrop: () => void }) {
  const w = t();
  const [button] = card.buttons;
  const setButton = (changed: CardButton): void => onChange({ ...card, buttons: changed.label === '' && !changed.link ? [] : [changed] });
  return (
    <div class="reply-card" role="group" aria-label={w.cardNo(number)}>
      <div class="row">
        <span class="mid grow">{w.cardNo(number)}</span>
        {may && <Button kind="ghost" size="s" icon="x" label={w.away(w.cardNo(number))} onPress={onDrop} />}
      </div>
      <TextField label={w.cardTitle} value={card.title} maxLength={100} disabled={!may} onInput={(title) => onChange({ ...card, title })} />
      <TextField
        label={w.cardLines}
        lines={2}
        disabled={!may}
        value={card.lines.join('\n')}
        onInput={(text) => onChange({ ...card, lines: text === '' ? [] : text.split('\n').slice(0, LINES_MAX) })}
      />
      <div class="intents-pair">
        <TextField label={w.buttonLabel} value={button?.label ?? ''} maxLength={40} disabled={!may} onInput={(label) => setButton({ ...button, label })} />
        <TextField label={w.buttonLink} value={button?.link ?? ''} maxLength={2_000} disabled={!may} onInput={(link) => setButton({ label: button?.label ?? '', link: link || null })} />
      </div>
    </div>
  );
}

/** As a visitor sees it; what is not known yet stands as its variable. */
function Preview({ reply }: { reply: Reply }) {
  const w = t();
  const parts = reply.text.split(/(\{[\w.]+\})/u);
  return (
    <section class="reply-preview" aria-label={w.preview}>
      <h4 class="small t3">{w.preview}</h4>
      <div class="reply-bubble" lang={reply.language === 'zh' ? 'zh-CN' : reply.language || undefined}>
        {reply.text === '' ? <span class="t3">{w.previewEmpty}</span> : parts.map((part, index) => (/^\{.*\}$/u.test(part) ? <code key={index}>{part}</code> : part))}
      </div>
      {reply.content?.cards.map((card, index) => (
        <MessageCard key={index} title={card.title} lines={card.lines} actions={card.buttons.length > 0 && card.buttons.map(({ label }, at) => <span key={at}>{label}</span>)} />
      ))}
      {(reply.content?.replies.length ?? 0) > 0 && (
        <QuickReplies label={w.quickReplies}>
          {reply.content?.replies.map((text, index) => <span key={index}>{text}</span>)}
        </QuickReplies>
      )}
    </section>
  );
}
