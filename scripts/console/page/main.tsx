import { render } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { About } from '../routes.ts';
import type { Delivery } from '../stream.ts';
import { listen, post, takeToken } from './api.ts';
import { DeliveryView } from './delivery.tsx';

import { Health, type HealthNews } from './health.tsx';
import { Organization } from './organization.tsx';
import { Fault, type Shared } from './parts.tsx';
import { Group, People } from './people.tsx';
import { Person } from './person.tsx';
import { KEPT, Stream } from './stream.tsx';
import { TryView } from './try.tsx';

const TABS: [path: string, title: string][] = [
  ['stream', 'Stream'],
  ['people', 'People'],
  ['health', 'Health'],
  ['try', 'Try'],
];

function Page() {
  const [about, setAbout] = useState<About>();
  const [why, setWhy] = useState<string>();
  const path = usePath();
  const { news, deliveries, isHeard } = useLive(about !== undefined);
  useEffect(() => {
    post<About>('/api/about').then(setAbout, (error: Error) => setWhy(error.message));
  }, []);
  useEffect(() => {
    addEventListener('keydown', goByKey);
    return () => removeEventListener('keydown', goByKey);
  }, []);
  useEffect(() => {
    document.title = `${path[0] ?? ''} · velt-directory-sync`;
    document.querySelector('main')?.focus();
  }, [path]);
  return (
    <>
      <header>
        <strong>velt-directory-sync</strong>
        <nav aria-label="Views">
          {TABS.map(([name, title]) => (
            <a key={name} href={`#/${name}`} aria-current={path[0] === name ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        {about && (
          <span>
            {about.isLocal ? 'this machine' : about.stage}
            {about.isReadOnly && ', read only'}
            {!isHeard && ', not live'}
          </span>
        )}
      </header>
      <main tabIndex={-1}>
        {why !== undefined && <Fault>{why}</Fault>}
        {about && <View about={about} path={path} news={news} deliveries={deliveries} />}
      </main>
    </>
  );
}

/** 1 to 4 open the views, and / goes to the search, unless somebody types. */
function goByKey({ key, target, ctrlKey, metaKey, altKey }: KeyboardEvent): void {
  const isTyping = target instanceof Element && target.closest('input, textarea, select, dialog');
  if (isTyping || ctrlKey || metaKey || altKey) return;
  const [name] = TABS[Number(key) - 1] ?? [];
  if (name !== undefined) location.hash = `#/${name}`;
  // The key itself is not to be searched for.
  if (key === '/') setTimeout(() => document.querySelector<HTMLElement>('input[type=search]')?.focus());
}

function View({
  about,
  path: [name, one = '', other = ''],
  news,
  deliveries,
}: Shared & { path: string[]; news: HealthNews | undefined; deliveries: Delivery[] }) {
  switch (name) {
    case 'stream':
      return <Stream about={about} deliveries={deliveries} />;
    case 'delivery':
      return <DeliveryView about={about} id={one} latest={deliveries.find(({ id }) => id === one)} />;
    case 'people':
      return one === '' ? <People about={about} /> : <Person about={about} source={one} id={other} />;
    case 'group':
      return <Group about={about} source={one} container={other} />;
    case 'organization':
      return <Organization about={about} id={one} />;
    case 'try':
      return <TryView about={about} />;
    default:
      return <Health about={about} news={news} />;
  }
}

/** The parts of the address behind its `#`. */
function usePath(): string[] {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const change = () => setHash(location.hash);
    addEventListener('hashchange', change);
    return () => removeEventListener('hashchange', change);
  }, []);
  return useMemo(() => hash.replace(/^#\/?/, '').split('/').map(decode), [hash]);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** How often what comes is shown (ms): a thousand deliveries a second are drawn as one. */
const DRAWN_EVERY_MS = 200;

function useLive(isOn: boolean) {
  const [news, setNews] = useState<HealthNews>();
  const [deliveries, setDeliveries] = useState<Delivery[]>([]);
  const [isHeard, setHeard] = useState(true);
  useEffect(() => {
    if (!isOn) return;
    const known = new Map<string, Delivery>();
    let isDue = false;
    const draw = () => {
      isDue = false;
      setDeliveries([...known.values()].toSorted((one, other) => other.at - one.at));
    };
    const take = (delivery: Delivery) => {
      known.set(delivery.id, delivery);
      const [oldest] = known.keys();
      if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
      if (!isDue) setTimeout(draw, DRAWN_EVERY_MS);
      isDue = true;
    };
    const catchUp = () =>
      post<Delivery[]>('/api/deliveries').then(
        (recent) => recent.toReversed().forEach(take),
        () => undefined,
      );
    listen(
      (event, data) => (event === 'delivery' ? take(data as Delivery) : setNews(data as HealthNews)),
      (heard) => {
        setHeard(heard);
        if (heard) catchUp();
      },
    );
  }, [isOn]);
  return { news, deliveries, isHeard };
}

takeToken();
render(<Page />, document.getElementById('page') as HTMLElement);
