import { expect, test } from 'vitest';
import type { Call } from '../../lib/directory/calls.ts';
import type { QueueItem } from '../../lib/directory/change.ts';
import { type ForetellDeps, foretell } from '../../lib/reconcile/foretell.ts';
import { EMPTY_MIRROR } from '../../lib/reconcile/overlay.ts';
import { makeDelivery } from '../support/delivery.ts';
import { groupChange, membershipChange, NOW, personChange, second } from '../support/factories.ts';

const SOURCES = { okta: { kind: 'okta', organization: 'acme' } };
const profile = { name: 'Ada', email: 'ada@example.com' };
const ada = personChange({ exists: true, active: true, profile });
const engineers = groupChange({ exists: true, name: 'Engineers' });
const later = (change: object) => ({ ...change, at: second(9), id: 'event-9' }) as QueueItem;

/** A delivery, and what is foretold of it; `made` are the calls that Velt got. */
function makeWorld() {
  const world = makeDelivery(SOURCES);
  const deps = { ...world.deps, directories: new Map() };
  const made: Call[] = [];
  const { apply } = world.deps.velt;
  world.deps.velt.apply = (call, deadline) => {
    made.push(call);
    return apply(call, deadline);
  };
  const look = (changes: QueueItem[], more: Partial<ForetellDeps> = {}) =>
    foretell(changes, { ...deps, ...more });
  return { ...world, made, look };
}

test.each<[what: string, known: QueueItem[], event: QueueItem[]]>([
  ['somebody new', [], [ada, membershipChange(), engineers]],
  ['a new name', [ada], [later(personChange({ profile: { name: 'Ada L.' } }))]],
  ['what is known already', [ada], [ada]],
  ['a deactivation', [ada, engineers, membershipChange()], [later(personChange({ active: false }))]],
  ['the end of a group', [ada, engineers, membershipChange()], [later(groupChange({ exists: false }))]],
  ['a membership of somebody unknown', [], [membershipChange()]],
])(
  'the calls that are foretold are those that a delivery then makes, and nothing is stored before: %s',
  async (_what, known, event) => {
    const { run, memory, queued, made, look } = makeWorld();
    await run(...known);
    const stored = JSON.stringify([memory.entries(), memory.keys()]);
    made.length = 0;

    const { calls } = await look(event);

    expect([JSON.stringify([memory.entries(), memory.keys()]), queued, made]).toEqual([stored, [], []]);
    await run(...event);
    expect(calls).toEqual(made);
  },
);

test('each entry is told as it is and as it would be, and of whom would not be in Velt why', async () => {
  const { run, look } = makeWorld();
  await run(ada);

  const { entries, whyNot } = await look([later(personChange({ active: false }))]);

  expect(entries.map(({ key }) => key)).toEqual(['okta#person#ada']);
  expect(entries[0]).toMatchObject({
    before: { active: { value: true } },
    after: { active: { value: false } },
  });
  expect([...whyNot]).toEqual([['okta#person#ada', 'they are deactivated']]);
});

test('what another delivery works on would come back', async () => {
  const { run, deps, look } = makeWorld();
  await run(ada);
  const [stored] = (await deps.mirror.read([{ source: 'okta', kind: 'person', id: 'ada' }])).values();
  if (!stored) throw new Error('nobody');
  const lease = { owner: 'another', until: NOW + 1_000 };
  await deps.mirror.write(stored, { lease, expiresAt: undefined });

  const { calls, waiting } = await look([
    later(personChange({ profile: { name: 'Ada L.' } })),
    later(personChange({ personId: 'bea', exists: true, profile })),
  ]);

  expect(waiting.map(({ item, fault }) => ['personId' in item && item.personId, fault.code])).toEqual([
    ['ada', 'leased'],
  ]);
  expect(calls.map(({ items }) => items.map(({ id }) => id))).toEqual([['bea']]);
});

test('what only a newer version can read stays as it is', async () => {
  const { run, memory, look } = makeWorld();
  await run(ada);
  memory.newer.add('okta#person#ada');

  const { calls, waiting } = await look([later(personChange({ active: false }))]);

  expect([calls, waiting.map(({ fault }) => fault.code)]).toEqual([[], ['unreadable-entry']]);
});

test('on an empty table everybody is new', async () => {
  const { run, look } = makeWorld();
  await run(ada);

  const { calls } = await look([ada], { mirror: EMPTY_MIRROR });

  expect(calls.map(({ kind, items }) => [kind, items.map(({ id }) => id)])).toEqual([['users.add', ['ada']]]);
});
