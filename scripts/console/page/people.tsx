import { useEffect, useState } from 'preact/hooks';
import type { Found, GroupLine, PersonLine } from '../../people.ts';
import { shellWord } from '../../shell-word.ts';
import { view } from './api.ts';
import { Command, Fault, type Mood, Name, personHref, type Shared, State, Table } from './parts.tsx';

export const STATES: Record<PersonLine['state'], [Mood, string]> = {
  confirmed: ['good', '✓ in Velt'],
  owed: ['wait', '… on the way'],
  refused: ['bad', '✗ refused by Velt'],
  out: ['quiet', '– not in Velt'],
  unreadable: ['wait', '? of a newer version'],
};

/** A list that goes on looking while it is open: each answer takes a moment, however many there are. */
function useSearch<Line>(name: 'people' | 'groups', given: { text?: string; source?: string; in?: string }) {
  const of = JSON.stringify([name, given]);
  const [state, setState] = useState<{
    found: Line[];
    looked: number;
    next?: string | undefined;
    why?: string;
  }>();
  const [goal, setGoal] = useState(GOAL);
  useEffect(() => {
    setState(undefined);
    setGoal(GOAL);
  }, [of]);
  const isOpen = !state || (state.next !== undefined && state.found.length < goal && state.why === undefined);
  useEffect(() => {
    if (!isOpen) return;
    let isCurrent = true;
    const { found = [], looked = 0, next } = state ?? {};
    view<Found<Line>>(name, { ...given, ...(next !== undefined && { after: next }) }).then(
      (more) =>
        isCurrent &&
        setState({ found: [...found, ...more.found], looked: looked + more.looked, next: more.next }),
      (error: Error) => isCurrent && setState({ found, looked, why: error.message }),
    );
    return () => {
      isCurrent = false;
    };
  }, [of, isOpen, state]);
  return { ...state, isLooking: isOpen, more: () => setGoal(goal + GOAL) };
}

/** So many are shown before somebody asks for more. */
const GOAL = 50;

export function People({ about }: Shared) {
  const [text, setText] = useState('');
  const [source, setSource] = useState('');
  const [what, setWhat] = useState<'people' | 'groups'>('people');
  return (
    <>
      <h1>People and groups</h1>
      <div class="filters">
        <Search onText={setText} />
        <label>
          Source
          <select value={source} onChange={(event) => setSource(event.currentTarget.value)}>
            <option value="">every one</option>
            {about.sources.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          Show
          <select
            value={what}
            onChange={(event) => setWhat(event.currentTarget.value as 'people' | 'groups')}
          >
            <option value="people">people</option>
            <option value="groups">groups and the like</option>
          </select>
        </label>
      </div>
      {what === 'people' ? (
        <PeopleList text={text} {...(source !== '' && { source })} />
      ) : (
        <GroupList text={text} {...(source !== '' && { source })} />
      )}
      <h2>Organizations of Velt</h2>
      <ul>
        {about.organizations.map((id) => (
          <li key={id}>
            <a href={`#/organization/${encodeURIComponent(id)}`}>{id}</a>
          </li>
        ))}
      </ul>
      <Command about={about} words={text === '' ? [] : [text]}>
        {what}
      </Command>
    </>
  );
}

/** How long somebody may think between two letters (ms). */
const PAUSE_MS = 250;

function Search({ onText }: { onText: (text: string) => void }) {
  const [typed, setTyped] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => onText(typed.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, onText]);
  return (
    <label>
      Name, address or id
      <input type="search" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
    </label>
  );
}

export function PeopleList(given: { text?: string; source?: string; in?: string }) {
  const { found = [], looked = 0, next, why, isLooking, more } = useSearch<PersonLine>('people', given);
  const rows = found.map(({ source, id, name, email = '', state, why = '' }) => ({
    key: `${source} ${id}`,
    cells: [
      <a key="who" href={personHref(source, id)}>
        <Name>{name ?? id}</Name>
      </a>,
      email,
      <State key="state" mood={STATES[state][0]}>
        {STATES[state][1]}
      </State>,
      why,
      source,
    ],
  }));
  return (
    <>
      {why !== undefined && <Fault>{why}</Fault>}
      {rows.length > 0 && (
        <Table label="People" head={['person', 'address', 'is', 'why', 'source']} rows={rows} />
      )}
      <Looked {...{ isLooking, looked, next, more }} count={rows.length} of="people" />
    </>
  );
}

function GroupList(given: { text?: string; source?: string }) {
  const { found = [], looked = 0, next, why, isLooking, more } = useSearch<GroupLine>('groups', given);
  const rows = found.map(({ source, kind, id, name, exists, organizations }) => ({
    key: `${source} ${kind} ${id}`,
    cells: [
      <a key="what" href={`#/group/${encodeURIComponent(source)}/${encodeURIComponent(`${kind}:${id}`)}`}>
        <Name>{name ?? id}</Name>
      </a>,
      kind,
      exists ? organizations.join(', ') || '–' : 'deleted',
      source,
    ],
  }));
  return (
    <>
      {why !== undefined && <Fault>{why}</Fault>}
      {rows.length > 0 && (
        <Table label="Groups" head={['name', 'is', 'a group of Velt in', 'source']} rows={rows} />
      )}
      <Looked {...{ isLooking, looked, next, more }} count={rows.length} of="groups" />
    </>
  );
}

function Looked({
  isLooking,
  looked,
  next,
  more,
  count,
  of,
}: {
  isLooking: boolean;
  looked: number;
  next: string | undefined;
  more: () => void;
  count: number;
  of: string;
}) {
  const sofar = `${count.toLocaleString('en')} ${of} shown, of ${looked.toLocaleString('en')} entries looked at`;
  return (
    <output class="quiet">
      {isLooking ? `Looking: ${sofar} …` : `${sofar}.`}{' '}
      {next !== undefined && !isLooking && (
        <button type="button" class="plain" onClick={more}>
          Show more
        </button>
      )}
    </output>
  );
}

export function Group({ about, source, container }: Shared & { source: string; container: string }) {
  return (
    <>
      <h1>
        <Name>{container}</Name> of {source}
      </h1>
      <h2>Who is in it</h2>
      <PeopleList source={source} in={container} />
      <Command about={about}>{`people --source=${shellWord(source)} --in=${shellWord(container)}`}</Command>
    </>
  );
}
