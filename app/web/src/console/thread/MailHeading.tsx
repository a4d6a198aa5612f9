import { Icon } from '../../kit/ui/Icon';
import { t } from './mailWords';

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
      <span class="small t3">{[w.route(mail, to), cc && w.copies(cc)].filter(Boolean).join(' · ')}</span>
      {leftOut && <span class="small t3">{w.leftOut(leftOut)}</span>}
      {cut && <span class="small t3">{w.cut}</span>}
    </div>
  );
}
