import { useState } from 'preact/hooks';
import type { Delivery } from '../stream.ts';
import { Moment, type Mood, Name, type Shared, State, Table } from './parts.tsx';

/** So many deliveries are held in the page, and so many shown. */
export const KEPT = 500;
const SHOWN = 100;

export const OUTCOMES: Record<Delivery['outcome'], Mood> = {
  'on its way': 'wait',
  delivered: 'good',
  'refused by Velt': 'bad',
  'nothing to do': 'quiet',
  ignored: 'quiet',
  parked: 'wait',
  refused: 'bad',
};

export function Stream({ about, deliveries }: Shared & { deliveries: Delivery[] }) {
  const [text, setText] = useState('');
  const [source, setSource] = useState('');
  const [outcome, setOutcome] = useState('');
  const [still, setStill] = useState<Delivery[]>();
  if (!about.hasStream)
    return (
      <>
        <h1>Stream</h1>
        <p>
          Deliveries can be seen as they come where the local cloud runs: <code>npm start</code> prints the
          address of its own page. Of a deployed stage, People says what became of whom, and Health what
          waits.
        </p>
      </>
    );
  const all = still ?? deliveries;
  const isMeant = (one: Delivery) =>
    (source === '' || one.source === source) &&
    (outcome === '' || one.outcome === outcome) &&
    JSON.stringify([one.types, one.about]).toLowerCase().includes(text.toLowerCase());
  const meant = all.filter(isMeant);
  return (
    <>
      <h1>Stream</h1>
      <div class="filters">
        <label>
          Type, name or id
          <input type="search" value={text} onInput={(event) => setText(event.currentTarget.value.trim())} />
        </label>
        <Choice
          label="Source"
          value={source}
          onValue={setSource}
          of={about.sources.map(({ name }) => name)}
        />
        <Choice label="Outcome" value={outcome} onValue={setOutcome} of={Object.keys(OUTCOMES)} />
        <button
          type="button"
          aria-pressed={still !== undefined}
          onClick={() => setStill(still ? undefined : deliveries)}
        >
          {still ? 'Go on' : 'Hold still'}
        </button>
      </div>
      {meant.length === 0 ? (
        <p>No delivery yet{all.length > 0 && ' that is like this'}. Try makes some.</p>
      ) : (
        <Table
          label="Deliveries"
          head={['came', 'what', 'about', 'outcome', 'answer', 'source']}
          rows={meant.slice(0, SHOWN).map(row)}
        />
      )}
      <p class="quiet">
        {Math.min(SHOWN, meant.length)} of the last {all.length} are shown.
      </p>
    </>
  );
}

function row({ id, at, source, types, about, status, ms, outcome }: Delivery) {
  return {
    key: id,
    cells: [
      <Moment key="at" at={at} />,
      <a key="what" href={`#/delivery/${encodeURIComponent(id)}`}>
        {types.join(', ') || 'nothing that can be read'}
      </a>,
      <span key="about">
        {about.map(({ kind, id, name }, index) => (
          <span key={kind + id}>
            {index > 0 && ', '}
            <Name>{name ?? id}</Name>
          </span>
        ))}
      </span>,
      <State key="outcome" mood={OUTCOMES[outcome]}>
        {outcome}
      </State>,
      `${status}, ${ms} ms`,
      source,
    ],
  };
}

function Choice({
  label,
  value,
  onValue,
  of,
}: {
  label: string;
  value: string;
  onValue: (value: string) => void;
  of: string[];
}) {
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => onValue(event.currentTarget.value)}>
        <option value="">every one</option>
        {of.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    </label>
  );
}
