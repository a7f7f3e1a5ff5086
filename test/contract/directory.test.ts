import { describe, expect, test } from 'vitest';
import { createConfigSchema, readConfig } from '../../lib/config.ts';
import { Change, isRead } from '../../lib/directory/change.ts';
import type { Http, HttpResponse } from '../../lib/http/client.ts';
import { createDirectories } from '../../lib/sources/directories.ts';
import type { Directory, Page } from '../../lib/sources/source.ts';
import { makeClock } from '../support/factories.ts';
import type { DirectoryContract } from './contract.ts';
import * as sources from './directory-sources.ts';
import * as inboundSources from './inbound-sources.ts';

const contracts: Record<string, DirectoryContract> = sources;
const registry = Object.fromEntries(Object.entries(contracts).map(([kind, { face }]) => [kind, face]));
const schema = createConfigSchema(
  Object.fromEntries(Object.entries(inboundSources).map(([kind, { face }]) => [kind, face])),
);

/** The directory of a source called "it"; `answer` stands in for what the vendor answers to anything but a token. */
function makeDirectory(kind: string, contract: DirectoryContract, answer?: Partial<HttpResponse>) {
  const time = makeClock();
  const vendor = contract.http({ clock: time.clock });
  const connected = { requests: 0 };
  const http: Http = async (request) => {
    connected.requests += 1;
    const isToken = request.method === 'POST' && request.url.includes('token');
    return answer && !isToken ? { status: 200, headers: {}, body: '', ...answer } : vendor(request);
  };
  const config = readConfig({ sources: { it: { kind, ...contract.config } } }, schema);
  /** As another process has it, which shares nothing but what it is given. */
  const connect = (secret: Record<string, unknown> = { it: contract.credentials }) =>
    createDirectories(
      config,
      { http, clock: time.clock, random: () => 0, secret: async () => secret },
      registry,
    ).get('it') as Directory;
  return { connect, time, connected };
}

async function readAll(connect: () => Directory): Promise<Page[]> {
  const pages: Page[] = [];
  let cursor: string | undefined;
  do {
    const page = await connect().readPage(cursor);
    pages.push(page);
    cursor = page.next;
  } while (cursor !== undefined && pages.length < 100);
  return pages;
}

const personFacts = (changes: Change[]) =>
  changes.flatMap((change) => (change.kind === 'person' && change.exists ? change.personId : []));

const memberships = (changes: Change[], id: string) =>
  changes.flatMap((change) =>
    change.kind === 'membership' && change.container.id === id && change.member ? change.personId : [],
  );

describe.each(Object.entries(contracts))('the directory of %s', (kind, contract) => {
  const { people, nobody, group } = contract;
  const [ada = ''] = people;

  test('lists everybody and who is in its groups, each page by a process of its own', async () => {
    const { connect } = makeDirectory(kind, contract);

    const pages = await readAll(connect);

    const changes = pages.flatMap((page) => page.changes);
    expect(new Set(personFacts(changes))).toEqual(new Set(people));
    expect(new Set(memberships(changes, group.id))).toEqual(new Set(people.slice(0, 3)));
    expect(pages.map(({ unreadable }) => unreadable)).toEqual(pages.map(() => 0));
    expect(pages.at(-1)?.next).toBeUndefined();
  });

  test('says that it named every member of a group, and lists every group', async () => {
    const { connect } = makeDirectory(kind, contract);

    const pages = await readAll(connect);

    expect(pages.flatMap(({ complete }) => complete)).toContainEqual(
      expect.objectContaining({ kind: 'group', id: group.id }),
    );
    expect(connect().covers).toContain('group');
  });

  test('reads the same page again by the same cursor', async () => {
    const { connect } = makeDirectory(kind, contract);
    const { next } = await connect().readPage(undefined);

    const twice = [await connect().readPage(next), await connect().readPage(next)];

    expect(twice[0]).toEqual(twice[1]);
  });

  test('states facts that a queue can hold, each as of the moment before it was asked', async () => {
    const { connect, time } = makeDirectory(kind, contract);
    const person = await connect().readPerson(ada, { memberships: true });
    const changes = [...(await readAll(connect)).flatMap((page) => page.changes), ...person.changes];

    for (const change of changes) {
      expect(Change.safeParse(change).success).toBe(true);
      expect([isRead(change), change.source, change.askedAt]).toEqual([
        true,
        'it',
        new Date(time.now).toISOString(),
      ]);
    }
  });

  test('reads a person alone or with what they are in, as it lists them', async () => {
    const { connect } = makeDirectory(kind, contract);
    const listed = (await readAll(connect)).flatMap((page) => page.changes);

    const alone = await connect().readPerson(ada, { memberships: false });
    const read = await connect().readPerson(ada, { memberships: true });

    const fact = listed.find((change) => change.kind === 'person' && change.personId === ada);
    expect(alone.changes).toContainEqual(fact);
    expect([memberships(alone.changes, group.id), memberships(read.changes, group.id)]).toEqual([[], [ada]]);
    expect(read.complete).toContain('group');
  });

  test('says of whom it does not know that they are gone', async () => {
    const { connect } = makeDirectory(kind, contract);

    const { changes, complete } = await connect().readPerson(nobody, { memberships: true });

    expect(changes).toMatchObject([{ kind: 'person', personId: nobody, exists: false }]);
    expect(complete).toEqual([]);
  });

  test('reads a group, or that it is gone', async () => {
    const { connect } = makeDirectory(kind, contract);

    const changes = [await connect().readGroup(group.id), await connect().readGroup('none')];

    expect(changes).toMatchObject([
      [{ kind: 'group', containerId: group.id, exists: true, name: group.name }],
      [{ kind: 'group', containerId: 'none', exists: false }],
    ]);
  });

  test('reads what happened from a place on, which holds on where nothing has', async () => {
    const { connect, time } = makeDirectory(kind, contract);

    const first = await connect().readEvents(undefined, time.now - 60_000);
    const later = await connect().readEvents(first.next, time.now - 60_000);

    expect([first.events, later.events, later.failedDeliveries]).toEqual([[], [], 0]);
    expect(typeof later.next).toBe('string');
  });

  test.each(['', 'null', '{"v":99}', '{"v":1,"at":"nowhere"}'])(
    'asks nobody by a cursor of another version: %s',
    async (cursor) => {
      const { connect, connected } = makeDirectory(kind, contract);
      const directory = connect();

      const reading = (async () => directory.readPage(cursor))();
      const events = (async () => directory.readEvents(cursor, 0))();

      await expect(reading).rejects.toMatchObject({ name: 'WorldFault', code: 'unreadable-message' });
      await expect(events).rejects.toMatchObject({ name: 'WorldFault', code: 'unreadable-message' });
      expect(connected.requests).toBe(0);
    },
  );

  test.each([
    [500, 'unavailable'],
    [429, 'throttled'],
    [401, 'credentials'],
    [403, 'forbidden'],
    [400, 'unreadable-answer'],
    [200, 'unreadable-answer'],
  ])('answered %i throws a fault of the world, %s, that shows no credential', async (status, code) => {
    const { connect } = makeDirectory(kind, contract, { status, body: 'no JSON' });

    const faults = await Promise.all(
      [connect().readPerson(ada, { memberships: false }), connect().readPage(undefined)].map((read) =>
        read.catch((error: unknown) => error),
      ),
    );

    for (const fault of faults) expect(fault).toMatchObject({ name: 'WorldFault', code });
    expect(String(faults) + JSON.stringify(faults)).not.toContain('leak-me');
  });

  test.each([
    ['nothing for it', {}, 'no-credentials'],
    ['something else', { it: { leak: 'leak-me' } }, 'secret'],
  ])('is out of reach while the secret holds %s', async (_what, secret, code) => {
    const { connect, connected } = makeDirectory(kind, contract);

    const fault = await connect(secret)
      .readPage(undefined)
      .catch((error: unknown) => error);

    expect(fault).toMatchObject({ name: 'WorldFault', code });
    expect([String(fault).includes('leak-me'), connected.requests]).toEqual([false, 0]);
  });
});
