import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { shellWord } from '../../shell-word.ts';
import type { About } from '../routes.ts';

/** What every view gets. */
export interface Shared {
  about: About;
}

/** What is being asked for, or was answered, or why it was not. */
export interface Asked<T> {
  value?: T | undefined;
  why?: string | undefined;
  isAsking: boolean;
  again: () => void;
}

/** Asks when the view opens, and whenever `of` is another text. What was answered before stays until then. */
export function useAsked<T>(ask: () => Promise<T>, of: string): Asked<T> {
  const [state, setState] = useState<Omit<Asked<T>, 'again'>>({ isAsking: true });
  const [count, setCount] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    setState(({ value }) => ({ value, isAsking: true }));
    ask().then(
      (value) => isCurrent && setState({ value, isAsking: false }),
      (error: Error) =>
        isCurrent && setState(({ value }) => ({ value, why: error.message, isAsking: false })),
    );
    return () => {
      isCurrent = false;
    };
  }, [of, count]);
  return { ...state, again: useCallback(() => setCount((before) => before + 1), []) };
}

/** What was asked for, once it is there, and else that it is on its way, or why it is not. */
export function Loaded<T>({ of, children }: { of: Asked<T>; children: (value: T) => ComponentChildren }) {
  return (
    <>
      {of.why !== undefined && <Fault>{of.why}</Fault>}
      {of.value === undefined && of.isAsking && <p class="quiet">One moment …</p>}
      {of.value !== undefined && children(of.value)}
    </>
  );
}

export function Fault({ children }: { children: ComponentChildren }) {
  return (
    <p class="fault" role="alert">
      {children}
    </p>
  );
}

export type Mood = 'good' | 'wait' | 'bad' | 'quiet';

/** A state in a word: never by its colour alone. */
export function State({ mood, children }: { mood: Mood; children: ComponentChildren }) {
  return <span class={`state ${mood}`}>{children}</span>;
}

/** A table that scrolls by itself where the page is narrow. */
export function Table({
  head,
  rows,
  label,
}: {
  head: string[];
  rows: { key: string; cells: ComponentChildren[]; mood?: Mood | undefined }[];
  label: string;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <section class="scroll" tabIndex={0} aria-label={label}>
      <table>
        <thead>
          <tr>
            {head.map((title) => (
              <th key={title} scope="col">
                {title || <span class="unseen">what to do</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells, mood }) => (
            <tr key={key} class={mood}>
              {cells.map((cell, index) => (
                <td key={index}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** A moment: as long ago as it is, and exactly on hovering. */
export function Moment({ at }: { at: number | string | undefined }) {
  if (at === undefined) return <>–</>;
  const date = new Date(at);
  const text = date.toISOString();
  return (
    <time dateTime={text} title={text}>
      {date.toDateString() === new Date().toDateString()
        ? date.toLocaleTimeString('en-GB')
        : text.slice(0, 16).replace('T', ' ')}
    </time>
  );
}

/** A value as JSON, in a box that opens. */
export function Json({ label, value, open = false }: { label: string; value: unknown; open?: boolean }) {
  return (
    <details open={open}>
      <summary>{label}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard */}
      <pre tabIndex={0}>{typeof value === 'string' ? value : JSON.stringify(value, null, 2)}</pre>
    </details>
  );
}

/** The command that shows the same in a terminal: `words` are what stands beside its flags. */
export function Command({ about, children, words = [] }: Shared & { children: string; words?: string[] }) {
  const behind = words.length > 0 ? ` -- ${words.map(shellWord).join(' ')}` : '';
  return <p class="command">npm run sync -- {`${children}${about.flags}${behind}`}</p>;
}

export function personHref(source: string, id: string): string {
  return `#/people/${encodeURIComponent(source)}/${encodeURIComponent(id)}`;
}

/** Somebody or something by a name of any script, whose direction is its own. */
export function Name({ children }: { children: string }) {
  return <bdi>{children}</bdi>;
}
