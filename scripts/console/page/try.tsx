import { useId, useState } from 'preact/hooks';
import type { TryDone, TryField, TryState } from '../try.ts';
import { act, post } from './api.ts';
import { Fault, Loaded, Moment, Name, type Shared, State, Table, useAsked } from './parts.tsx';

type Vendor = TryState['vendors'][number];

export function TryView({ about }: Shared) {
  const asked = useAsked(() => post<TryState>('/api/try'), '');
  const [said, setSaid] = useState<string>();
  const [why, setWhy] = useState<string>();
  if (!about.hasTry)
    return (
      <>
        <h1>Try</h1>
        <p>
          This is for the local cloud: <code>npm start</code> prints the address of its own page.
        </p>
      </>
    );
  const run = async (given: object) => {
    setWhy(undefined);
    setSaid(undefined);
    try {
      setSaid((await act<TryDone>('try', given, '')).said);
      asked.again();
    } catch (error) {
      setWhy((error as Error).message);
    }
  };
  return (
    <>
      <h1>Try</h1>
      <p>
        What is done here happens in the doubles of this machine; the webhook arrives in the{' '}
        <a href="#/stream">Stream</a>.
        {about.isReadOnly && ' This console was started with --read-only: nothing can be done.'}
      </p>
      <output>{said}</output>
      {why !== undefined && <Fault>{why}</Fault>}
      <Loaded of={asked}>
        {({ vendors, faults, schedules, clockMs }) => (
          <>
            {vendors.map((vendor) => (
              <VendorView key={vendor.source} vendor={vendor} run={run} isOff={about.isReadOnly} />
            ))}
            <h2>Velt fails</h2>
            {faults.map(({ name, about: what, isOn }) => (
              <label key={name} class="switch">
                <input
                  type="checkbox"
                  checked={isOn}
                  disabled={about.isReadOnly}
                  onChange={(event) => run({ kind: 'fault', name, isOn: event.currentTarget.checked })}
                />{' '}
                <strong>{name}</strong>: {what}
              </label>
            ))}
            <h2>Time</h2>
            <p>
              At the vendors it is <Moment at={Date.now() + clockMs} />
              {clockMs !== 0 && <State mood="wait">, {hoursText(clockMs)}</State>}. What they send carries
              that time.
            </p>
            <p class="row">
              {CLOCK.map(([label, ms]) => (
                <button
                  key={label}
                  type="button"
                  disabled={about.isReadOnly}
                  onClick={() => run({ kind: 'clock', ms: ms === 0 ? -clockMs : ms })}
                >
                  {label}
                </button>
              ))}
            </p>
            <h2>Schedules</h2>
            <p class="row">
              {schedules.map(({ name, about: what }) => (
                <button
                  key={name}
                  type="button"
                  title={what}
                  disabled={about.isReadOnly}
                  onClick={() => run({ kind: 'schedule', name })}
                >
                  Run {name}
                </button>
              ))}
            </p>
          </>
        )}
      </Loaded>
    </>
  );
}

const HOUR_MS = 3_600_000;
const CLOCK: [label: string, ms: number][] = [
  ['A day back', -24 * HOUR_MS],
  ['An hour back', -HOUR_MS],
  ['As it is', 0],
  ['Five minutes on', HOUR_MS / 12],
];

function hoursText(ms: number): string {
  const hours = Math.round(ms / (HOUR_MS / 60)) / 60;
  return `${Math.abs(hours).toFixed(1)} hours ${ms < 0 ? 'behind' : 'ahead'}`;
}

function VendorView({
  vendor,
  run,
  isOff,
}: {
  vendor: Vendor;
  run: (given: object) => Promise<void>;
  isOff: boolean;
}) {
  const { source, kind, people, groups, acts } = vendor;
  const [name, setName] = useState(acts[0]?.name ?? '');
  const [values, setValues] = useState<Record<string, string>>({});
  const chosen = acts.find((one) => one.name === name);
  const submit = (event: Event) => {
    event.preventDefault();
    run({ kind: 'vendor', source, act: name, values: valuesFor(vendor, name, values) });
  };
  return (
    <section aria-label={source}>
      <h2>
        {source} ({kind})
      </h2>
      <form class="filters" onSubmit={submit}>
        <label>
          What happens
          <select value={name} onChange={(event) => setName(event.currentTarget.value)}>
            {acts.map((one) => (
              <option key={one.name} value={one.name}>{`${one.name}: ${one.about}`}</option>
            ))}
          </select>
        </label>
        {chosen?.fields.map((field) => (
          <Field
            key={field.name}
            field={field}
            from={field.of === 'person' ? people : groups}
            value={values[field.name]}
            onValue={(value) => setValues({ ...values, [field.name]: value })}
          />
        ))}
        <button type="submit" class="main" disabled={isOff}>
          Let it happen
        </button>
      </form>
      <details>
        <summary>{`Who is there: people ${people.length}, groups ${groups.length}`}</summary>
        <Table
          label={`People of ${source}`}
          head={['person', 'is', 'in', 'id']}
          rows={people.map(({ id, name, state }) => ({
            key: id,
            cells: [
              <Name key="name">{name}</Name>,
              state,
              groups.flatMap((one) => (one.members.includes(id) ? one.name : [])).join(', '),
              id,
            ],
          }))}
        />
      </details>
    </section>
  );
}

function Field({
  field: { name, label, of, example = '' },
  from,
  value,
  onValue,
}: {
  field: TryField;
  from: { id: string; name: string }[];
  value: string | undefined;
  onValue: (value: string) => void;
}) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id}>{label}</label>
      {of === 'text' ? (
        <input
          id={id}
          name={name}
          value={value ?? example}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      ) : (
        <select id={id} name={name} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
          {from.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}

/** What the form shows, where nobody chose or typed anything else. */
function valuesFor({ people, groups, acts }: Vendor, name: string, given: Record<string, string>) {
  const fields = acts.find((one) => one.name === name)?.fields ?? [];
  const shown = { person: people[0]?.id, group: groups[0]?.id };
  return Object.fromEntries(
    fields.map(({ name: field, of, example }) => [
      field,
      given[field] ?? (of === 'text' ? example : shown[of]) ?? '',
    ]),
  );
}
