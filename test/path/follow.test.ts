import { describe, expect, test } from 'vitest';
import { makeOktaRuns, person } from '../support/okta-runs.ts';

const KINDS = [
  ['by events alone', {}],
  ['with people read when an event names them', { api: { headroom: 0 } }],
] as const;

/** An Okta org where everyone is at Velt, and what delivering tells of people from now on. */
async function makeWorld(source: object) {
  const world = makeOktaRuns({ people: 3, source: { ...source } });
  await world.read();
  world.log.lines.length = 0;
  const told = () =>
    world.log.lines.flatMap(({ message, fields }) => (message === 'Delivered a person' ? fields : []));
  return { ...world, told };
}

describe.each(KINDS)('what became of an event, %s,', (_how, source) => {
  test('is told of its person once, with its id', async () => {
    const { okta, webhook, told, time } = await makeWorld(source);
    time.now += 60_000;
    const event = okta.updateProfile(person(2).id, { displayName: 'Somebody Else' });

    await webhook(...event);

    expect(told()).toMatchObject([
      { source: 'okta', person: person(2).id, outcome: 'confirmed', events: 1, eventIds: [event[0]?.uuid] },
    ]);
  });

  test('is that there was nothing to do, where it comes a second time', async () => {
    const { okta, webhook, told } = await makeWorld(source);
    const event = okta.deactivate(person(2).id);

    await webhook(...event);
    await webhook(...event);

    expect(told().map(({ outcome, calls }) => [outcome, (calls ?? 0) > 0])).toEqual([
      ['confirmed', true],
      ['nothing-to-do', false],
    ]);
  });

  test('is that Velt refuses somebody, also while the next try has time', async () => {
    const { okta, webhook, told, faults } = await makeWorld(source);
    faults.add({ answer: { kind: 'refuse-item', reason: 'Not now.' } });
    const event = okta.deactivate(person(2).id);

    await webhook(...event);
    await webhook(...event);

    expect(told().map(({ outcome }) => outcome)).toEqual(['refused', 'refused']);
  });

  test('is that it waits, and for what, while Velt is away', async () => {
    const { okta, mapped, once, told, faults } = await makeWorld(source);
    faults.add({ answer: { kind: 'status', status: 503 } });

    const [changes = []] = mapped(...okta.deactivate(person(2).id));
    await once(...changes);

    expect(told()).toMatchObject([{ person: person(2).id, outcome: 'waits', code: 'unavailable' }]);
  });
});

test('a run is told of no event', async () => {
  const world = makeOktaRuns({ people: 2, groups: {} });

  await world.read();

  const told = world.log.lines.filter(({ message }) => message === 'Delivered a person');
  expect(told.map(({ fields }) => [fields.person, fields.outcome, fields.eventIds])).toEqual([
    [person(1).id, 'confirmed', []],
    [person(2).id, 'confirmed', []],
  ]);
});
