import { useEffect, useState } from 'preact/hooks';
import type { Called } from '../../command.ts';
import type { Finding } from '../../doctor/finding.ts';
import { messagesIn } from '../../queue-depth.ts';
import type { Status, Waiting } from '../../status.ts';
import type { Sample } from '../health.ts';
import { Act } from './act.tsx';
import { post, view } from './api.ts';
import { DeadList, ParkedList } from './kept.tsx';
import {
  Command,
  Fault,
  Loaded,
  Moment,
  type Mood,
  personHref,
  type Shared,
  State,
  Table,
  useAsked,
} from './parts.tsx';
import { PlanView } from './plan.tsx';

/** What the console tells of the health by itself. */
export interface HealthNews {
  called: Called;
  sample?: Sample | undefined;
  alarms: { name: string; description: string }[];
}

const WHYS: Record<Waiting['why'], string> = {
  refused: 'Velt refuses it',
  unconfirmed: 'Velt has not confirmed it yet',
  unread: 'is to be read from the directory',
  members: 'everyone in it is to be looked at',
  expired: 'their access expired, and they are still there',
  unreadable: 'only a newer version can read it',
};

export function Health({ about, news }: Shared & { news: HealthNews | undefined }) {
  const asked = useAsked(() => post<Called>('/api/ask/status'), '');
  const [called, setCalled] = useState<Called>();
  // Whichever came last: after an act it is asked for at once, before the next news.
  useEffect(() => setCalled(news?.called), [news]);
  useEffect(() => asked.value && setCalled(asked.value), [asked.value]);
  const status = called?.shown as Status | undefined;
  return (
    <>
      <h1>Health</h1>
      {asked.why !== undefined && <Fault>{asked.why}</Fault>}
      {called && !status && <Fault>{called.said}</Fault>}
      {!called && asked.isAsking && <p class="quiet">One moment …</p>}
      {status && <Now about={about} status={status} onDone={asked.again} />}
      <Alarms alarms={news?.alarms ?? []} />
      <OverTime latest={news?.sample} />
      {status && <Runs about={about} status={status} />}
      {status && <Waits status={status} />}
      <ParkedList about={about} />
      <DeadList about={about} />
      {about.sources.map(({ name }) => (
        <PlanView key={name} about={about} source={name} />
      ))}
      <Doctor about={about} />
      <Command about={about}>status</Command>
    </>
  );
}

function Now({ about, status, onDone }: Shared & { status: Status; onDone: () => void }) {
  const { isHealthy, delivering, queues, at } = status;
  return (
    <>
      <p>
        {isHealthy ? (
          <State mood="good">✓ Nobody has to look.</State>
        ) : (
          <State mood="bad">✗ Somebody has to look.</State>
        )}{' '}
        Delivering to Velt is <strong>{delivering}</strong>. As of <Moment at={at} />.
      </p>
      <p class="row">
        {delivering === 'paused' ? (
          <Act about={about} name="resume" given={{}} label="Go on with delivering" onDone={onDone} />
        ) : (
          <Act about={about} name="pause" given={{}} label="Pause delivering" onDone={onDone} />
        )}
      </p>
      <div class="tiles">
        {queues.map((queue) => (
          <div class="tile" key={queue.name}>
            <b>{messagesIn(queue).toLocaleString('en')}</b>
            {queue.name}
          </div>
        ))}
      </div>
    </>
  );
}

function Alarms({ alarms }: { alarms: HealthNews['alarms'] }) {
  if (alarms.length === 0) return null;
  const rows = alarms.map(({ name, description }) => ({
    ...{ key: name, mood: 'bad' as const },
    cells: [<State key="name" mood="bad">{`⚠ ${name}`}</State>, description],
  }));
  return (
    <>
      <h2>Alarms</h2>
      <Table label="Alarms" head={['alarm', 'means']} rows={rows} />
    </>
  );
}

/** As many samples as the console keeps. */
const KEPT = 720;

function OverTime({ latest }: { latest: Sample | undefined }) {
  const [samples, setSamples] = useState<Sample[]>([]);
  useEffect(() => {
    post<Sample[]>('/api/samples').then(setSamples, () => undefined);
  }, []);
  useEffect(() => {
    if (latest) setSamples((before) => [...before, latest].slice(-KEPT));
  }, [latest]);
  const [first] = samples;
  if (samples.length < 2 || !first) return null;
  const lines = ['changes', 'changes-dead', 'parked'].map((name) => ({
    ...{ name, values: samples.map(({ queues }) => queues[name] ?? 0) },
  }));
  lines.push({ name: 'who waits', values: samples.map(({ waiting }) => waiting) });
  return (
    <>
      <h2>
        Since <Moment at={first.at} />
      </h2>
      <div class="tiles">
        {lines.map(({ name, values }) => (
          <Line key={name} name={name} values={values} />
        ))}
      </div>
    </>
  );
}

function Line({ name, values }: { name: string; values: number[] }) {
  const most = Math.max(1, ...values);
  const points = values.map(
    (value, nth) => `${(nth * 100) / (values.length - 1)},${95 - (value * 90) / most}`,
  );
  const text = `${name}: ${values.at(-1)} now, ${Math.max(...values)} at most`;
  return (
    <figure>
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label={text}>
        <title>{text}</title>
        <polyline points={points.join(' ')} />
      </svg>
      <figcaption>{text}</figcaption>
    </figure>
  );
}

function Runs({ about, status: { runs } }: Shared & { status: Status }) {
  const rows = runs.map(({ source, run }) => {
    const start = <Act key="run" about={about} name="backfill" given={{ source }} label="Run now" />;
    if (!run) return { key: source, cells: [source, 'none yet', '', '', start] };
    if (run === 'unknown') return { key: source, cells: [source, 'of another version', '', '', start] };
    const { state, phase, reason, people, startedAt, endedAt } = run;
    return {
      key: source,
      mood: state === 'stopped' ? ('bad' as const) : undefined,
      cells: [
        source,
        `${state}${state === 'running' ? `: ${phase}` : ''}${reason === undefined ? '' : `: ${reason}`}`,
        people.toLocaleString('en'),
        <Moment key="at" at={endedAt ?? startedAt} />,
        start,
      ],
    };
  });
  return (
    <>
      <h2>Runs</h2>
      <Table label="Runs" head={['source', 'last run', 'people', 'ended, or since', '']} rows={rows} />
    </>
  );
}

function Waits({ status: { at, waiting } }: { status: Status }) {
  const { first, count, isAll } = waiting;
  const rows = first.map(({ source, kind, id, why, dueAt, attempts }) => ({
    key: `${source} ${kind} ${id}`,
    mood: why === 'refused' ? ('bad' as const) : ('wait' as const),
    cells: [
      source,
      kind === 'person' ? <a href={personHref(source, id)}>{id}</a> : `${kind} ${id}`,
      `${WHYS[why]}${attempts === undefined ? '' : `, ${attempts} times so far`}`,
      dueAt <= at ? 'now' : <Moment at={dueAt} />,
    ],
  }));
  const more = count > first.length || !isAll ? ` The first ${first.length}:` : '';
  return (
    <>
      <h2>Who waits</h2>
      <p>
        {count === 0
          ? 'Nobody waits.'
          : `${isAll ? '' : 'More than '}${count} wait for Velt or the directory.${more}`}
      </p>
      {rows.length > 0 && (
        <Table label="Who waits" head={['source', 'who or what', 'why', 'looked at']} rows={rows} />
      )}
    </>
  );
}

function Doctor({ about }: Shared) {
  const [isAsked, setAsked] = useState(false);
  return (
    <>
      <h2>What is set wrongly</h2>
      {isAsked ? (
        <Findings />
      ) : (
        <button type="button" onClick={() => setAsked(true)}>
          Ask the doctor
        </button>
      )}
      <Command about={about}>doctor</Command>
    </>
  );
}

const MOODS: Record<Finding['level'], Mood> = { ok: 'good', note: 'quiet', wrong: 'bad', unchecked: 'wait' };

function Findings() {
  const asked = useAsked(() => view<{ findings: Finding[] }>('doctor'), '');
  return (
    <Loaded of={asked}>
      {({ findings }) => (
        <Table
          label="What the doctor found"
          head={['is', 'where', 'what', 'its mend']}
          rows={findings.map(({ level, room, source = '', what, mend = '' }) => ({
            ...{ key: `${room} ${source} ${what}`, mood: MOODS[level] },
            cells: [
              <State key="level" mood={MOODS[level]}>
                {level}
              </State>,
              ...[`${room} ${source}`, what, mend],
            ],
          }))}
        />
      )}
    </Loaded>
  );
}
