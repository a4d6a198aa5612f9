/** What the demo shop sells: invented goods of an invented shop, in both languages. */
import type { Language } from '../kit/i18n';

/** A thing on the shelf; `art` names its drawing, prices in yuan. */
export interface Good {
  id: string;
  art: 'pot' | 'dripper' | 'beans' | 'grinder';
  price: number;
  name: Record<Language, string>;
  line: Record<Language, string>;
}

export const GOODS: readonly Good[] = [
  {
    id: 'kettle',
    art: 'pot',
    price: 268,
    name: { zh: '山岚手冲壶 600 ml', en: 'Shanlan pour-over kettle 600 ml' },
    line: { zh: '高硼硅玻璃，细长壶嘴，水流稳而准。', en: 'Borosilicate glass with a slim spout: a steady, exact pour.' },
  },
  {
    id: 'dripper',
    art: 'dripper',
    price: 98,
    name: { zh: '玻璃滤杯 V 形', en: 'Glass dripper, V shape' },
    line: { zh: '一到两杯，配 40 张原木浆滤纸。', en: 'One to two cups, with 40 unbleached filters.' },
  },
  {
    id: 'beans',
    art: 'beans',
    price: 72,
    name: { zh: '保山中烘 250 g', en: 'Baoshan medium roast 250 g' },
    line: { zh: '云南保山，坚果与红糖，周二、周五烘焙。', en: 'From Baoshan, Yunnan: nuts and brown sugar, roasted Tuesdays and Fridays.' },
  },
  {
    id: 'grinder',
    art: 'grinder',
    price: 459,
    name: { zh: '手摇磨豆机', en: 'Hand grinder' },
    line: { zh: '38 mm 锥刀，36 档，出粉均匀。', en: 'A 38 mm conical burr, 36 steps, an even grind.' },
  },
];
