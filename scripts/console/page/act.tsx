import { useEffect, useRef, useState } from 'preact/hooks';
import type { Called } from '../../command.ts';
import type { ActName } from '../views.ts';
import { act } from './api.ts';
import { Fault, type Shared } from './parts.tsx';

/** A button of an act: it opens a question, in which the stage's name, or `word`, is typed. */
export function Act({
  about,
  name,
  given,
  label,
  word = about.stage,
  to = about.acts[name],
  onDone,
}: Shared & {
  name: ActName;
  given: object;
  label: string;
  word?: string;
  to?: string | undefined;
  onDone?: ((called: Called) => void) | undefined;
}) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        disabled={about.isReadOnly}
        title={about.isReadOnly ? 'This console was started with --read-only.' : undefined}
        onClick={() => setOpen(true)}
      >
        {label}
      </button>
      {isOpen && (
        <Question {...{ name, given, label, word, to }} close={() => setOpen(false)} onDone={onDone} />
      )}
    </>
  );
}

function Question({
  name,
  given,
  label,
  word,
  to,
  close,
  onDone,
}: {
  name: ActName;
  given: object;
  label: string;
  word: string;
  to: string | undefined;
  close: () => void;
  onDone: ((called: Called) => void) | undefined;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [typed, setTyped] = useState('');
  const [state, setState] = useState<'asked' | 'doing' | Called>('asked');
  const [why, setWhy] = useState<string>();
  useEffect(() => dialog.current?.showModal(), []);

  const submit = async (event: Event) => {
    event.preventDefault();
    setState('doing');
    setWhy(undefined);
    try {
      const called = await act(name, given, typed);
      setState(called);
      onDone?.(called);
    } catch (error) {
      setWhy((error as Error).message);
      setState('asked');
    }
  };
  return (
    <dialog ref={dialog} onClose={close} aria-label={label}>
      <form onSubmit={submit}>
        <h2>{label}</h2>
        {typeof state === 'object' ? (
          <Done called={state} />
        ) : (
          <label>
            Type <strong>{word}</strong> to {to}.
            <input
              value={typed}
              autocomplete="off"
              spellcheck={false}
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
          </label>
        )}
        {why !== undefined && <Fault>{why}</Fault>}
        <p class="row">
          {typeof state !== 'object' && (
            <button type="submit" class="main" disabled={typed.trim() !== word || state === 'doing'}>
              {state === 'doing' ? 'One moment …' : label}
            </button>
          )}
          <button type="button" onClick={() => dialog.current?.close()}>
            {typeof state === 'object' ? 'Close' : 'Leave it'}
          </button>
        </p>
      </form>
    </dialog>
  );
}

function Done({ called: { code, said, shown } }: { called: Called }) {
  return (
    <output>
      <p>{code === 0 ? 'Done.' : 'Not all of it was done.'}</p>
      {said !== '' && <pre>{said}</pre>}
      {shown !== undefined && <pre>{JSON.stringify(shown, null, 2)}</pre>}
    </output>
  );
}
