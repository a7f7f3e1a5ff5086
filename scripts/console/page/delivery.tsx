import { useState } from 'preact/hooks';
import type { Explained } from '../../explain.ts';
import type { Answer } from '../../person-text.ts';
import { shellWord } from '../../shell-word.ts';
import type { Delivery, DeliveryPath, VeltCalled, Written } from '../stream.ts';
import type { Verdict } from '../verdict.ts';
import { Act } from './act.tsx';
import { post, view } from './api.ts';
import {
  Fault,
  Json,
  Loaded,
  Moment,
  Name,
  personHref,
  type Shared,
  State,
  Table,
  useAsked,
} from './parts.tsx';
import { STATES, scopeText } from './person.tsx';
import { OUTCOMES } from './stream.tsx';

/** The whole way of one delivery, from the event to what Velt answered. `latest` is what the stream knows of it by now. */
export function DeliveryView({ about, id, latest }: Shared & { id: string; latest: Delivery | undefined }) {
  const of = JSON.stringify([id, latest?.outcome, latest?.doneAt, latest?.status]);
  const asked = useAsked(() => post<DeliveryPath>('/api/delivery', { id }), of);
  return (
    <>
      <p>
        <a href="#/stream">← Stream</a>
      </p>
      <Loaded of={asked}>
        {(path) => (
          <>
            <h1>{path.types.join(', ') || 'Nothing that can be read'}</h1>
            <Path path={path} />
            <Again key={path.id} about={about} path={path} />
          </>
        )}
      </Loaded>
    </>
  );
}

function Path({ path }: { path: DeliveryPath }) {
  const { at, source, method, url, headers, body, isCut, changes, ignored, unreadable, written, calls } =
    path;
  const people = path.about.filter(({ kind }) => kind === 'person');
  return (
    <ol class="path">
      <li>
        <h2>
          Event <Moment at={at} />
        </h2>
        <p>
          {method} {url} of {source}
        </p>
        <Json label={isCut ? 'Body, cut: it is longer than 64 KiB' : 'Body'} value={prettyOf(body)} />
        <Json label="Headers, without the credential" value={headers} />
        {path.status > 0 && (
          <Json label={`Answered ${path.status} after ${path.ms} ms`} value={prettyOf(path.answer)} />
        )}
      </li>
      <li>
        <h2>Changes: {changes.length}</h2>
        <ul>
          {changes.map(({ kind, text, at, verdicts }) => (
            <li key={text + at}>
              <span>{`${text} (${kind}, as of ${at})`}</span>
              <Verdicts verdicts={verdicts} />
            </li>
          ))}
          {ignored.map(({ type, reason }) => (
            <li key={type + reason}>
              ignored: {type}, {reason}
            </li>
          ))}
          {unreadable.map(({ path, message }) => (
            <li key={path}>
              <State mood="bad">{`cannot be read: ${path}: ${message}`}</State>
            </li>
          ))}
        </ul>
      </li>
      <li>
        <h2>Folded into what is known: {written.length}</h2>
        {written.map((one) => (
          <WrittenEntry key={`${one.key} ${one.at}`} written={one} />
        ))}
        {written.length === 0 && <p class="quiet">Nothing of it was new.</p>}
      </li>
      <li>
        <h2>Plan: where they should be</h2>
        {people.length === 0 && <p class="quiet">It is about nobody in particular.</p>}
        {people.slice(0, PLANNED).map(({ id, name }) => (
          <Planned key={id} source={source} id={id} name={name ?? id} of={path.outcome} />
        ))}
        {people.length > PLANNED && <p class="quiet">And {people.length - PLANNED} more.</p>}
      </li>
      <li>
        <h2>Calls to Velt: {calls.length}</h2>
        {calls.map((call, index) => (
          <Called key={index} call={call} from={at} />
        ))}
        {calls.length === 0 && <p class="quiet">None was needed.</p>}
      </li>
      <li>
        <h2>Outcome</h2>
        <p>
          <State mood={OUTCOMES[path.outcome]}>{path.outcome}</State>
          {path.doneAt !== undefined && `, ${(path.doneAt - at).toLocaleString('en')} ms after it came`}
        </p>
      </li>
    </ol>
  );
}

/** So many people of a delivery are looked at. */
const PLANNED = 5;

/** What the configuration makes of somebody by now, and how far it is at Velt. */
function Planned({ source, id, name, of }: { source: string; id: string; name: string; of: string }) {
  const asked = useAsked(() => view<Answer>('person', { who: id, source }), `${id} ${of}`);
  return (
    <>
      <p>
        <a href={personHref(source, id)}>
          <Name>{name}</Name>
        </a>
      </p>
      <Loaded of={asked}>
        {({ people: [report] }) => (
          <ul>
            {report?.explained?.why !== undefined && <li>not in Velt: {report.explained.why}</li>}
            {report?.atVelt.map(({ userId, scope, state }) => (
              <li key={userId + scopeText(scope)}>
                {scopeText(scope)}: <State mood={STATES[state][0]}>{STATES[state][1]}</State>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </>
  );
}

/** What of a change counted, in words. */
function Verdicts({ verdicts }: { verdicts: Verdict[] }) {
  const older = verdicts.filter(({ is }) => is === 'older');
  const open = verdicts.filter(({ is }) => is === 'open');
  return (
    <>
      {older.map(({ part, by }) => (
        <p key={part}>
          <State mood="wait">{part}: older than what is known.</State> {by?.id ? `Event ${by.id}` : 'A read'}{' '}
          of {by?.at} said so last, and the last word by the vendor’s time counts.
        </p>
      ))}
      {open.length > 0 && <p class="quiet">Not folded yet: {open.map(({ part }) => part).join(', ')}.</p>}
    </>
  );
}

function WrittenEntry({ written: { key, isNew, parts, at } }: { written: Written }) {
  const left = parts.filter(
    ({ part, after }) => after === 'left' || (['exists', 'active'].includes(part) && after === 'false'),
  );
  return (
    <>
      <p>
        {key} {isNew && <State mood="good">new</State>} <Moment at={at} />
      </p>
      <Table
        label={`What changed of ${key}`}
        head={['part', 'before', 'after']}
        rows={parts.map(({ part, before, after }) => ({
          key: part,
          cells: [
            part,
            <bdi key="before" class="was">
              {before}
            </bdi>,
            <bdi key="after">{after}</bdi>,
          ],
        }))}
      />
      {left.length > 0 && (
        <p class="quiet">
          What ended leaves a tombstone: an older event that still comes does not bring it back.
        </p>
      )}
    </>
  );
}

function Called({ call: { at, path, body, status, answer }, from }: { call: VeltCalled; from: number }) {
  return (
    <>
      <p>
        <code>{path}</code> <State mood={status === 200 ? 'good' : 'bad'}>{String(status)}</State>,{' '}
        {at - from} ms after it came
      </p>
      <Json label="Sent" value={prettyOf(body)} />
      <Json label="Answered" value={prettyOf(answer)} />
    </>
  );
}

function Again({ about, path }: Shared & { path: DeliveryPath }) {
  const { source, body, isCut, headers } = path;
  const [text, setText] = useState(() => prettyOf(body));
  const [explained, setExplained] = useState<Explained>();
  const [why, setWhy] = useState<string>();
  if (isCut) return <p>It was too long to be kept whole: it cannot be sent again from here.</p>;
  const explain = () =>
    view<Explained>('explain', { source, event: text }).then(
      (shown) => {
        setExplained(shown);
        setWhy(undefined);
      },
      (error: Error) => setWhy(error.message),
    );
  return (
    <section aria-label="Send again">
      <h2>Send again, as it was or edited</h2>
      <label>
        Body
        <textarea value={text} spellcheck={false} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <p class="row">
        <Act about={about} name="send" given={{ source, event: text }} label="Send" />
        <button type="button" onClick={explain}>
          What would it do?
        </button>
        <button type="button" onClick={() => navigator.clipboard.writeText(curlOf(path.url, headers, text))}>
          Copy as curl
        </button>
      </p>
      {why !== undefined && <Fault>{why}</Fault>}
      {explained && <Json label="What it would do now" value={explained} open />}
    </section>
  );
}

/** Its credential is left to a shell variable. */
function curlOf(url: string, headers: Record<string, string>, body: string): string {
  const type = headers['content-type'] ?? 'application/json';
  return `curl -X POST "$BASE"${shellWord(url)} -H "authorization: $CREDENTIAL" -H ${shellWord(`content-type: ${type}`)} -d ${shellWord(body)}`;
}

function prettyOf(text: string): string {
  const value = jsonIn(text);
  return value === undefined ? text : JSON.stringify(value, null, 2);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
