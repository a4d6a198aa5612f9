import { language, words } from '../../kit/i18n';
import { base } from '../../kit/place';
import { Card } from '../../kit/ui/Card';
import { Icon } from '../../kit/ui/Icon';
import { useDesk } from '../state/desk';
import { t as shared } from '../words';

const t = words({
  en: {
    version: 'Version',
    url: 'Address for visitors',
    asOpened: 'As this page was opened',
    licence: 'Licence',
    licences: 'Apache 2.0. The parts it is made of: monodesk licenses',
    data: 'Everything is kept in one folder on this machine, and nothing is sent anywhere else.',
    read: 'To read',
    manual: 'Manual',
    searching: 'Search the manual',
    trouble: 'When something does not work',
    api: 'What programs can ask for (OpenAPI)',
  },
  zh: {
    version: '版本',
    url: '访客使用的地址',
    asOpened: '与打开本页的地址相同',
    licence: '许可证',
    licences: 'Apache 2.0。所含组件见：monodesk licenses',
    data: '所有数据都在这台机器的一个目录里，不会发到别处。',
    read: '查阅',
    manual: '手册',
    searching: '搜索手册',
    trouble: '遇到问题时',
    api: '程序可用的接口（OpenAPI）',
  },
});

/** What this is, which version runs, and where to read on. */
export function About() {
  const { me } = useDesk();
  const w = t();
  const manual = `docs/${language.value}/`;
  const facts = [
    [w.version, me.version],
    [w.url, me.public_url || w.asOpened],
    [w.licence, w.licences],
  ] as const;
  const links = [
    [`${manual}start`, w.manual],
    [`${manual}search`, w.searching],
    [`${manual}troubleshooting`, w.trouble],
    ['api/openapi.json', w.api],
  ] as const;
  return (
    <>
      <div class="settings-title">
        <h2>{shared().about}</h2>
      </div>
      <Card title={shared().product}>
        <div class="card-body">
          <p class="prose">{w.data}</p>
          <dl class="about-facts">
            {facts.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </div>
      </Card>
      <Card title={w.read}>
        <ul class="about-links">
          {links.map(([path, name]) => (
            <li key={path}>
              <a href={`${base}${path}`} target="_blank" rel="noopener">
                <span class="grow">{name}</span>
                <Icon name="out" size="s" />
              </a>
            </li>
          ))}
        </ul>
      </Card>
    </>
  );
}
