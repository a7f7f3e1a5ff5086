import type { HttpRequest, HttpResponse } from '../lib/http/client.ts';
import { putCredential } from './recipe.ts';

/** What a setup command was asked for; `wanted` is the hook or stream that the source needs. */
export interface SetupOptions<Wanted> {
  wanted: Wanted;
  source: string;
  stage: string;
  /** Whether the name was asked for; else what exists keeps its own. */
  named: boolean;
  credential: string | undefined;
  apply: boolean;
  rotate: boolean;
  /** What was mended in the arguments, to be told. */
  notes: string[];
}

/** As lib/http/client.ts, which sends any method: no function needs these two, and so its type leaves them out. */
export type AnyHttp = (
  request: Omit<HttpRequest, 'method'> & { method: HttpRequest['method'] | 'PUT' | 'PATCH' },
) => Promise<HttpResponse>;

export type Print = (text: string) => void;

/** That many random bytes. */
export type Random = (bytes: number) => Buffer;

/** What a setup command works with, whatever the vendor. */
export interface SetupWorld {
  http: AnyHttp;
  random: Random;
  print: Print;
  /** Now, in ms since the epoch. */
  clock: () => number;
  env: Record<string, string | undefined>;
}

/** `told`: the steps were printed. `in order`: everything is as it should be. `differs`: it is not, or not yet. */
export type SetupResult = 'told' | 'in order' | 'differs';

/** One thing that is not as it should be, and what mends it. */
export interface Difference<Mend> {
  what: string;
  mend: Mend;
}

/** Thrown when the vendor refuses a call; the message says what to mend. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const CREDENTIAL_BYTES = 32;

export function makeCredential(random: Random): string {
  return random(CREDENTIAL_BYTES).toString('base64url');
}

/** What is wrong with the event types of what exists. */
export function eventTypeFaults(found: string[], wanted: string[]): string[] {
  const missing = wanted.filter((type) => !found.includes(type));
  const needless = found.filter((type) => !wanted.includes(type));
  return [
    ...(missing.length > 0 ? [`event types are missing: ${missing.join(', ')}`] : []),
    ...(needless.length > 0 ? [`event types have no use: ${needless.join(', ')}`] : []),
  ];
}

/** Tells what differs, and the result where nothing is to be done about it; undefined where something is. */
export function settledBy(
  differences: Difference<unknown>[],
  { rotate, apply, credential }: SetupOptions<unknown>,
  vendor: string,
  print: Print,
): SetupResult | undefined {
  for (const { what } of differences) print(`  ${what}`);
  if (differences.length === 0 && !rotate) {
    print('Nothing to change.');
    if (credential !== undefined)
      print(`${vendor} does not show which credential it holds; --rotate sets the one you gave.`);
    return 'in order';
  }
  if (apply) return undefined;
  print('Nothing was changed; --apply does it.');
  return differences.length === 0 ? 'in order' : 'differs';
}

/** The result of a run that changed something, by what was read back. */
export function readBack(left: Difference<unknown>[], print: Print, next: string): SetupResult {
  if (left.length > 0) {
    print(`Read back, it is not in order:\n${left.map(({ what }) => `  ${what}`).join('\n')}`);
    return 'differs';
  }
  print(`Read back, it is in order. ${next}`);
  return 'in order';
}

/** Shell commands that put a credential into the secret: the one that was made, in clear, or else the one that was given. */
export function credentialCommands(
  made: string | undefined,
  { source, stage }: Pick<SetupOptions<unknown>, 'source' | 'stage'>,
): string {
  const first =
    made === undefined ? "CREDENTIAL='…'   # the one you gave" : `CREDENTIAL='${made}'   # shown only now`;
  return indent(`${first}\n${putCredential(source, stage)}`);
}

export function indent(text: string, by = 5): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(by));
}
