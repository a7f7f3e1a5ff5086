import { describe, expect, test } from 'vitest';
import { newPerson } from '../../../lib/directory/entry.ts';
import { WorldFault } from '../../../lib/errors.ts';
import { personChange, readAt, recheck, second } from '../../support/factories.ts';
import { makeRefresh } from '../../support/refresh.ts';

describe('where the directory gives no answer about one person', () => {
  const people = ['ada', 'alan', 'grace', 'edsger'];
  const world = (sick: string[], listed: 'listed' | 'not listed' = 'listed') => {
    const asked: string[] = [];
    const made = makeRefresh({
      more: {
        readPage: async () => {
          asked.push('list');
          if (listed === 'not listed') throw new WorldFault('timeout', 'no answer');
          return { changes: [], complete: [], unreadable: 0, next: undefined };
        },
        readPerson: async (id) => {
          asked.push(id);
          if (sick.includes(id)) throw new WorldFault('unavailable', '500');
          const changes = [personChange({ ...readAt(60), personId: id, exists: true })];
          return { changes, readAt: second(60), complete: [] };
        },
      },
    });
    for (const id of people.slice(1)) {
      const entry = newPerson('okta', id);
      made.work.people.set(`okta#person#${id}`, { entry, stored: { entry, revision: 1 } });
    }
    const run = () =>
      made.run(...people.map((id) => recheck({ of: { kind: 'person', id }, read: 'memberships' })));
    return { ...made, run, asked };
  };

  test('everyone else is read, and only its own message has to wait', async () => {
    const { run, work, log, meter } = world(['alan']);

    const items = await run();

    expect(items.flatMap((item) => (item.kind === 'person' ? item.personId : []))).toEqual([
      'ada',
      'grace',
      'edsger',
    ]);
    expect([...work.faults]).toMatchObject([['okta#person#alan', { code: 'unavailable', ofOne: true }]]);
    expect(work.people.get('okta#person#alan')?.entry.readDue).toBe(true);
    expect(log.lines[0]).toMatchObject({ message: 'Something could not be read' });
    expect(meter.counted).toEqual({ ReadsFailed: 1 });
  });

  test('nor about the others, but lists people, each waits for itself', async () => {
    const { run, work, asked } = world(people);

    await run();

    expect(asked).toEqual(['ada', 'alan', 'list', 'grace', 'edsger', 'list']);
    expect(people.map((id) => work.faults.get(`okta#person#${id}`)?.ofOne)).toEqual(Array(4).fill(true));
  });

  test('nor about the next, nor lists anybody, it is out of reach, and everyone waits', async () => {
    const { run, work, asked, log } = world(people, 'not listed');

    await run();

    // The third was under way by then.
    expect(asked).toEqual(['ada', 'alan', 'list', 'grace']);
    expect(['alan', 'grace', 'edsger'].map((id) => work.faults.get(`okta#person#${id}`)?.ofOne)).toEqual([
      false,
      false,
      false,
    ]);
    expect(log.lines.map(({ message }) => message)).toEqual([
      'Something could not be read',
      'The directory is out of reach',
    ]);
  });
});
