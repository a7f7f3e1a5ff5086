import { expect, test } from 'vitest';
import { newContainer, newPerson, scopeKey } from '../../lib/directory/entry.ts';
import { OWN_CONFIG } from '../../scripts/config-file.ts';
import { removeThrough } from '../../scripts/remove-source.ts';
import { connectStack, type Stack } from '../../scripts/stack.ts';
import { makeRun } from '../support/plans.ts';
import { standUp } from './cloud.ts';

const times = { dueAt: undefined, lease: undefined, expiresAt: undefined };
const organizationId = 'acme-workforce';

test('a source that the deployed functions do not know leaves Velt and the table, and others keep all', async () => {
  const cloud = await standUp();
  const { signal } = new AbortController();
  const stack = await connectStack({ stage: 'dev', config: OWN_CONFIG, aws: cloud.admin }, signal);
  const add = async (source: string, id: string) => {
    cloud.velt?.byHand.add(organizationId, { userId: id, name: id });
    const delivered = { [id]: { [scopeKey({ organizationId })]: { present: true, digest: 'd' } } };
    await stack.mirror.write({ entry: { ...newPerson(source, id), delivered }, revision: 0 }, times);
    await stack.mirror.join([{ source, container: { kind: 'group', id: 'eng' }, personId: id }]);
  };
  for (const id of ['ada', 'grace']) await add('gone', id);
  await stack.mirror.write(
    { entry: newContainer({ source: 'gone', kind: 'group', id: 'eng' }), revision: 0 },
    times,
  );
  await stack.runs.save(makeRun({ source: 'gone' }), 0);
  await add('okta', 'tony');
  const printed: string[] = [];
  const terminal = { print: (text: string) => void printed.push(text), progress: () => {} };

  const done = await removeThrough('gone', async () => true, {
    stack: { ...stack, lingerMs: 0 } as Stack,
    ...{ terminal, signal },
  });
  await cloud.idle();

  expect([done, printed.at(-1)]).toEqual([true, expect.stringContaining('gone: done.')]);
  expect(Object.keys(cloud.state()[organizationId]?.users ?? {})).toEqual(['tony']);
  expect([...(await stack.rows.sources())]).toEqual(['okta']);
  expect(await stack.rows.forget('gone')).toBe(0);
  expect((await stack.mirror.scan('okta', undefined)).entries).toHaveLength(1);
});
