/** With which words who opens the chat is met: the first of the rules that fits, else the inbox's own. Pure. */
import type { Language } from '../kit/i18n';
import { wording } from '../kit/inbox';
import { isOn } from '../kit/pages';
import type { Inbox } from './session';

/** Empty where the inbox has none. `href` is the page that he looks at. */
export function greetingOf({ greeting_en: en, greeting_zh: zh, widget }: Pick<Inbox, 'greeting_en' | 'greeting_zh' | 'widget'>, href: string, language: Language): string {
  const rule = widget.greetings.find((one) => (one.language === 'any' || one.language === language) && isOn(one.page, href));
  return rule === undefined ? (language === 'zh' ? zh : en) : wording(rule.text, language);
}
