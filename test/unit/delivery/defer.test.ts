import { describe, expect, test } from 'vitest';
import type { Run } from '../../../lib/aws/runs.ts';
import { type DeferDeps, foldNews } from '../../../lib/delivery/defer.ts';
import type { NestingChange } from '../../../lib/directory/change.ts';
import { entryKey, newContainer, newPerson } from '../../../lib/directory/entry.ts';
import { foldContainer, foldPerson } from '../../../lib/directory/fold.ts';
import { makeDelivery } from '../../support/delivery.ts';
import { groupChange, membershipChange, NOW, personChange, second } from '../../support/factories.ts';

const connection = { source: 'auth0', kind: 'connection', id: 'acme-saml' } as const;
const nesting = (member: boolean): NestingChange => ({
  ...{ source: 'auth0', kind: 'nesting', at: second(member ? 1 : 2), id: `n${member}`, member },
  ...{ child: { kind: 'connection', id: 'acme-saml' }, container: { kind: 'group', id: 'grp_1' } },
});

/** Whether the people of a connection were looked at for this news of it. */
async function looksAtPeople(...news: NestingChange[]) {
  const { deps } = makeDelivery({ auth0: { kind: 'auth0', organization: 'acme' } });
  let looked = false;
  const mirror: DeferDeps['mirror'] = {
    ...deps.mirror,
    async *members() {
      looked = true;
      yield [];
    },
  };
  await foldNews(newContainer(connection), news, NOW + 60_000, { ...deps, mirror });
  return looked;
}

test('a connection that comes into a group takes nothing: nobody in it is looked at', async () => {
  expect(await looksAtPeople(nesting(true))).toBe(false);
});

test('a connection that leaves a group may take something from everybody in it', async () => {
  expect(await looksAtPeople(nesting(true), nesting(false))).toBe(true);
});

describe('the end of a group of 1,200', () => {
  const ref = { source: 'okta', kind: 'group', id: 'engineers' } as const;
  const personIds = Array.from({ length: 1_200 }, (_, n) => `p${n}`);

  /** What becomes of it where a read takes so long (ms) and Velt has them in the group or not; ten may lose something at once. */
  async function endOf({ readMs = 0, isAtVelt = false, unreadable = 0, oldIds = false }) {
    const { deps, memory, time, meter } = makeDelivery({ okta: { kind: 'okta', organization: 'acme' } });
    const group = foldContainer(newContainer(ref), groupChange({ exists: true }));
    const inGroup = { present: true };
    for (const personId of personIds) {
      const person = [personChange({ personId, exists: true }), membershipChange({ personId })].reduce(
        foldPerson,
        newPerson('okta', personId),
      );
      const userId = oldIds ? `old ${personId}` : personId;
      const delivered = isAtVelt ? { [userId]: { '["acme","group","engineers"]': inGroup } } : {};
      memory.write(
        { entry: { ...person, delivered }, revision: 0 },
        { dueAt: undefined, expiresAt: undefined },
      );
    }
    memory.join(personIds.map((personId) => ({ source: 'okta', container: ref, personId })));
    for (const id of personIds.slice(0, unreadable))
      memory.newer.add(entryKey({ source: 'okta', kind: 'person', id }));
    let read = 0;
    const mirror: DeferDeps['mirror'] = {
      ...deps.mirror,
      async read(refs) {
        read += refs.filter(({ kind }) => kind === 'person').length;
        time.now += readMs;
        return deps.mirror.read(refs);
      },
    };
    const run = { phase: 'ask', delivered: 10, savedAt: new Date(NOW).toISOString() } as Run;
    const runs = { current: async () => ({ run, revision: 1 }) };
    const config = { ...deps.config, reconcile: { removalShare: 0.1, removalsAtLeast: 10 } };
    const news = groupChange({ at: second(9), exists: false });
    const after = await foldNews(group, [news], NOW + 60_000, { ...deps, mirror, runs, config });
    return { isEnded: after.endedAt !== undefined, deferred: meter.counted.EventsDeferred ?? 0, read };
  }

  test('is done at once where everybody loses the same anyway, for they get other user ids', async () => {
    expect(await endOf({ isAtVelt: true, oldIds: true })).toEqual({
      isEnded: true,
      deferred: 0,
      read: 1_200,
    });
  });

  test('is done at once where it takes something from nobody', async () => {
    expect(await endOf({})).toEqual({ isEnded: true, deferred: 0, read: 1_200 });
  });

  test('waits for the breaker as soon as it is known to take something from too many', async () => {
    expect(await endOf({ isAtVelt: true })).toEqual({ isEnded: false, deferred: 1, read: 500 });
  });

  test('waits for the breaker where half of the time is not enough to look at everybody', async () => {
    expect(await endOf({ readMs: 16_000 })).toEqual({ isEnded: false, deferred: 1, read: 500 });
  });

  test('waits for the breaker where nobody can say what it takes from too many: they cannot be read', async () => {
    expect(await endOf({ unreadable: 11 })).toMatchObject({ isEnded: false, deferred: 1 });
    expect(await endOf({ unreadable: 10 })).toMatchObject({ isEnded: true, deferred: 0 });
  });
});
