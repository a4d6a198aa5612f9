/** Which invitation fits: by page, time on it, event, who looks, and whether it is open. Pure. */
import { isOn } from '../kit/pages';
import type { Look, Rule } from './kept';

/** How things stand on the page. */
export interface Moment {
  href: string;
  /** Since its address is this one. */
  seconds: number;
  /** What has just happened, "" for nothing. */
  event: string;
  back: boolean;
}

/** The first that fits; undefined for none. */
export function fitting({ rules, open }: Pick<Look, 'rules' | 'open'>, moment: Moment): Rule | undefined {
  return rules.find(
    (rule) =>
      (rule.event === '' ? moment.event === '' && moment.seconds >= rule.seconds : rule.event === moment.event) &&
      (rule.who === 'all' || (rule.who === 'back') === moment.back) &&
      (rule.when === 'any' || (rule.when === 'open') === open) &&
      isOn(rule.page, moment.href),
  );
}
