import { expect, test } from 'vitest';
import { type QueueItem, recheckOf } from '../../lib/directory/change.ts';
import { cleanName } from '../../lib/directory/text.ts';
import { catchUp } from '../../lib/inbound/catch-up.ts';
import { deliveredTo, mapBody, mapEvent } from '../../lib/inbound/map.ts';
import { inbound } from '../../lib/sources/inbound.ts';
import { makeAuth0Runs } from '../support/auth0-runs.ts';
import { auth0Event } from '../support/factories.ts';
import { oktaDelivery, oktaEvent, userTarget } from '../support/okta-deliveries.ts';
import { everyone, idsOf, makeOktaRuns, person } from '../support/okta-runs.ts';
import { STRANGE_TEXTS } from '../support/strange-texts.ts';

const PEOPLE = idsOf(everyone(1, 5));

/** Five people of whom the first has a strange name, as the group of three of them has. */
function makeStrange(text: string) {
  const world = makeOktaRuns({ people: 5, source: { groups: { include: ['*'] } } });
  const { id, profile } = person(1);
  world.okta.putUser(
    person(1, { profile: { ...profile, displayName: text, email: '\u00a0a@example.com\n' } }),
  );
  const group = { created: '2026-01-01T00:00:00.000Z', lastUpdated: '2026-02-01T00:00:00.000Z' };
  world.okta.putGroup({ ...group, id: '00gEng', profile: { name: text } });
  return { ...world, id };
}

test.each(STRANGE_TEXTS)(
  'a run brings everyone where a text is %s, and finds it no second time',
  async (_what, text) => {
    const world = makeStrange(text);

    const first = await world.read();
    const calls = world.calls.length;
    const second = await world.read();

    expect([first, second]).toMatchObject([
      { state: 'done', unreadable: 0 },
      { state: 'done', queued: 0 },
    ]);
    expect(world.users().sort()).toEqual(PEOPLE);
    expect(world.state()?.groups['00gEng']?.members).toHaveLength(3);
    expect(world.calls).toHaveLength(calls);
  },
);

test.each(STRANGE_TEXTS)('a read in delivery says the same of %s as a run', async (_what, text) => {
  const world = makeStrange(text);
  await world.read();
  const before = world.state()?.users[world.id];

  const at = world.clock();
  await world.hear(
    recheckOf({ source: 'okta', kind: 'person', id: world.id }, at, { reason: 'event', read: 'memberships' }),
  );

  expect(world.state()?.users[world.id]).toEqual(before);
});

test.each(STRANGE_TEXTS)('a webhook brings everyone where a name or an id has %s', async (_what, text) => {
  const world = makeOktaRuns({ people: 0, groups: {} });
  const config = world.deps.config.sources.okta as never;
  const odd = `odd${text}`.slice(0, 300);
  const events = [userTarget('00uName', text), userTarget(odd), userTarget('00uOther')].map((target) =>
    oktaEvent('user.lifecycle.create', [target]),
  );

  const { changes, unreadable } = mapBody(
    [oktaDelivery(...events)],
    deliveredTo('okta', config, world.clock()),
  );
  await world.hear(...(JSON.parse(JSON.stringify(changes)) as QueueItem[]));

  const taken = odd.isWellFormed() ? [odd] : [];
  // Velt has rules of its own for ids.
  expect(world.users()).toEqual(expect.arrayContaining(['00uName', '00uOther']));
  expect(changes.flatMap((change) => ('personId' in change ? change.personId : []))).toEqual(
    expect.arrayContaining(taken),
  );
  expect(unreadable).toHaveLength(1 - taken.length);
  expect(world.state()?.users['00uName']?.name).toBe(cleanName(text) ?? '00uname@example.com');
});

/** Three events of people, of whom the first has a strange name and the second a strange id, and what has to come of them. */
function makeNews(text: string, vendor: 'okta' | 'auth0') {
  const odd = `auth0|odd${text}`.slice(0, 300);
  const ids = ['auth0|name', odd, 'auth0|other'];
  const told = ids.map((id, n) => {
    const name = n === 0 ? text : `Name ${n}`;
    return vendor === 'okta'
      ? oktaEvent('user.lifecycle.create', [{ ...userTarget(id, name), alternateId: 'a@example.com' }])
      : auth0Event('user.created', { user_id: id, name, email: 'a@example.com' }, { id: `evt_${n}` });
  });
  const world = vendor === 'okta' ? makeOktaRuns({ people: 0, groups: {} }) : makeAuth0Runs({ people: 0 });
  const isTaken = odd.isWellFormed();
  const name = cleanName(text) ?? (vendor === 'okta' ? 'a@example.com' : undefined);
  return {
    world,
    told,
    isTaken,
    name,
    delivered: deliveredTo(vendor, sourceOf(world, vendor), world.time.now),
  };
}

function sourceOf({ deps }: Pick<ReturnType<typeof makeOktaRuns>, 'deps'>, vendor: string) {
  return (deps.config.sources as Record<string, unknown>)[vendor] as never;
}

const VENDORS = (['okta', 'auth0'] as const).flatMap((vendor) =>
  STRANGE_TEXTS.map(([what, text]) => ({ vendor, what, text })),
);

test.each(VENDORS)(
  'EventBridge brings everyone of $vendor where a name or an id has $what',
  async (given) => {
    const { world, told, isTaken, name, delivered } = makeNews(given.text, given.vendor);

    const mapped = told.map((event) => mapEvent(JSON.parse(JSON.stringify(event)), delivered));
    for (const { changes } of mapped) if (changes.length > 0) await world.hear(...changes);

    expect(mapped.map(({ changes }) => changes.length > 0)).toEqual([true, isTaken, true]);
    expect(world.users()).toEqual(expect.arrayContaining(['auth0|name', 'auth0|other']));
    if (name !== undefined) expect(world.state()?.users['auth0|name']?.name).toBe(name);
  },
);

test.each(STRANGE_TEXTS)(
  'a webhook of Auth0 brings everyone where a name or an id has %s',
  async (_what, text) => {
    const { world, told, isTaken, name, delivered } = makeNews(text, 'auth0');

    const { changes, unreadable } = mapBody(JSON.parse(JSON.stringify(told)), delivered);
    await world.hear(...changes);

    expect(world.users()).toEqual(expect.arrayContaining(['auth0|name', 'auth0|other']));
    expect(unreadable).toHaveLength(isTaken ? 0 : 1);
    if (name !== undefined) expect(world.state()?.users['auth0|name']?.name).toBe(name);
  },
);

test.each(VENDORS)('catching up brings everyone where a name or an id has $what: $vendor', async (given) => {
  const { world, told, name } = makeNews(given.text, given.vendor);
  const page = { events: told, next: 'next', more: false, failedDeliveries: 0 };
  world.directory.readEvents = async () => structuredClone(page);

  await catchUp(world.time.now + 60_000, { ...world.depsOf(), inbound });
  await world.settle();

  expect(world.users()).toEqual(expect.arrayContaining(['auth0|name', 'auth0|other']));
  if (name !== undefined) expect(world.state()?.users['auth0|name']?.name).toBe(name);
});
