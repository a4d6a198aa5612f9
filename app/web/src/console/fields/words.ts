/** Words of the desk's own fields. */
import { words } from '../../kit/i18n';

export const t = words({
  en: { yes: 'Yes', no: 'No', nothing: 'nothing' },
  zh: { yes: '是', no: '否', nothing: '空' },
});
