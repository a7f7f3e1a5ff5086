import { expect, test } from 'vitest';
import type { Called } from '../../../../scripts/command.ts';
import { createFolder } from '../../../../scripts/console/folder.ts';
import { createRoutes } from '../../../../scripts/console/routes.ts';

test('commands that walk queues run one at a time, also behind one that fails, and hold up no other', async () => {
  const started = new Map<string, PromiseWithResolvers<Called>>();
  const routes = createRoutes({
    call([name = '']) {
      const end = Promise.withResolvers<Called>();
      started.set(name, end);
      return end.promise;
    },
    folder: createFolder('dev'),
    about: {
      ...{ stage: 'dev', flags: '', isLocal: false, isReadOnly: false },
      ...{ sources: [], organizations: [] },
    },
    samples: () => [],
  });
  const asked = [
    ...[routes['/api/ask/parked']?.({}), routes['/api/act/redrive']?.({ given: {}, typed: 'dev' })],
    ...[routes['/api/ask/person']?.({ who: 'x', queues: true }), routes['/api/ask/status']?.({})],
  ];
  const done = Promise.allSettled(asked);
  const othersRan = () => new Promise((resolve) => setImmediate(resolve));
  const names = () => [...started.keys()].toSorted();

  await othersRan();
  expect(names()).toEqual(['parked', 'status']);
  started.get('parked')?.reject(new Error('no'));
  await othersRan();
  expect(names()).toEqual(['dead', 'parked', 'status']);
  started.get('dead')?.resolve({ code: 0, said: '' });
  await othersRan();
  expect(names()).toEqual(['dead', 'parked', 'person', 'status']);
  for (const name of ['person', 'status']) started.get(name)?.resolve({ code: 0, said: '' });
  expect((await done).map(({ status }) => status)).toEqual([
    ...['rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
  ]);
});
