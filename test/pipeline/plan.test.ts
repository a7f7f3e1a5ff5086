import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Run } from '../../lib/aws/runs.ts';
import type { Plan } from '../../lib/reconcile/plan.ts';
import { demoDirectory, demoMissed, demoParameters } from '../../local/demo/directory.ts';
import { loseWebhooks } from '../../local/demo/missed.ts';
import { applyThrough } from '../../scripts/apply.ts';
import { runThrough } from '../../scripts/backfill.ts';
import { planThrough } from '../../scripts/plan.ts';
import { readPlanFile } from '../../scripts/plan-file.ts';
import { connectStack, type Stack } from '../../scripts/stack.ts';
import { standUp, type TestCloud } from './cloud.ts';

const folder = mkdtempSync(join(tmpdir(), 'plans-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'plan-okta.json');

/** The commands against a cloud, each in a process of its own as far as the stack can tell. */
async function makeCommands(cloud: TestCloud) {
  const printed: string[] = [];
  const interruption = new AbortController();
  const { signal } = interruption;
  const terminal = { print: (text: string) => void printed.push(text), progress: () => {} };
  const connect = (): Promise<Stack> => connectStack({ stage: 'dev', aws: cloud.admin }, signal);
  const command = async () => ({ stack: await connect(), terminal, signal });
  return {
    ...{ printed, interruption, connect },
    backfill: async () => runThrough('okta', await command()),
    plan: async () => planThrough('okta', file, await command()),
    apply: async (plan: Plan) => applyThrough(plan, file, await command()),
  };
}

function organization(cloud: TestCloud) {
  const { users = {}, groups = {} } = cloud.state()['acme-workforce'] ?? {};
  const people = Object.fromEntries(Object.entries(users).map(([id, { name }]) => [id, name]));
  return { people, groups };
}

test('a plan after lost webhooks says what they were about, and applied twice it mends Velt once', async () => {
  const cloud = await standUp({ directory: demoDirectory, parameters: demoParameters });
  const { backfill, plan, apply, printed } = await makeCommands(cloud);
  await backfill();
  await cloud.idle();
  loseWebhooks(cloud.okta);
  const before = cloud.calls().length;

  const made = (await plan()) as Plan;
  await cloud.idle();

  expect(made.effect).toEqual({ adds: 1, updates: 1, joins: 1, removes: 2, leaves: 3 });
  expect(readPlanFile(file)).toEqual(made);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(printed.at(-1)).toContain(`npm run sync -- apply ${file}`);
  expect(cloud.calls()).toHaveLength(before);

  const first = await apply(readPlanFile(file));
  await cloud.idle();

  const { deactivated, deleted, renamed, joiner, joins, leaves, group } = demoMissed;
  const { people, groups } = organization(cloud);
  expect(first).toMatchObject({ state: 'done' });
  expect(Object.keys(people)).not.toContain(deactivated);
  expect(Object.keys(people)).not.toContain(deleted);
  expect(people).toMatchObject({ [renamed]: 'Katherine Renamed', [joiner.id]: 'Tony Example' });
  expect(groups[joins]?.members).toContain(joiner.id);
  expect(groups[leaves[0]]?.members).not.toContain(leaves[1]);
  expect(groups[group]?.groupName).toBe('Support');

  const after = cloud.calls().length;
  const second = await apply(made);
  await cloud.idle();

  expect(second).toMatchObject({ state: 'done', queued: 0 });
  expect(printed.at(-1)).toContain('0 changes queued, 0 people and groups asked again');
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
  expect(printed.at(-1)).toContain('npm run sync -- backfill --source okta goes on from there');
  expect(left).toMatchObject({ state: 'running', phase: 'absences', people: 12 });
  expect(left?.lease).toBeUndefined();

  const next = await (await makeCommands(cloud)).backfill();
  await cloud.idle();

  expect(next).toMatchObject({ runId: left?.runId, state: 'done', people: 12 });
  expect(Object.keys(organization(cloud).people)).toHaveLength(12);
});

test('an interrupted plan leaves nothing, neither file nor checkpoint', async () => {
  const cloud = await standUp({ directory: demoDirectory, parameters: demoParameters });
  const { plan, interruption, printed, connect } = await makeCommands(cloud);
  rmSync(file, { force: true });
  interruption.abort();

  const made = await plan();

  expect(made).toBeUndefined();
  expect(printed.at(-1)).toBe('okta: no plan was made: interrupted');
  expect(existsSync(file)).toBe(false);
  expect(await (await connect()).runs.current('okta')).toBeUndefined();
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
