import type { Compared, Held, OrganizationReport } from '../../organization.ts';
import { view } from './api.ts';
import {
  Command,
  Loaded,
  type Mood,
  Name,
  personHref,
  type Shared,
  State,
  Table,
  useAsked,
} from './parts.tsx';

const STATES: Record<Compared['state'], [Mood, string]> = {
  same: ['good', '= the same'],
  changed: ['bad', '≠ differs'],
  missing: ['bad', '✗ was confirmed, is not listed'],
  'to come': ['wait', '… is to come'],
  'to go': ['wait', '… is to go'],
  stranger: ['wait', '? not put there by this product'],
  unproven: ['wait', '? Velt does not say'],
};

export function Organization({ about, id }: Shared & { id: string }) {
  const asked = useAsked(() => view<OrganizationReport>('organization', { id }), id);
  return (
    <>
      <h1>
        Organization <Name>{id}</Name>
      </h1>
      <Loaded of={asked}>
        {({ counts, users, note }) => (
          <>
            {note !== undefined && <p class="fault">{note}</p>}
            <div class="tiles">
              {Object.entries(counts).map(([state, count]) => (
                <div class="tile" key={state}>
                  <b>{count.toLocaleString('en')}</b>
                  {STATES[state as Compared['state']][1]}
                </div>
              ))}
            </div>
            <Table
              label={`Organization ${id}`}
              head={['user', 'is', 'should be', 'Velt says']}
              rows={users.map(({ userId, state, person, should, says }) => ({
                ...{ key: userId, mood: state === 'same' ? undefined : STATES[state][0] },
                cells: [
                  person ? <a href={personHref(person.source, person.id)}>{userId}</a> : userId,
                  <State key="is" mood={STATES[state][0]}>
                    {STATES[state][1]}
                  </State>,
                  <HeldText key="should" held={should} />,
                  <HeldText key="says" held={says} />,
                ],
              }))}
            />
          </>
        )}
      </Loaded>
      <p>
        <button type="button" onClick={asked.again}>
          Compare again
        </button>
      </p>
      <Command about={about} words={[id]}>
        organization
      </Command>
    </>
  );
}

function HeldText({ held }: { held: Held | undefined }) {
  if (!held) return <>–</>;
  return <bdi>{[held.name, held.email].filter(Boolean).join(', ') || '(by id)'}</bdi>;
}
