import { useState } from 'preact/hooks';
import type { Parked } from '../../parked.ts';
import type { Redriven } from '../../redrive.ts';
import { Act } from './act.tsx';
import { view } from './api.ts';
import { Json, Loaded, Moment, type Shared, Table, useAsked } from './parts.tsx';

type ParkedLine = Omit<Parked, 'body'> & { bytes: number };

/** What could not be read: to be looked at, sent again, or dropped. */
export function ParkedList({ about }: Shared) {
  const asked = useAsked(() => view<ParkedLine[]>('parked'), '');
  return (
    <>
      <h2>Parked: what could not be read</h2>
      <Loaded of={asked}>
        {(parked) =>
          parked.length === 0 ? (
            <p>Nothing is parked.</p>
          ) : (
            <Table
              label="Parked"
              head={['parked at', 'source', 'why', 'body', '']}
              rows={parked.map(({ id, at, source, reasons, bytes }) => ({
                ...{ key: id, mood: 'wait' as const },
                cells: [
                  <Moment key="at" at={at} />,
                  source,
                  reasons.join('; '),
                  <ParkedBody key="body" id={id} bytes={bytes} />,
                  <span key="acts" class="row">
                    <Act about={about} name="replay" given={{ id }} label="Send again" onDone={asked.again} />
                    <Act
                      about={about}
                      name="drop"
                      given={{ id }}
                      label="Drop"
                      word={id}
                      onDone={asked.again}
                    />
                  </span>,
                ],
              }))}
            />
          )
        }
      </Loaded>
      <Again of={asked} />
    </>
  );
}

function Again({ of }: { of: { again: () => void; isAsking: boolean } }) {
  return (
    <button type="button" class="plain" disabled={of.isAsking} onClick={of.again}>
      Look again
    </button>
  );
}

function ParkedBody({ id, bytes }: { id: string; bytes: number }) {
  const [body, setBody] = useState<string>();
  const show = () =>
    view<{ body: string }>('parked-body', { id }).then(
      (shown) => setBody(shown.body),
      (error: Error) => setBody(error.message),
    );
  if (body !== undefined) return <Json label={`${bytes} bytes`} value={body} open />;
  return (
    <button type="button" class="plain" onClick={show}>
      {bytes} bytes
    </button>
  );
}

interface Dead {
  changes: Redriven;
  schedules: { invocations: { id: string; at: number; functionName?: string; why: string }[] };
  partnerEvents: Dead['schedules'];
}

/** What failed on every attempt: to be moved back once its cause is mended. */
export function DeadList({ about }: Shared) {
  const asked = useAsked(() => view<Dead>('dead'), '');
  return (
    <>
      <h2>Dead: what failed on every attempt</h2>
      <Loaded of={asked}>
        {({ changes, schedules, partnerEvents }) => {
          const invocations = [...schedules.invocations, ...partnerEvents.invocations];
          const rows = [
            ...changes.dead.map(({ id, at, about: named, isReadable }) => ({
              key: id,
              cells: [
                <Moment key="at" at={at} />,
                isReadable ? 'changes' : 'only another version can read it',
                named.map(({ source, kind, id }) => `${kind} ${id} of ${source}`).join(', '),
              ],
            })),
            ...invocations.map(({ id, at, functionName = '?', why }) => ({
              ...{ key: id, cells: [<Moment key="at" at={at} />, functionName, why] },
            })),
          ];
          if (rows.length === 0) return <p>Nothing is dead.</p>;
          return (
            <>
              <Table label="Dead" head={['queued since', 'what', 'about']} rows={rows} />
              <p class="row">
                <Act about={about} name="redrive" given={{}} label="Move all back" onDone={asked.again} />
              </p>
            </>
          );
        }}
      </Loaded>
      <Again of={asked} />
    </>
  );
}
