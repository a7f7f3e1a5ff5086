import { expect, test } from 'vitest';
import {
  type Entry,
  newContainer,
  newPerson,
  type PersonEntry,
  scopeKey,
} from '../../../lib/directory/entry.ts';
import { WorldFault } from '../../../lib/errors.ts';
import { BadArguments } from '../../../scripts/command.ts';
import { organizationOf } from '../../../scripts/organization.ts';
import { membersIn, searchGroups, searchPeople } from '../../../scripts/people.ts';
import { makePolicy, NOW } from '../../support/factories.ts';
import { createMemoryMirror } from '../../support/memory-mirror.ts';

const told = <T>(value: T) => ({ value, version: '2026-09-01T09:00:00.000Z#e' });
/** So many entries has a page of the table. */
const PAGE = 100;
const here = scopeKey({ organizationId: 'acme' });

function person(id: string, name: string, more: Partial<PersonEntry> = {}): PersonEntry {
  const email = `${id.toLowerCase()}@example.com`;
  return {
    ...newPerson('okta', id),
    ...{ exists: told(true), profile: { name: told(name), email: told(email) } },
    ...more,
  };
}

const confirmed = (id: string) => ({ [id]: { [here]: { present: true } } });

function stand(entries: Entry[], clock = () => NOW) {
  const memory = createMemoryMirror();
  for (const entry of entries) memory.write({ entry, revision: 0 }, {} as never);
  memory.join([{ source: 'okta', container: { kind: 'group', id: 'eng' }, personId: '00uA' }]);
  const mirror = {
    read: async (refs: Parameters<typeof memory.read>[0]) => memory.read(refs),
    scan: async (source: string, cursor: string | undefined) => {
      const [entries, from] = [memory.scan(source).entries, Number(cursor ?? 0)];
      const next = entries.length > from + PAGE ? String(from + PAGE) : undefined;
      return { entries: entries.slice(from, from + PAGE), next };
    },
    async *members(...asked: Parameters<typeof memory.members>) {
      yield memory.members(...asked);
    },
  };
  return { mirror, policies: new Map([['okta', makePolicy()]]), clock };
}

const company = () => [
  person('00uA', 'Ada Exämple', { delivered: confirmed('00uA') }),
  person('00uB', '美咲 例'),
  person('00uC', 'Cem', { active: told(false) }),
  person('00uD', 'Dee', {
    delivered: {
      '00uD': { [here]: { present: false, refusal: { reason: 'no', attempts: 1, content: '', dueAt: NOW } } },
    },
  }),
  { ...newContainer({ source: 'okta', kind: 'group', id: 'eng' }), name: told('Engineering') },
];
const sources = ['okta'];

test('people are found by a part of a name of any script, an address or an id, each with how they are', async () => {
  const deps = stand(company());
  const idsBy = async (text: string) =>
    (await searchPeople({ text, sources }, deps)).found.map(({ id }) => id);

  expect(await idsBy('EXÄM')).toEqual(['00uA']);
  expect(await idsBy('美咲')).toEqual(['00uB']);
  expect(await idsBy('00uc@')).toEqual(['00uC']);
  expect(await idsBy('nobody')).toEqual([]);
  const { found } = await searchPeople({ text: '', sources }, deps);
  expect(found.map(({ id, state, why }) => [id, state, why])).toEqual([
    ['00uA', 'confirmed', undefined],
    ['00uB', 'owed', undefined],
    ['00uC', 'out', 'they are deactivated'],
    ['00uD', 'refused', undefined],
  ]);
});

test('a search that takes too long says where it goes on, and finds a whole id at once', async () => {
  let now = NOW;
  const many = Array.from({ length: 600 }, (_, nth) =>
    person(`00u${String(nth).padStart(4, '0')}`, 'Someone'),
  );
  const deps = stand([...many, person('00uZZ', 'Zoe')], () => {
    now += 400;
    return now;
  });
  const first = await searchPeople({ text: '00uZZ', sources }, deps);
  expect(first.found.map(({ id }) => id)).toEqual(['00uZZ']);
  expect([first.looked, first.next]).toEqual([200, '{"source":"okta","cursor":"200"}']);

  const all = async (text: string) => {
    const found: string[] = [];
    let after: string | undefined;
    do {
      const some = await searchPeople({ text, sources, after }, deps);
      found.push(...some.found.map(({ id }) => id));
      after = some.next;
    } while (after !== undefined);
    return found;
  };
  const found = await all('some');
  expect([found.length, new Set(found).size]).toEqual([600, 600]);
  expect(await all('00uZZ')).toEqual(['00uZZ']);
  const elsewhere = searchPeople({ text: '', sources, after: '{"source":"auth0"}' }, deps);
  await expect(elsewhere).rejects.toThrow(BadArguments);
});

test('groups are found by name, with those who are in them', async () => {
  const deps = stand(company());
  const { found } = await searchGroups({ text: 'engin', sources }, deps);
  expect(found).toMatchObject([{ kind: 'group', id: 'eng', name: 'Engineering', exists: true }]);
  expect(await membersIn('okta', 'group:eng', deps)).toMatchObject({
    found: [{ id: '00uA' }],
    ...{ looked: 1, isAll: true },
  });
  await expect(membersIn('okta', 'eng', deps)).rejects.toThrow(BadArguments);
});

test('an organization is compared user by user: what Velt should hold beside what it lists', async () => {
  const { mirror, policies, clock } = stand([
    ...company(),
    person('00uE', 'Eve', { delivered: confirmed('00uE') }),
    person('00uF', 'Fay', { delivered: confirmed('00uF'), active: told(false) }),
    person('00uG', 'Gus', { delivered: confirmed('00uG') }),
  ]);
  const users = [
    { userId: '00uA', name: 'Ada Exämple', email: '00UA@example.com' },
    { userId: '00uF', name: 'Fay', email: undefined },
    { userId: '00uG', name: 'August', email: undefined },
    { userId: 'by-hand', name: 'Hand', email: undefined },
  ];
  const velt = { readUsers: async () => ({ users: users as never, next: undefined }) };
  const report = await organizationOf('acme', { mirror, policies, clock, velt });

  const states = Object.fromEntries(report.users.map(({ userId, state }) => [userId, state]));
  expect(states).toEqual({
    ...{ '00uA': 'same', '00uB': 'to come', '00uD': 'to come', '00uE': 'missing' },
    ...{ '00uF': 'to go', '00uG': 'changed', 'by-hand': 'stranger' },
  });
  expect(report.counts).toEqual({
    ...{ same: 1, changed: 1, missing: 1, 'to come': 2, 'to go': 1, stranger: 1, unproven: 0 },
  });
  expect(report.users.at(-1)?.state).toBe('same');

  // The second page is refused.
  const half = async (_scope: unknown, next: string | undefined) => {
    if (next === undefined) return { users: users as never, next: 'page-2' };
    throw new WorldFault('forbidden', 'advanced queries are off');
  };
  const refused = await organizationOf('acme', { mirror, policies, clock, velt: { readUsers: half } });
  expect(refused.note).toContain('refuses');
  expect(new Set(refused.users.map(({ state }) => state))).toEqual(new Set(['unproven']));
});
