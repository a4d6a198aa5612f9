import { Icon } from '../../kit/ui/Icon';
import { t } from './mailWords';

/** What names the conversation in an address of ours: nobody needs to read it. */
const TOKEN = /\+c[0-9a-z]{26}-[0-9a-z]+(?=@)/gu;

/** What stood over a mail: its subject, whom else it went to, and what of it is not here. */
export function MailHeading({ data }: { data: Readonly<Record<string, string>> }) {
  const w = t();
  const { subject = '', mail = '', to = '', cc = '', left_out: leftOut = '', cut = '' } = data;
  return (
    <div class="mail-heading">
      <span class="mail-subject">
        <Icon name="mail" size="s" />
        <b>{subject || w.noSubject}</b>
      </span>
      <span class="small t3">{[w.route(mail, to), cc && w.copies(cc)].filter(Boolean).join(' · ').replace(TOKEN, '')}</span>
      {leftOut && <span class="small t3">{w.leftOut(leftOut)}</span>}
      {cut && <span class="small t3">{w.cut}</span>}
    </div>
  );
}
