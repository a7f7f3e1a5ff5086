import { describe, expect, test } from 'vitest';
import type { Change } from '../../../../lib/directory/change.ts';
import { createOktaListing } from '../../../../lib/sources/okta/listing.ts';
import type { Page } from '../../../../lib/sources/source.ts';
import { makeDirectory } from '../../../../local/doubles/okta/made.ts';
import type { OktaOptions } from '../../../../local/doubles/okta/okta.ts';
import { sourceConfig } from '../../../support/factories.ts';
import { makeOktaApi, oktaUser } from '../../../support/okta-api.ts';

const group = (id: string, name = id) => ({ id, profile: { name } });

const org = {
  users: [
    oktaUser('ada'),
    oktaUser('alan'),
    oktaUser('grace'),
    oktaUser('left', { status: 'DEPROVISIONED' }),
  ],
  groups: [group('g1', 'Builders'), group('g2', 'Sales'), group('g3', 'Staff of Sales')],
  members: [
    ['g1', 'ada'],
    ['g1', 'left'],
    ['g2', 'ada'],
    ['g2', 'alan'],
    ['g3', 'grace'],
  ],
  apps: [{ id: '0oa1', label: 'Velt' }],
  assignments: [
    ['0oa1', 'alan'],
    ['0oa1', 'grace'],
  ],
} satisfies Partial<OktaOptions>;

/** A listing of the Okta double; `source` is what its configuration says beside the defaults. */
function makeListing(source: Record<string, unknown> = {}, options: Partial<OktaOptions> = org) {
  const { okta, connect, asked } = makeOktaApi(options);
  /** Each page by a process of its own, which knows nothing but the cursor. */
  const readPage = (cursor?: string) =>
    createOktaListing('okta', sourceConfig(source), connect()).readPage(cursor);
  const readAll = async () => {
    const pages: Page[] = [];
    for (let next: string | undefined, more = true; more; more = next !== undefined) {
      const page = await readPage(next);
      pages.push(page);
      next = page.next;
    }
    return pages;
  };
  const { passOver } = createOktaListing('okta', sourceConfig(source), connect());
  return { okta, asked, readPage, readAll, passOver };
}

function wordOf(change: Change): string {
  if (change.kind === 'person') return `${change.personId}${change.active ? '' : ' left'}`;
  if (change.kind === 'membership')
    return `${change.personId} ${change.member ? 'in' : 'out of'} ${change.container.id}`;
  if (change.kind === 'application') return `${change.containerId} ${change.active ? 'on' : 'off'}`;
  return 'containerId' in change ? `${change.containerId}${change.exists ? '' : ' gone'}` : change.kind;
}

/** A listing in short: the changes of each page, and which containers were whole by then. */
const story = (pages: Page[]) =>
  pages.map(({ changes, complete }) => [
    ...changes.map(wordOf),
    ...complete.map(({ kind, id }) => `all of ${kind} ${id}`),
  ]);

describe('a listing', () => {
  test('of everyone tells people, then groups, then the members of each group', async () => {
    const { readAll } = makeListing();

    expect(story(await readAll())).toEqual([
      ['ada', 'alan', 'grace'],
      ['g1', 'g2', 'g3'],
      ['ada in g1', 'left in g1', 'all of group g1'],
      ['ada in g2', 'alan in g2', 'all of group g2'],
      ['grace in g3', 'all of group g3'],
    ]);
  });

  test('of those who stay until they are deleted begins with who is deactivated, page by page', async () => {
    const gone = Array.from({ length: 201 }, (_, n) => oktaUser(`x${n + 100}`, { status: 'DEPROVISIONED' }));
    const users = [...org.users, ...gone];
    const kept = makeListing({ deprovision: { deactivated: 'keep' } }, { ...org, users });
    const allKept = makeListing({ deprovision: { deactivated: 'keep', deleted: 'keep' } }, { ...org, users });

    const [first, second, ...rest] = await kept.readAll();

    expect([first, second]).toMatchObject([
      { changes: [], deactivated: { complete: false } },
      { changes: [], deactivated: { complete: true } },
    ]);
    expect([first, second].flatMap((page) => page?.deactivated?.personIds)).toEqual([
      'left',
      ...gone.map(({ id }) => id),
    ]);
    expect(rest).toEqual(await allKept.readAll());
  });

  test('of an application tells that it is on, its users and that they are, and when these were all', async () => {
    const { readAll } = makeListing({ users: { application: '0oa1' }, groups: { include: [] } });

    expect(story(await readAll())).toEqual([
      ['0oa1 on'],
      ['alan', 'alan in 0oa1', 'grace', 'grace in 0oa1', 'all of application 0oa1'],
      ['g1', 'g2', 'g3'],
    ]);
  });

  test('of the members of groups tells people with the groups that decide, leavers as such', async () => {
    const { readAll } = makeListing({ users: { groups: ['build*'] }, groups: { include: ['g3'] } });

    expect(story(await readAll())).toEqual([
      ['g1', 'g2', 'g3'],
      ['ada', 'ada in g1', 'left left', 'left in g1', 'all of group g1'],
      ['grace in g3', 'all of group g3'],
    ]);
  });

  test.each([
    ['a grant', { grants: [{ group: 'g2', folderId: 'deals' }, { folderId: 'all' }] }],
    ['a role', { access: [{ group: 'g2', role: 'viewer' }] }],
  ])(
    'reads the members of groups that become groups in Velt or that %s names, and of no other',
    async (_what, more) => {
      const { readAll, asked } = makeListing({ groups: { include: ['*'], exclude: ['*sales'] }, ...more });

      await readAll();

      expect(asked().filter((path) => path.includes('/groups/'))).toEqual([
        '/api/v1/groups/g1/users?limit=200',
        '/api/v1/groups/g2/users?limit=200',
      ]);
    },
  );

  test('gives names, and times of Okta’s where it has them, but no name that a cursor carried', async () => {
    const { readAll } = makeListing({ users: { groups: ['g1'] }, groups: { include: [] } });

    const [groups, members] = await readAll();

    expect(groups?.changes[0]).toMatchObject({ kind: 'group', name: 'Builders', exists: true });
    expect(members?.changes[1]).toHaveProperty('container', { kind: 'group', id: 'g1' });
    expect(members?.changes.slice(0, 2)).toMatchObject([
      { profile: { name: 'ada Example', email: 'ada@example.com' }, at: '2026-09-01T09:15:04.999Z' },
      { container: { kind: 'group', id: 'g1' }, at: '2026-09-30T12:00:00.000Z' },
    ]);
  });

  test('says that a group that went since it was listed is gone, and goes on with the others', async () => {
    const { readPage, readAll, okta } = makeListing({ users: { groups: ['*'] } });
    const groups = await readPage();

    okta.deleteGroup('g1');
    const members = await readPage(groups.next);
    const rest = await readPage(members.next);

    expect(story([members, rest])).toEqual([
      ['g1 gone'],
      ['ada', 'ada in g2', 'alan', 'alan in g2', 'all of group g2'],
    ]);
    expect((await readAll()).length).toBe(3);
  });

  test('passes over the members of one group, and over no list of people or groups', async () => {
    const { passOver } = makeListing();
    const at = (...steps: object[]) => passOver(JSON.stringify({ v: 2, steps }));
    const [members, groups] = [{ at: 'members', id: 'g1', from: 'second' }, { at: 'groups' }];

    const unread = [{ kind: 'group', id: 'g1' }];
    const next = JSON.stringify({ v: 2, steps: [groups] });
    expect(at(members, groups)).toEqual({ changes: [], complete: [], unreadable: 1, unread, next });
    expect([at(groups), at({ at: 'people' }), at({ at: 'deactivated' })]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('is stopped by a group that is there but does not show its members', async () => {
    const { readPage, okta } = makeListing({ users: { groups: ['*'] } });
    const groups = await readPage();
    okta.faults.add({ path: '/api/v1/groups/g1/users', answer: { kind: 'status', status: 404 } });

    await expect(readPage(groups.next)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('is stopped by an application that Okta does not know: it must not look empty', async () => {
    const { readPage } = makeListing({ users: { application: '0oa2' } });

    await expect(readPage()).rejects.toMatchObject({ code: 'unavailable' });
  });

  test.each(['{}', 'not json', '{"v":2,"at":"people"}', '{"v":1,"at":"members","of":[]}'])(
    'takes no cursor that it did not make: %s',
    async (cursor) => {
      const { readPage, asked } = makeListing();

      await expect(async () => readPage(cursor)).rejects.toMatchObject({ code: 'unreadable-message' });
      expect(asked()).toEqual([]);
    },
  );
});

describe('a page', () => {
  test('can be read again by its cursor, with the same result', async () => {
    const { readPage } = makeListing();
    const people = await readPage();
    const groups = await readPage(people.next);

    const [once, again] = [await readPage(groups.next), await readPage(groups.next)];

    expect(again).toEqual(once);
  });

  test('that is not the last of its container does not tell it whole', async () => {
    const users = Array.from({ length: 201 }, (_, n) => oktaUser(`u${String(n).padStart(3, '0')}`));
    const members = users.map(({ id }) => ['g1', id] as const);
    const { readAll } = makeListing({ users: { groups: ['g1'] } }, { users, groups: [group('g1')], members });

    const pages = await readAll();

    expect(pages.map(({ changes }) => changes.length)).toEqual([1, 400, 2]);
    expect(pages.map(({ complete }) => complete.length)).toEqual([0, 0, 1]);
  });

  test('of an application that is not its last does not tell it whole', async () => {
    const users = Array.from({ length: 501 }, (_, n) => oktaUser(`u${String(n).padStart(3, '0')}`));
    const assignments = users.map(({ id }) => ['0oa1', id] as const);
    const { readAll } = makeListing({ users: { application: '0oa1' } }, { ...org, users, assignments });

    const pages = await readAll();

    expect(pages.slice(1, 3).map(({ changes, complete }) => [changes.length, complete.length])).toEqual([
      [1_000, 0],
      [2, 1],
    ]);
  });

  test('counts who could not be read', async () => {
    const users = [oktaUser('ada'), oktaUser('')];
    const { readPage } = makeListing({}, { users });

    expect(await readPage()).toMatchObject({ unreadable: 1, changes: [{ personId: 'ada' }] });
  });
});

describe('a large org', () => {
  const size = { users: 2_100, groups: 430, membershipsPerUser: 2, seed: 3 };

  test('is told without a gap, in pages of a few hundred', async () => {
    const made = makeDirectory(size);
    const { readAll } = makeListing({}, made);

    const pages = await readAll();

    const words = new Set(pages.flatMap(({ changes }) => changes.map(wordOf)));
    const expected = [
      ...[...made.users].filter(({ status }) => status !== 'DEPROVISIONED').map(({ id }) => id),
      ...made.groups.map(({ id }) => id),
      ...[...made.members].map(([groupId, userId]) => `${userId} in ${groupId}`),
    ];
    expect(words).toEqual(new Set(expected));
    expect(new Set(pages.flatMap(({ complete }) => complete.map(({ id }) => id))).size).toBe(430);
    expect(Math.max(...pages.map(({ changes }) => changes.length))).toBe(200);
    expect(Math.max(...pages.map(({ next = '' }) => next.length))).toBeLessThan(50_000);
  });
});

test('of an application that is switched off just that is told, although Okta goes on listing its users', async () => {
  const apps = [{ id: '0oa1', label: 'Velt', status: 'INACTIVE' as const }];
  const { readAll } = makeListing(
    { users: { application: '0oa1' }, groups: { include: [] } },
    { ...org, apps },
  );

  expect(story(await readAll())).toEqual([['0oa1 off'], ['g1', 'g2', 'g3']]);
});
