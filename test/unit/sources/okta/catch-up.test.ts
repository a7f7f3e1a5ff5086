import { describe, expect, test } from 'vitest';
import { createEventReader } from '../../../../lib/sources/okta/catch-up.ts';
import { NOW, sourceConfig } from '../../../support/factories.ts';
import { makeOktaApi, oktaUser } from '../../../support/okta-api.ts';

/** The log of an Okta double with two people, a group and an application. */
function makeLog() {
  const { okta, api, asked } = makeOktaApi({
    users: [oktaUser('ada'), oktaUser('alan')],
    groups: [{ id: 'g1', profile: { name: 'One' } }],
    apps: [{ id: '0oa1', label: 'Velt' }],
  });
  const readerOf = (source: Record<string, unknown> = {}) => createEventReader(sourceConfig(source), api);
  return { okta, asked, readerOf, read: readerOf() };
}

describe('the log of an Okta source', () => {
  test('tells what is mirrored, whether a hook carries it or not, and goes on behind it', async () => {
    const { okta, read } = makeLog();
    const events = [...okta.addMember('g1', 'ada'), ...okta.deleteUser('alan')];
    const ofLog = ({ eventType }: { eventType: string }) => eventType === 'user.lifecycle.delete.completed';
    okta.log.append('user.session.start');

    const page = await read(undefined, NOW);
    const [later] = okta.suspend('ada');
    const rest = await read(page.next, NOW);

    const ofHooks = events.filter((event) => !ofLog(event));
    expect([ofHooks.length, events.length]).toEqual([3, 4]);
    expect(page).toMatchObject({ events: ofHooks, logOnly: events.filter(ofLog), more: false });
    expect(page.failedDeliveries).toBe(0);
    expect(rest.events).toEqual([later]);
  });

  test('stays where it is while nothing happens', async () => {
    const { read } = makeLog();

    const first = await read(undefined, NOW);
    const second = await read(first.next, NOW + 60_000);

    expect(second).toEqual({ ...first, events: [] });
  });

  test('counts the deliveries that failed, and does not tell them as events', async () => {
    const { okta, read } = makeLog();
    okta.failDelivery('who1');

    const page = await read(undefined, NOW);

    expect(page).toMatchObject({ events: [], failedDeliveries: 1 });
  });

  test('has more after a full page', async () => {
    const { okta, read } = makeLog();
    for (let n = 0; n < 1_001; n += 1) okta.log.append('user.lifecycle.create');

    const first = await read(undefined, NOW);
    const second = await read(first.next, NOW);

    expect([first, second].map(({ events, more }) => [events.length, more])).toEqual([
      [1_000, true],
      [1, false],
    ]);
  });

  test('is asked for assignments only where an application decides, and then anew', async () => {
    const { okta, read, readerOf } = makeLog();
    const [assignment] = okta.assignApp('0oa1', 'ada');

    const without = await read(undefined, NOW);
    const withThem = await readerOf({ users: { application: '0oa1' } })(without.next, NOW - 1);

    expect(without.events).toEqual([]);
    expect(withThem.events).toEqual([assignment]);
  });

  test.each([400, 404])(
    'tells of a place that Okta forgot (%i) as one to begin anew from',
    async (status) => {
      const { okta, read } = makeLog();
      const { next } = await read(undefined, NOW);
      okta.faults.add({ path: /logs/, answer: { kind: 'status', status } });

      await expect(read(next, NOW)).rejects.toMatchObject({ code: 'unreadable-message' });
    },
  );

  test.each(['{}', 'https://example-org.okta.com/api/v1/logs?after=1_1'])(
    'takes no cursor that it did not make: %s',
    async (cursor) => {
      const { read, asked } = makeLog();

      await expect(read(cursor, NOW)).rejects.toMatchObject({ code: 'unreadable-message' });
      expect(asked()).toEqual([]);
    },
  );
});
