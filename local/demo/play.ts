import type { runAll } from '../../lib/reconcile/run.ts';
import type { Cloud } from '../cloud/cloud.ts';
import type { EventFile } from './events.ts';

/** The outcome of an event, in the terms of its file's `expect`, and the differences between the two. */
export interface Played {
  name: string;
  status: number | undefined;
  changes: number;
  calls: string[];
  outcome: string;
  /** Each expectation that was not met; empty when all were. */
  surprises: string[];
}

/**
 * Sends one event file to a running local cloud as its vendor would, waits until all work that it causes has ended, and
 * compares the outcome with what the file expects.
 */
export async function play(event: EventFile, cloud: Cloud): Promise<Played> {
  const before = await callsOf(cloud);
  const answer = await answerTo(event, cloud);
  await cloud.idle();
  const calls = (await callsOf(cloud)).slice(before.length).map(({ path }) => path);
  const played = { name: event.name, ...answer, calls, outcome: outcomeOf(answer, calls) };
  return { ...played, surprises: surprisesOf(event, played) };
}

function answerTo(event: EventFile, cloud: Cloud): Promise<Answer> {
  switch (event.kind) {
    case 'request':
      return send(event, cloud);
    case 'event':
      return put(event, cloud);
    case 'invoke':
      return invoke(event, cloud);
  }
}

interface Answer {
  status: number | undefined;
  changes: number;
  parked: boolean;
  body: unknown;
}

async function send(event: EventFile & { kind: 'request' }, cloud: Cloud): Promise<Answer> {
  const { method, headers, body, credential } = event.request;
  const source = Object.values(cloud.sources).find(({ kind }) => kind === event.source);
  if (!source) throw new Error(`the configuration names no source of kind ${event.source}`);
  const proof = Object.entries(source.headers).map(([name, value]) => [
    name,
    credential === 'right' ? value : `${value}x`,
  ]);
  const response = await fetch(source.url, {
    method,
    headers: { ...headers, ...(credential !== 'missing' && Object.fromEntries(proof)) },
    ...(body && { body: new Uint8Array(body) }),
  });
  const answer = (await response.json()) as { changes?: number; parked?: boolean };
  return {
    status: response.status,
    changes: answer.changes ?? 0,
    parked: answer.parked ?? false,
    body: answer,
  };
}

/** Puts an event on its bus. An event whose source no bus is associated with, or that no rule matches, reaches no function. */
async function put({ event }: EventFile & { kind: 'event' }, cloud: Cloud): Promise<Answer> {
  const buses = cloud.stack.ofType<{ EventSourceName?: string }>('AWS::Events::EventBus');
  const isTaken = buses.some(([, { EventSourceName }]) => EventSourceName === event.source);
  const [result] = isTaken ? await cloud.putEvent(event) : [];
  if (result?.error) throw new Error(`webhook failed: ${result.error.message}`);
  const { changes = 0, parked = false } = (result?.payload ?? {}) as { changes?: number; parked?: boolean };
  return { status: undefined, changes, parked, body: result?.payload };
}

async function invoke(event: EventFile & { kind: 'invoke' }, cloud: Cloud): Promise<Answer> {
  const result = await cloud.fire('backfill', event.invoke);
  if (result.error) throw new Error(`backfill failed: ${result.error.message}`);
  const runs = Object.values(result.payload as Awaited<ReturnType<typeof runAll>>);
  const people = runs.reduce((sum, run) => sum + (typeof run === 'string' ? 0 : run.people), 0);
  return { status: undefined, changes: people, parked: false, body: result.payload };
}

function outcomeOf({ status = 200, changes, parked }: Answer, calls: string[]): string {
  if (status >= 400) return 'refused';
  if (calls.length > 0) return 'delivered';
  if (changes > 0) return 'unchanged';
  return parked ? 'parked' : 'ignored';
}

function surprisesOf({ expect, kind }: EventFile, played: Omit<Played, 'surprises'> & Answer): string[] {
  const wanted = {
    changes: expect.changes,
    outcome: expect.outcome,
    calls: expect.calls,
    parked: expect.parked ?? expect.outcome === 'parked',
    ...(kind === 'request' && { status: expect.status }),
    ...(kind === 'request' && expect.body !== undefined && { body: expect.body }),
  };
  return Object.entries(wanted)
    .map(([name, value]) => [
      name,
      JSON.stringify(value),
      JSON.stringify(played[name as keyof typeof played]),
    ])
    .filter(([, want, got]) => want !== got)
    .map(([name, want, got]) => `${name}: expected ${want}, got ${got}`);
}

/** The calls that the Velt double has got so far. */
async function callsOf({ veltUrl }: Cloud): Promise<{ path: string }[]> {
  const response = await fetch(`${veltUrl}/__state`);
  return ((await response.json()) as { calls: { path: string }[] }).calls;
}
