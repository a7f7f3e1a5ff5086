import * as z from 'zod';
import { describeIssues } from '../../lib/parse.ts';
import type { Call } from '../command.ts';
import type { Folder } from './folder.ts';
import type { Deliveries } from './stream.ts';
import type { Try } from './try.ts';
import { ACTS, type Act, type Asking, VIEWS } from './views.ts';

export interface Answered {
  status: number;
  body: unknown;
}

/** What answers a request, by its path. */
export type Routes = Record<string, (given: unknown) => Promise<Answered>>;

/** What the page has to know before it asks for anything. */
export interface About {
  stage: string;
  /** What names the stage again in another command. */
  flags: string;
  isLocal: boolean;
  isReadOnly: boolean;
  sources: { name: string; kind: string }[];
  organizations: string[];
  /** What each act does, by its name. */
  acts: Record<string, string>;
  hasStream: boolean;
  hasTry: boolean;
}

export interface RouteDeps {
  call: Call;
  folder: Folder;
  about: Omit<About, 'acts' | 'hasStream' | 'hasTry'>;
  deliveries?: Deliveries | undefined;
  try?: Try | undefined;
  /** How the health was over time, oldest first. */
  samples: () => unknown[];
}

const Typed = z.strictObject({ given: z.unknown(), typed: z.string().default('') });
const READ_ONLY = 'this console was started with --read-only: it looks, and changes nothing';

/**
 * The routes of the console. A view is a command that reads, an act one that changes something: both are run as the program runs
 * them, and answered as they print it with --json. An act is done only where its word was typed, and never with --read-only.
 */
export function createRoutes({ call, folder, about, deliveries, samples, ...deps }: RouteDeps): Routes {
  const acts = Object.fromEntries(Object.entries(ACTS).map(([name, { to }]) => [name, to]));
  const inTurn = createTurns();
  const ask = async (asking: Asking, given: unknown): Promise<Answered> => {
    const { data, error } = asking.given.safeParse(given);
    if (error)
      return { status: 400, body: { why: describeIssues(error)[0]?.message ?? 'it cannot be read' } };
    const body = await folder.during((files) => {
      const argv = asking.argv(data as never, files);
      return walksQueues(argv) ? inTurn(() => call(argv)) : call(argv);
    });
    return { status: 200, body };
  };
  const routes: Routes = {
    '/api/about': async () => ({
      status: 200,
      body: { ...about, acts, hasStream: deliveries !== undefined, hasTry: deps.try !== undefined },
    }),
    '/api/samples': async () => ({ status: 200, body: samples() }),
  };
  for (const [name, view] of Object.entries<Asking>(VIEWS))
    routes[`/api/ask/${name}`] = (given) => ask(view, given);
  for (const [name, act] of Object.entries<Act>(ACTS))
    routes[`/api/act/${name}`] = async (asked) => {
      const refused = refusalOf(act, asked, about);
      return refused ?? ask(act, (asked as { given: unknown }).given);
    };
  if (deliveries) Object.assign(routes, deliveryRoutes(deliveries));
  if (deps.try) Object.assign(routes, tryRoutes(deps.try, about));
  return routes;
}

/** Whether a command receives messages of queues to look at them: nobody else sees them for as long. */
function walksQueues([name = '', ...rest]: string[]): boolean {
  return ['parked', 'dead'].includes(name) || (name === 'person' && !rest.includes('--no-queues'));
}

/** Runs one after the other, in the order in which they came. */
function createTurns() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(run: () => Promise<T>): Promise<T> => {
    const mine = last.then(run, run);
    last = mine;
    return mine;
  };
}

/** Why an act is not done: nothing may be changed, or its word was not typed. */
function refusalOf(
  { word, given: shape, to }: Pick<Act, 'word' | 'given' | 'to'>,
  asked: unknown,
  { isReadOnly, stage }: Pick<About, 'isReadOnly' | 'stage'>,
): Answered | undefined {
  if (isReadOnly) return { status: 403, body: { why: READ_ONLY } };
  const { data } = Typed.safeParse(asked);
  const parsed = shape.safeParse(data?.given);
  if (!data || !parsed.success) return { status: 400, body: { why: 'it cannot be read' } };
  const wanted = word ? word(parsed.data as never) : stage;
  if (data.typed.trim() === wanted) return undefined;
  return { status: 409, body: { why: `type ${wanted} to ${to}`, word: wanted } };
}

const Id = z.strictObject({ id: z.string() });

function deliveryRoutes(deliveries: Deliveries): Routes {
  return {
    '/api/deliveries': async () => ({ status: 200, body: deliveries.recent() }),
    '/api/delivery': async (given) => {
      const path = await deliveries.path(Id.safeParse(given).data?.id ?? '');
      return path ? { status: 200, body: path } : { status: 404, body: { why: 'it is not kept any more' } };
    },
  };
}

/** What is tried is tried on this machine alone: nothing needs to be typed for it. */
function tryRoutes(local: Try, { isReadOnly }: Pick<About, 'isReadOnly'>): Routes {
  return {
    '/api/try': async () => ({ status: 200, body: local.state() }),
    '/api/act/try': async (asked) => {
      if (isReadOnly) return { status: 403, body: { why: READ_ONLY } };
      const { data, error } = local.given.safeParse(Typed.safeParse(asked).data?.given);
      if (error) return { status: 400, body: { why: describeIssues(error)[0]?.message } };
      try {
        return { status: 200, body: await local.act(data as never) };
      } catch (fault) {
        return { status: 422, body: { why: fault instanceof Error ? fault.message : String(fault) } };
      }
    },
  };
}
