import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Run } from '../../lib/aws/runs.ts';
import { Plan } from '../../lib/reconcile/planned.ts';
import { demoDirectory, demoMissed, demoParameters } from '../../local/demo/directory.ts';
import { loseWebhooks } from '../../local/demo/missed.ts';
import { applyPlan } from '../../scripts/apply.ts';
import { readThrough } from '../../scripts/backfill.ts';
import { showPlan } from '../../scripts/plan.ts';
import { connectStack, type Stack } from '../../scripts/stack.ts';
import { standUp, type TestCloud } from './cloud.ts';

/** Node 22 runs TypeScript only when it is told to. */
const TYPES = ['--disable-warning=ExperimentalWarning', '--experimental-strip-types'];
const folder = mkdtempSync(join(tmpdir(), 'plans-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The commands against a cloud, each in a process of its own as far as the stack can tell. */
async function makeCommands(cloud: TestCloud) {
  const printed: string[] = [];
  const interruption = new AbortController();
  const { signal } = interruption;
  const terminal = { print: (text: string) => void printed.push(text), progress: () => {} };
  const connect = (): Promise<Stack> => connectStack({ stage: 'dev', aws: cloud.admin }, signal);
  const read = async (plan: boolean) =>
    readThrough({ source: 'okta', plan }, { stack: await connect(), terminal, signal });
  return {
    printed,
    interruption,
    connect,
    backfill: () => read(false),
    plan: async () => showPlan((await read(true)) as Run, { stack: await connect(), terminal, folder }),
    apply: async (planId: string) => applyPlan(planId, { stack: await connect(), terminal, signal }),
  };
}

function organization(cloud: TestCloud) {
  const { users = {}, groups = {} } = cloud.state()['acme-workforce'] ?? {};
  const people = Object.fromEntries(Object.entries(users).map(([id, { name }]) => [id, name]));
  return { people, groups };
}

test('a plan after lost webhooks says what they were about, and applied twice it mends Velt once', {
  timeout: 60_000,
}, async () => {
  const cloud = await standUp({ directory: demoDirectory, parameters: demoParameters });
  const { backfill, plan, apply, printed } = await makeCommands(cloud);
  await backfill();
  await cloud.idle();
  loseWebhooks(cloud.okta);
  const before = cloud.calls().length;

  const { run, effect } = await plan();
  await cloud.idle();

  const file = join(folder, `plan-${run.runId}.json`);
  expect(effect).toEqual({ adds: 1, updates: 1, joins: 1, removes: 2, leaves: 3 });
  expect(Plan.parse(JSON.parse(readFileSync(file, 'utf8'))).run).toEqual(run);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(printed.at(-1)).toContain(`npm run apply -- ${run.runId}`);
  expect(cloud.calls()).toHaveLength(before);

  const first = await apply(run.runId);
  await cloud.idle();

  const { deactivated, deleted, renamed, joiner, joins, leaves, group } = demoMissed;
  const { people, groups } = organization(cloud);
  expect(first).toMatchObject({ kind: 'applied', void: 0, kept: 0 });
  expect(Object.keys(people)).not.toContain(deactivated);
  expect(Object.keys(people)).not.toContain(deleted);
  expect(people).toMatchObject({ [renamed]: 'Katherine Renamed', [joiner.id]: 'Tony Example' });
  expect(groups[joins]?.members).toContain(joiner.id);
  expect(groups[leaves[0]]?.members).not.toContain(leaves[1]);
  expect(groups[group]?.groupName).toBe('Support');

  const after = cloud.calls().length;
  const second = await apply(run.runId);
  await cloud.idle();

  expect(second.kind).toBe('repeated');
  expect(printed.at(-1)).toContain('nothing was done now');
  expect(cloud.calls()).toHaveLength(after);
});

test('an interrupted backfill leaves a checkpoint, and another process goes on from it', async () => {
  const cloud = await standUp({ directory: demoDirectory, parameters: demoParameters });
  const { backfill, interruption, printed, connect } = await makeCommands(cloud);
  interruption.abort();

  const interrupted = await backfill();

  const { runs } = await connect();
  const left = (await runs.current('okta'))?.run;
  expect(interrupted).toBeUndefined();
  expect(printed.at(-1)).toContain('the same command goes on from there');
  expect(left).toMatchObject({ state: 'running', phase: 'compare', people: 12 });
  expect(left?.lease).toBeUndefined();

  const next = await (await makeCommands(cloud)).backfill();
  await cloud.idle();

  expect(next).toMatchObject({ runId: left?.runId, state: 'done', people: 12 });
  expect(Object.keys(organization(cloud).people)).toHaveLength(12);
});

test('a backfill beside another one does nothing and says so', async () => {
  const cloud = await standUp({ directory: demoDirectory, parameters: demoParameters });
  const { backfill, printed, connect } = await makeCommands(cloud);
  await backfill();
  const { runs } = await connect();
  const { run, revision } = (await runs.current('okta')) as { run: Run; revision: number };
  await runs.save({ ...run, lease: { owner: 'another', until: Date.now() + 60_000 } }, revision);

  const run2 = await backfill();

  expect(run2).toBeUndefined();
  expect(printed.at(-1)).toContain('okta: another process works on it');
});

test.each([
  ['apply', []],
  ['apply', ['okta-1', 'okta-2']],
  ['plan', ['--apply']],
  ['plan', ['okta-1', 'okta-2']],
  ['plan', ['okta-1', '--source', 'okta']],
])('a wrong argument ends npm run %s with 2 before it asks anyone: %j', (command, args) => {
  const { status, stderr } = spawnSync(process.execPath, [...TYPES, `scripts/${command}.ts`, ...args], {
    encoding: 'utf8',
  });

  expect(stderr).toContain(`${command}: `);
  expect(status).toBe(2);
});
