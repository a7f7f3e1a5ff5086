import type { Called } from '../../command.ts';
import type { ActName, ViewName } from '../views.ts';

/** Why something was not answered; `word` is what has to be typed, where that is why. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly word: string | undefined;
  constructor(why: string, word?: string) {
    super(why);
    this.word = word;
  }
}

const KEPT_AS = 'token';

/** Takes the token out of the address, where everybody could read it over a shoulder, and keeps it for this tab. */
export function takeToken(): void {
  const [, token] = /^#token=([\w-]+)$/.exec(location.hash) ?? [];
  if (token === undefined) return;
  sessionStorage.setItem(KEPT_AS, token);
  history.replaceState(null, '', '/#/health');
}

function headers(): Record<string, string> {
  return {
    authorization: `Bearer ${sessionStorage.getItem(KEPT_AS) ?? ''}`,
    'content-type': 'application/json',
  };
}

/** Asks the console. Throws Refused. */
export async function post<T>(path: string, given: unknown = {}): Promise<T> {
  const answer = await fetch(path, { method: 'POST', headers: headers(), body: JSON.stringify(given) }).catch(
    () => undefined,
  );
  if (!answer) throw new Refused('The console does not answer: has it ended in its terminal?');
  const body = (await answer.json()) as { why?: string; word?: string };
  if (!answer.ok) throw new Refused(body.why ?? `it answered ${answer.status}`, body.word);
  return body as T;
}

/** What a command shows. Throws Refused, with what it says, where it shows nothing. */
export async function view<T>(name: ViewName, given: object = {}): Promise<T> {
  const { shown, said } = await post<Called>(`/api/ask/${name}`, given);
  if (shown === undefined) throw new Refused(said);
  return shown as T;
}

/** Does what `typed` confirms. Throws Refused. */
export function act<T = Called>(name: ActName | 'try', given: object, typed: string): Promise<T> {
  return post<T>(`/api/act/${name}`, { given, typed });
}

/** What the console tells by itself, for as long as it runs; `onEnd` says whether it can be heard. */
export async function listen(
  hear: (event: string, data: unknown) => void,
  onState: (isHeard: boolean) => void,
): Promise<never> {
  for (;;) {
    try {
      const answer = await fetch('/api/live', { headers: headers() });
      if (!answer.ok || !answer.body) throw new Refused('not heard');
      onState(true);
      await readNews(answer.body, hear);
    } catch {
      // Said below, and tried again.
    }
    onState(false);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
}

/** Server-sent events (html.spec.whatwg.org, 2026-11), read by fetch: only that can carry the token in a header. */
async function readNews(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  hear: (event: string, data: unknown) => void,
): Promise<void> {
  let rest = '';
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, event, data] = /^event: (.+)\ndata: (.+)$/s.exec(block) ?? [];
      if (event !== undefined && data !== undefined) hear(event, JSON.parse(data));
    }
  }
}
