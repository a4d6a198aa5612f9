import { useEffect, useState } from 'preact/hooks';
import { language, words } from '../kit/i18n';
import { Art } from './Art';
import { GOODS, type Good } from './goods';

const t = words({
  en: {
    shop: 'Shanlan', gear: 'Gear', beans: 'Coffee', help: 'After-sales', language: '中文', add: 'Add to basket', added: 'In the basket',
    shipping: 'Free shipping from ¥199', intro: 'Things for slow coffee', more: 'Also here', back: 'All goods',
    helpTitle: 'Broken, wrong or unwanted', invented: 'An invented shop that shows Monodesk. Nothing here can be bought.',
    help1: 'Broken on arrival: tell us within 48 hours, with a photo. We send a new one or refund it in full.',
    help2: 'Wrong address: as long as it has not left the warehouse, we change it.',
    help3: 'Sending back: unused goods within 7 days. Write to us in the corner below.',
  },
  zh: {
    shop: '山岚', gear: '器具', beans: '咖啡豆', help: '售后', language: 'English', add: '加入购物车', added: '已在购物车',
    shipping: '满 199 包邮', intro: '慢慢喝的咖啡器具', more: '看看别的', back: '全部商品',
    helpTitle: '破损、发错、不想要', invented: '这是为演示 Monodesk 虚构的商店，商品不出售。',
    help1: '收到破损：48 小时内附照片告诉我们，免费补发或全额退款。',
    help2: '地址写错：只要还没出库，都能改。',
    help3: '退货：未使用的商品 7 天内可退，请在右下角联系我们。',
  },
});

/** The shop: its pages are told apart by the fragment, so that the widget has views to report. */
export function Shop() {
  const place = usePlace();
  const good = GOODS.find(({ id }) => id === place);
  const name = good?.name[language.value] ?? (place === 'help' ? t().helpTitle : t().intro);
  useEffect(() => {
    document.title = `${name} · ${t().shop}`;
    window.scrollTo(0, 0);
  }, [name]);
  return (
    <div class="shop">
      <nav>
        <a class="name" href="#">{t().shop}</a>
        <a href="#kettle">{t().gear}</a>
        <a href="#beans">{t().beans}</a>
        <a href="#help">{t().help}</a>
        <a class="other" href={`?lang=${language.value === 'zh' ? 'en' : 'zh'}${location.hash}`} lang={language.value === 'zh' ? 'en' : 'zh-CN'}>{t().language}</a>
      </nav>
      <main>{good !== undefined ? <Product good={good} /> : place === 'help' ? <Help /> : <Shelf />}</main>
      <footer>{t().invented}</footer>
    </div>
  );
}

function usePlace(): string {
  const [place, setPlace] = useState(() => location.hash.slice(1));
  useEffect(() => {
    const look = (): void => setPlace(location.hash.slice(1));
    window.addEventListener('hashchange', look);
    return () => window.removeEventListener('hashchange', look);
  }, []);
  return place;
}

function Shelf() {
  return (
    <>
      <h1>{t().intro}</h1>
      <Goods goods={GOODS} />
    </>
  );
}

function Product({ good }: { good: Good }) {
  const [added, setAdded] = useState(false);
  const name = good.name[language.value];
  useEffect(() => setAdded(false), [good.id]);
  return (
    <>
      <div class="product">
        <Art art={good.art} label={name} />
        <div class="about">
          <h1>{name}</h1>
          <p>{good.line[language.value]}</p>
          <p class="price"><b>{`¥${good.price}`}</b> <span>{t().shipping}</span></p>
          <button type="button" class="add" aria-pressed={added} onClick={() => setAdded(!added)}>{added ? t().added : t().add}</button>
        </div>
      </div>
      <h2>{t().more}</h2>
      <Goods goods={GOODS.filter(({ id }) => id !== good.id)} />
    </>
  );
}

function Help() {
  return (
    <article class="help">
      <h1>{t().helpTitle}</h1>
      <p>{t().help1}</p>
      <p>{t().help2}</p>
      <p>{t().help3}</p>
      <p><a href="#">{t().back}</a></p>
    </article>
  );
}

function Goods({ goods }: { goods: readonly Good[] }) {
  return (
    <ul class="goods">
      {goods.map((good) => (
        <li key={good.id}>
          <a href={`#${good.id}`}>
            <Art art={good.art} label="" />
            <span>{good.name[language.value]}</span> <span class="yuan">{`¥${good.price}`}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}
