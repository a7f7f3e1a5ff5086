import { useState } from 'preact/hooks';
import type { Plan, PlanItem } from '../../../lib/reconcile/plan.ts';
import { Act } from './act.tsx';
import { view } from './api.ts';
import { Command, Loaded, Name, personHref, type Shared, State, Table, useAsked } from './parts.tsx';

/** So many of those who would lose something are named: the rest are counts. */
const NAMED = 200;

/** What a run over a source would do, asked for by a button: it may take a while. */
export function PlanView({ about, source }: Shared & { source: string }) {
  const [id, setId] = useState<string>();
  return (
    <>
      <h2>What a run over {source} would do</h2>
      <button type="button" onClick={() => setId(crypto.randomUUID())}>
        {id === undefined ? 'Make a plan' : 'Make another plan'}
      </button>
      {id !== undefined && <Planned key={id} about={about} source={source} id={id} />}
      <Command about={about}>{`plan --source ${source}`}</Command>
    </>
  );
}

function Planned({ about, source, id }: Shared & { source: string; id: string }) {
  const asked = useAsked(() => view<{ plans: Plan[] }>('plan', { source, id }), id);
  return (
    <Loaded of={asked}>
      {({ plans: [plan] }) =>
        plan ? <PlanTable about={about} plan={plan} id={id} /> : <p>No plan was made.</p>
      }
    </Loaded>
  );
}

function PlanTable({ about, plan, id }: Shared & { plan: Plan; id: string }) {
  const { run, effect, groups, items } = plan;
  const losers = items.filter(
    ({ reason, effect }) => reason !== undefined || effect.removes + effect.leaves > 0,
  );
  const reasons = Map.groupBy(losers, ({ reason = 'another reason' }) => reason);
  const counts = [
    ['people', effect.adds, effect.updates, effect.removes],
    ['memberships', effect.joins, '', effect.leaves],
    ['groups', groups.added, groups.changed, groups.ended],
  ];
  return (
    <>
      <p>
        {run.people.toLocaleString('en')} people are listed.{' '}
        {run.reason !== undefined && <State mood="bad">{`The breaker would stop it: ${run.reason}.`}</State>}
      </p>
      <Table
        label={`Counts of the plan of ${run.source}`}
        head={['of', 'added', 'updated', 'taken away']}
        rows={counts.map((cells) => ({ key: String(cells[0]), cells }))}
      />
      {losers.length > 0 && (
        <p>Who would lose something: {[...reasons].map(([why, of]) => `${of.length} ${why}`).join(', ')}.</p>
      )}
      {losers.length > 0 && (
        <Table
          label={`Who would lose something by the plan of ${run.source}`}
          head={['person', 'why', 'loses']}
          rows={losers.slice(0, NAMED).map(loserRow)}
        />
      )}
      {items.length === 0 ? (
        <p>Nothing: Velt is as {run.source} says.</p>
      ) : (
        <p class="row">
          <Act about={about} name="apply" given={{ id }} label="Apply this plan" />
        </p>
      )}
    </>
  );
}

function loserRow({ key, name, reason = '', effect, lost = [] }: PlanItem) {
  const [source = '', , ...rest] = key.split('#');
  const id = rest.join('#');
  const loses =
    lost.length > 0 ? lost.join(', ') : `${effect.removes} organizations, ${effect.leaves} memberships`;
  return {
    ...{ key, mood: 'bad' as const },
    cells: [
      <a key="who" href={personHref(source, id)}>
        <Name>{name ?? id}</Name>
      </a>,
      ...[reason, loses],
    ],
  };
}
