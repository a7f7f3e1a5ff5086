import { describe, expect, test } from 'vitest';
import { everyone, makeLoss, runOf } from '../support/okta-runs.ts';

const usersPage = /\/users\?.*limit=/;

describe('nobody is removed, and the reason is told, when', () => {
  async function stopped(world: Awaited<ReturnType<typeof makeLoss>>) {
    const users = world.users().length;
    const run = runOf(await world.read());
    return {
      run,
      lost: users - world.users().length,
      errors: world.log.lines.filter(({ level }) => level === 'error'),
    };
  }

  test('the first page is empty', async () => {
    const world = await makeLoss();
    world.okta.faults.add({ path: usersPage, answer: { kind: 'lost-next', items: 0 } });

    const { run, lost, errors } = await stopped(world);

    expect(run).toMatchObject({ state: 'stopped', reason: 'the directory listed nobody' });
    expect(lost).toBe(0);
    expect(errors).toEqual([
      {
        level: 'error',
        message: 'A run was stopped',
        fields: expect.objectContaining({ source: 'okta', error: 'the directory listed nobody' }),
      },
    ]);
    expect(world.meter.counted.RunsStopped).toBe(1);
  });

  test('the pages after the first are lost', async () => {
    const world = await makeLoss();
    world.okta.faults.add({ path: /v1\/users\?limit/, answer: { kind: 'lost-next' } });

    const { run, lost } = await stopped(world);

    expect(run).toMatchObject({ state: 'stopped', people: 200, before: 450 });
    expect(run.reason).toBe('the directory listed 200 people, 56 % fewer than the 450 of last time');
    expect(lost).toBe(0);
  });

  test('most members of a group are lost', async () => {
    const world = await makeLoss();
    world.okta.faults.add({ path: /00gEng\/users/, answer: { kind: 'lost-next', items: 10 } });

    const { run, lost } = await stopped(world);

    expect(run).toMatchObject({ state: 'stopped', losing: 290 });
    expect(run.reason).toBe(
      '290 of 450 people would lose something at Velt (64 %), more than the limit of 45',
    );
    expect([lost, world.state()?.groups['00gEng']?.members.length]).toEqual([0, 300]);
  });

  test('the configuration leaves out 40 % by a mistake', async () => {
    const source = { users: { groups: ['Group 00gEng', 'Group 00gOps'] } };
    const groups = { '00gEng': everyone(1, 60), '00gOps': everyone(61, 100) };
    const world = await makeLoss({ people: 100, groups, source });

    world.reconfigure({ users: { groups: ['Group 00gEng', 'Gruop 00gOps'] } });
    const { run, lost } = await stopped(world);

    expect(run).toMatchObject({ state: 'stopped', people: 59, before: 100 });
    expect(run.reason).toBe('the directory listed 59 people, 41 % fewer than the 100 of last time');
    expect(lost).toBe(0);
  });

  test('the configuration names no group that there is', async () => {
    const world = await makeLoss({ source: { users: { groups: ['Group 00gEng'] } } });

    world.reconfigure({ users: { groups: ['Enginering'] } });
    const { run, lost } = await stopped(world);

    expect(run).toMatchObject({ state: 'stopped', reason: 'the directory listed nobody' });
    expect(lost).toBe(0);
  });

  test('a run was stopped before: the listing is still measured by the last complete one', async () => {
    const world = await makeLoss();
    world.okta.faults.add({ path: /v1\/users\?limit/, answer: { kind: 'lost-next' } });

    const runs = [await stopped(world), await stopped(world)];

    expect(runs).toMatchObject([
      { run: { state: 'stopped', before: 450 }, lost: 0 },
      { run: { state: 'stopped', before: 450 }, lost: 0 },
    ]);
  });
});
