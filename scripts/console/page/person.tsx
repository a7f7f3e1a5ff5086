import type { Cause, Outcome } from '../../../lib/directory/explain.ts';
import type { Origin } from '../../../lib/directory/version.ts';
import type { AtVelt, PersonReport } from '../../person.ts';
import type { Answer } from '../../person-text.ts';
import { shellWord } from '../../shell-word.ts';
import { Act } from './act.tsx';
import { view } from './api.ts';
import { Command, Loaded, Moment, type Mood, Name, type Shared, State, Table, useAsked } from './parts.tsx';

export const STATES: Record<AtVelt['state'], [Mood, string]> = {
  confirmed: ['good', '✓ Velt confirmed it'],
  owed: ['wait', '… owed: the next delivery calls for it'],
  leaving: ['wait', '… to be taken away by the next delivery'],
  refused: ['bad', '✗ Velt refuses it'],
  waiting: ['wait', '… waits for what it stands on'],
};

export function Person({ about, source, id }: Shared & { source: string; id: string }) {
  const asked = useAsked(() => view<Answer>('person', { who: id, source }), `${source} ${id}`);
  return (
    <>
      <Loaded of={asked}>
        {({ people, unheard, notes }) => (
          <>
            {people.map((report) => (
              <Report key={report.source + report.id} about={about} report={report} again={asked.again} />
            ))}
            {people.length === 0 && <h1>Nothing was heard of {id}</h1>}
            {unheard.map(({ source, id }) => (
              <p key={source + id}>
                {id} is in the directory of {source}, and no event arrived of them: a run brings them.
              </p>
            ))}
            {notes.map((note) => (
              <p key={note}>{note}.</p>
            ))}
          </>
        )}
      </Loaded>
      <Command about={about} words={[id]}>{`person --source=${shellWord(source)}`}</Command>
    </>
  );
}

function Report({ about, report, again }: Shared & { report: PersonReport; again: () => void }) {
  const { source, id, facts, explained, unreadable, leasedUntil, dueAt } = report;
  const name = facts.find(({ fact }) => fact === 'name')?.value;
  if (unreadable) return <h1>Only a newer version can read {id}</h1>;
  return (
    <>
      <h1>
        <Name>{typeof name === 'string' ? name : id}</Name>
      </h1>
      <p>
        {id} of {source}
        {explained?.user && ` is ${explained.user.userId} in Velt`}.
        {explained?.why !== undefined && (
          <>
            {' '}
            <State mood="quiet">Not meant to be in Velt: {explained.why}.</State>
          </>
        )}
        {leasedUntil !== undefined && ' A delivery is at them at this moment.'}
        {dueAt !== undefined && (
          <>
            {' '}
            The sweep looks at them at <Moment at={dueAt} />.
          </>
        )}
      </p>
      <p class="row">
        <Act about={about} name="retry" given={{ who: id, source }} label="Ask again now" onDone={again} />
        <button type="button" onClick={again}>
          Look again
        </button>
      </p>
      <Places report={report} />
      <Facts report={report} />
      <Made report={report} />
      <History report={report} />
    </>
  );
}

function Places({ report: { atVelt } }: { report: PersonReport }) {
  if (atVelt.length === 0) return <p>Nothing is at Velt, and nothing is to come.</p>;
  const rows = atVelt.map(({ userId, scope, state, refusal }) => ({
    key: JSON.stringify([userId, scope]),
    mood: STATES[state][0],
    cells: [
      scopeText(scope),
      <State key="state" mood={STATES[state][0]}>
        {STATES[state][1]}
      </State>,
      refusal ? `“${refusal.reason}” (${refusal.attempts} times, of the ${refusal.of})` : '',
      userId,
    ],
  }));
  return (
    <>
      <h2>What Velt confirmed</h2>
      <Table label="What Velt confirmed" head={['place', 'state', 'what Velt said', 'user']} rows={rows} />
    </>
  );
}

function Facts({ report: { facts, memberships } }: { report: PersonReport }) {
  const rows = [
    ...facts.map(({ fact, value, by }) => ({
      key: fact,
      cells: [fact, <bdi key="value">{valueText(value)}</bdi>, ...originCells(by)],
    })),
    ...memberships.map(({ kind, id, name, member, by }) => ({
      key: `${kind} ${id}`,
      cells: [
        <span key="what">
          {kind} <Name>{name ?? id}</Name>
        </span>,
        member ? 'is in it' : 'left it: a tombstone, only later news brings them back',
        ...originCells(by),
      ],
    })),
  ];
  return (
    <>
      <h2>What is known</h2>
      <Table label="What is known" head={['fact', 'value', 'from', 'of when']} rows={rows} />
    </>
  );
}

function originCells({ at, id, askedAt }: Origin) {
  const from =
    id === undefined ? (askedAt === undefined ? 'a read' : `a read, asked at ${askedAt}`) : `event ${id}`;
  return [from, <Moment key="at" at={at} />];
}

function Made({ report: { explained } }: { report: PersonReport }) {
  if (!explained) return <p>Their source is not configured: nothing is made of them.</p>;
  const rows = [
    ...explained.memberships.map(({ kind, id, name, outcomes }) => ({
      key: `${kind} ${id}`,
      cells: [
        <span key="what">
          {kind} <Name>{name ?? id}</Name>
        </span>,
        outcomes.map(outcomeText).join('; ') || 'nothing',
        outcomes.map(causeText).join('; '),
      ],
    })),
    ...explained.places.map(({ scope, role, causes }) => ({
      key: JSON.stringify(scope),
      cells: [
        'they',
        `${scopeText(scope)}${role === undefined ? '' : ` as ${role}`}`,
        causes.map(causeText).join('; '),
      ],
    })),
  ];
  return (
    <>
      <h2>What the configuration makes of it</h2>
      {explained.user && (
        <p>
          Velt is told:{' '}
          {Object.entries(explained.user)
            .map(([field, value]) => `${field} ${value}`)
            .join(', ')}
          .
        </p>
      )}
      {rows.length > 0 && (
        <Table label="What the configuration makes of it" head={['is in', 'becomes', 'by']} rows={rows} />
      )}
    </>
  );
}

/** Every event and read that still gives something, the newest first. */
function History({ report: { facts, memberships } }: { report: PersonReport }) {
  const told = [
    ...facts.map(({ fact, value, by }) => ({ by, text: `${fact} ${valueText(value)}` })),
    ...memberships.map(({ kind, id, name = id, member, by }) => ({
      ...{ by, text: `${member ? 'in' : 'left'} ${kind} ${name}` },
    })),
  ];
  const grouped = Map.groupBy(told, ({ by }) => JSON.stringify([by.at, by.id ?? by.askedAt ?? '']));
  const rows = [...grouped]
    .toSorted(([one], [other]) => (one < other ? 1 : -1))
    .map(([key, parts]) => {
      const [from, at] = originCells(parts[0]?.by as Origin);
      return { key, cells: [at, from, parts.map(({ text }) => text).join(', ')] };
    });
  return (
    <>
      <h2>History: what still counts, by when it was told</h2>
      <Table label="History" head={['of when', 'from', 'told']} rows={rows} />
    </>
  );
}

export function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function scopeText(scope: {
  organizationId: string;
  groupId?: string;
  folderId?: string;
  documentId?: string;
}): string {
  const { organizationId, ...inner } = scope;
  const [[kind, id] = ['', '']] = Object.entries(inner);
  return kind === ''
    ? `organization ${organizationId}`
    : `${kind.replace('Id', '')} ${id} in ${organizationId}`;
}

function outcomeText({ becomes, scope, role }: Outcome): string {
  if (becomes === 'scope') return 'they are mirrored';
  if (becomes === 'excluded') return 'not a group';
  return `${role === undefined ? '' : `${role} in `}${scope ? scopeText(scope) : becomes}`;
}

function causeText({ setting, pattern }: Cause): string {
  return pattern === undefined ? setting : `${setting} "${pattern}"`;
}
