import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { policiesOf, readConfig } from '../../../lib/config.ts';
import type { PersonEntry } from '../../../lib/directory/entry.ts';
import { WorldFault } from '../../../lib/errors.ts';
import { findPeople } from '../../../scripts/find-person.ts';
import { reportOf } from '../../../scripts/person.ts';
import { queuesAbout } from '../../../scripts/person-queues.ts';
import { personText } from '../../../scripts/person-text.ts';
import { makeDelivery } from '../../support/delivery.ts';
import { groupChange, membershipChange, NOW, personChange, readAt, second } from '../../support/factories.ts';

const BY_ADDRESS = { kind: 'auth0', organization: 'customers', userId: 'lower-case-email' };
const SOURCES = { okta: { kind: 'okta', organization: 'acme' }, auth0: BY_ADDRESS };
const profile = { name: 'Ada', email: 'Ada@example.com' };
const ada = personChange({ exists: true, active: true, profile });
const adaOfAuth0 = personChange({
  source: 'auth0',
  personId: 'auth0|ada',
  exists: true,
  profile,
  ...readAt(2),
});
const QUIET = {
  changes: { visible: 0, inFlight: 0, delayed: 0 },
  others: [],
};

/** A table behind two sources, and a directory of Okta that finds these ids by any address. */
function makeStack(directory: () => Promise<string[]> = async () => []) {
  const delivery = makeDelivery(SOURCES);
  const { mirror } = delivery.deps;
  const scanned: string[] = [];
  const counted = {
    ...mirror,
    scan: async (source: string) => {
      scanned.push(source);
      return mirror.scan(source, undefined);
    },
  };
  const directories = new Map([['okta', { findPeople: directory } as never]]);
  const find = (who: string, more: { sources?: string[]; scan?: boolean } = {}) =>
    findPeople(
      { who, sources: ['okta', 'auth0'], scan: false, ...more },
      { mirror: counted, directories, readable: ['okta'] },
    );
  const keysOf = async (...asked: Parameters<typeof find>) =>
    (await find(...asked)).known.map(({ entry }) => `${entry.source} ${entry.id}`);
  const report = async (id = 'ada') => {
    const [stored] = (await find(id)).known;
    if (!stored) throw new Error(`nobody is ${id}`);
    return reportOf(
      stored,
      policiesOf(readConfig({ sources: SOURCES })).get(stored.entry.source),
      delivery.deps,
    );
  };
  return { ...delivery, scanned, find, keysOf, report };
}

describe('somebody is found', () => {
  test('by the id of the vendor, and nobody else is looked at', async () => {
    const { run, keysOf, scanned } = makeStack();
    await run(ada, adaOfAuth0);

    expect(await keysOf('ada')).toEqual(['okta ada']);
    expect(await keysOf('auth0|ada')).toEqual(['auth0 auth0|ada']);
    expect(await keysOf('auth0|ada', { sources: ['okta'] })).toEqual([]);
    expect(scanned).toEqual([]);
  });

  test('by their id at Velt, also where it is the address in lower case', async () => {
    const { run, keysOf, scanned } = makeStack();
    await run(adaOfAuth0);

    expect(await keysOf('ADA@example.com')).toEqual(['auth0 auth0|ada']);
    expect(scanned).toEqual([]);
  });

  test('by an address that a directory knows, of whom something was heard or not', async () => {
    const { run, find } = makeStack(async () => ['ada', 'unheard']);
    await run(ada);

    const { known, unheard } = await find('ada@example.com');

    expect(known.map(({ entry }) => entry.id)).toEqual(['ada']);
    expect(unheard).toEqual([{ source: 'okta', kind: 'person', id: 'unheard' }]);
  });

  test('all the same where a directory is out of reach, which is noted', async () => {
    const { run, find } = makeStack(() => Promise.reject(new WorldFault('timeout', 'no answer')));
    await run(adaOfAuth0);

    const { known, notes } = await find('ada@example.com');

    expect(known).toHaveLength(1);
    expect(notes).toEqual(['the directory of okta could not be searched: no answer']);
  });

  test('by an address that nobody knows them by, only where the table may be gone through', async () => {
    const { run, keysOf } = makeStack();
    await run(ada);

    expect(await keysOf('ada@EXAMPLE.com')).toEqual([]);
    expect(await keysOf('ada@EXAMPLE.com', { scan: true })).toEqual(['okta ada']);
  });
});

describe('a report', () => {
  test('has each fact with the event or the read that gave it, and the newest event', async () => {
    const { run, report } = makeStack();
    await run(ada, personChange({ blocked: true, ...readAt(5) }));
    await run(membershipChange({ at: second(7), id: 'event-7' }));

    const { facts, memberships, lastEvent } = await report();

    expect(facts).toContainEqual({ fact: 'name', value: 'Ada', by: { at: second(1), id: 'event-1' } });
    expect(facts).toContainEqual({ fact: 'blocked', value: true, by: { at: second(5), askedAt: second(5) } });
    expect(memberships).toEqual([
      { kind: 'group', id: 'engineers', member: true, by: { at: second(7), id: 'event-7' } },
    ]);
    expect(lastEvent).toEqual({ at: second(7), id: 'event-7' });
  });

  test('says that Velt confirmed everything, group by group, by name', async () => {
    const { run, report } = makeStack();
    await run(ada, groupChange({ exists: true, name: 'Engineers' }), membershipChange());

    const found = await report();

    expect(found.atVelt.map(({ scope, state }) => [scope, state])).toEqual([
      [{ organizationId: 'acme' }, 'confirmed'],
      [{ organizationId: 'acme', groupId: 'engineers' }, 'confirmed'],
    ]);
    const text = personText(
      { who: 'ada', people: [found], unheard: [], notes: [], queues: QUIET, lines: [] },
      { flags: '' },
    );
    expect(text).toContain('Ada (ada) of okta is ada in Velt: Velt confirmed all of it.');
    expect(text).toMatch(/group Engineers \(engineers\) +in +2026-.+ +event event-1/);
  });

  test("has Velt's words of a refusal, how often, and when it is tried again", async () => {
    const { run, report, faults } = makeStack();
    faults.add({ match: { userId: 'ada' }, answer: { kind: 'refuse-item', reason: 'Ada is no name.' } });
    await run(ada);

    const found = await report();

    expect(found.atVelt).toMatchObject([
      {
        state: 'refused',
        refusal: { of: 'person', reason: 'Ada is no name.', attempts: 1, dueAt: NOW + 300_000 },
      },
    ]);
    const text = personText(
      { who: 'ada', people: [found], unheard: [], notes: [], queues: QUIET, lines: [] },
      { flags: '' },
    );
    expect(text).toContain('is to be ada in Velt, and 1 of 1 places there are not as they should be.');
    expect(text).toContain('refused 1 times: Ada is no name.; tried again at 2026-');
  });

  test('says what the next delivery takes away of whom the configuration does not want, and why', async () => {
    const { run, report, deps } = makeStack();
    await run(ada);
    const [stored] = (await deps.mirror.read([{ source: 'okta', kind: 'person', id: 'ada' }])).values();
    const entry = { ...stored?.entry, active: { value: false, version: `${second(3)}#gone` } } as PersonEntry;
    await deps.mirror.write({ entry, revision: stored?.revision ?? 0 }, { expiresAt: undefined });

    const found = await report();

    expect(found.explained?.why).toBe('they are deactivated');
    expect(found.atVelt).toMatchObject([{ userId: 'ada', state: 'leaving', call: 'users.delete' }]);
  });

  test('says who works on them, and nothing more of what only a newer version can read', async () => {
    const { run, report, deps, memory } = makeStack();
    await run(ada);
    const [stored] = (await deps.mirror.read([{ source: 'okta', kind: 'person', id: 'ada' }])).values();
    if (!stored) throw new Error('nobody');
    const lease = { owner: 'a delivery', until: NOW + 1 };
    await deps.mirror.write(stored, { lease, expiresAt: undefined });
    expect((await report()).leasedUntil).toBe(NOW + 1);

    memory.newer.add('okta#person#ada');
    expect(await report()).toMatchObject({ unreadable: true, facts: [] });
  });
});

test('of somebody of whom nothing was heard it says so, and what brings whom only the directory has', () => {
  const answer = { who: 'zoe', people: [], unheard: [], notes: [], queues: QUIET, lines: [] };
  const unheard = [{ source: 'okta', id: '00uZ' }];

  expect(personText(answer, { flags: '' })).toContain('Nothing was heard of zoe: no event and no read');
  expect(personText({ ...answer, unheard }, { flags: ' --stage prod' })).toContain(
    'no event arrived. npm run sync -- backfill --source okta --stage prod brings them.',
  );
});

test('messages that name somebody are counted, parked bodies too, and those on their way are left alone', async () => {
  const dead = JSON.stringify({ v: 2, changes: [ada] });
  const packed = gzipSync(JSON.stringify({ user: { id: 'ada' } })).toString('base64');
  const parked = JSON.stringify({ v: 1, source: 'okta', encoding: 'gzip+base64', body: packed });
  const looked: string[] = [];

  const queues = await queuesAbout(['ada'], {
    depthOf: async () => ({ visible: 2, inFlight: 1, delayed: 0 }),
    look: async (name) => {
      looked.push(name);
      const bodies = name === 'parked' ? [parked, '{'] : [dead, dead.replaceAll('"ada"', '"adam"')];
      return { held: 9, seen: bodies.map((Body) => ({ Body })), done: 0 };
    },
  });

  expect(looked.sort()).toEqual(['changes-dead', 'parked']);
  expect(queues).toEqual({
    changes: { visible: 2, inFlight: 1, delayed: 0 },
    others: [
      { queue: 'changes-dead', held: 9, seen: 2, naming: 1 },
      { queue: 'parked', held: 9, seen: 2, naming: 1 },
    ],
  });
});
