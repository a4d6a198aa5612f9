/** Why routing chose an agent, in a sentence. */
import type { Why } from '../../kit/frames';
import { t } from './words';

export function whyText({ rule, load = 0, capacity = 0, candidates = 0, language = '', skills = [] }: Why): string {
  const w = t();
  if (rule === 'transfer') return w.rules[rule] ?? rule;
  return [
    w.rules[rule] ?? rule,
    capacity > 0 ? w.loadOf(load, capacity) : '',
    candidates > 0 ? w.among(candidates) : '',
    language !== '' ? w.speaks : '',
    skills.length > 0 ? w.knows(skills.join(w.stop)) : '',
  ]
    .filter(Boolean)
    .join(w.stop);
}
