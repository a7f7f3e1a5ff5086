import { describe, expect, test } from 'vitest';
import { oktaDelivery, oktaEvent, oktaTarget } from '../support/factories.ts';
import { byField, fileOf, makePreview } from '../support/preview.ts';

const OKTA = {
  ...{ kind: 'okta', organization: 'acme', api: {} },
  userId: 'profile.employeeNumber',
  attributes: {
    name: ['profile.nickName', { template: '{profile.firstName} {profile.lastName}' }],
    email: { path: 'profile.email', lower: true },
    photoUrl: null,
    plan: 'profile.department',
    type: { constant: 'staff' },
  },
};
const adaProfile = {
  ...{ login: 'ada@example.com', email: 'Ada@Example.com', firstName: 'Ada', lastName: 'Example' },
  employeeNumber: 'E-1',
};
const bob = { login: 'bob@example.com', email: 'bob@example.com', firstName: 'Bob', lastName: 'Example' };
const oktaUsers = [
  { id: '00uAda', status: 'ACTIVE' as const, profile: adaProfile },
  { id: '00uBob', status: 'ACTIVE' as const, profile: bob },
  {
    id: '00uCleo',
    status: 'SUSPENDED' as const,
    profile: { ...bob, login: 'cleo@example.com', employeeNumber: 7 },
  },
];
const org = {
  users: oktaUsers,
  groups: [{ id: '00gEng', profile: { name: 'Engineering' } }],
  members: [['00gEng', '00uAda']] as const,
};

const okta = (source: object = {}) =>
  makePreview({ sources: { okta: { ...OKTA, ...source } } }, { okta: org });
describe('of Okta', () => {
  test.each(['ada@example.com', '00uAda'])('%s is shown with each field, group and rule', async (ada) => {
    const { preview } = okta();

    const { people, isWhole } = await preview({ person: ada });

    expect(isWhole).toBe(true);
    expect(people).toMatchObject([
      {
        id: '00uAda',
        user: { userId: 'E-1', name: 'Ada Example', email: 'ada@example.com', type: 'staff' },
        memberships: [
          { name: 'Engineering', outcomes: [{ becomes: 'group', setting: 'groups', pattern: '*' }] },
        ],
        places: [{ scope: { organizationId: 'acme' } }],
      },
    ]);
    expect(byField(people[0]?.fields)).toEqual({
      userId: ['E-1', 'path', 'profile.employeeNumber'],
      name: ['Ada Example', 'template', '"{profile.firstName} {profile.lastName}" (rule 2 of 2)'],
      email: ['ada@example.com', 'path', 'profile.email, in lower case'],
      photoUrl: [null, 'null', 'never told'],
      plan: [null, 'none', 'no rule gives a text of use'],
      type: ['staff', 'constant', '"staff"'],
    });
  });

  test.each([
    ['bob@example.com', '00uBob', 'they have no attribute that can be their Velt user id'],
    ['cleo@example.com', '00uCleo', 'they are suspended or blocked'],
    ['nobody@example.com', 'nobody@example.com', 'the source does not know them (any more)'],
    ['00uNobody', '00uNobody', 'the source does not know them (any more)'],
  ])('%s is not in Velt, and why', async (asked, id, why) => {
    expect((await okta().preview({ person: asked })).people).toMatchObject([{ id, why, places: [] }]);
  });

  test.each([
    ['id', '00uAda', 'default', 'id'],
    ['email', 'Ada@Example.com', 'path', 'profile.email'],
    ['lower-case-email', 'ada@example.com', 'path', 'profile.email, in lower case'],
  ])('a user id that is the %s says so', async (userId, ...made) => {
    const { people } = await okta({ userId, attributes: undefined }).preview({ person: '00uAda' });

    expect(byField(people[0]?.fields).userId).toEqual(made);
  });

  test('somebody out of scope is told so', async () => {
    const { people } = await okta({ users: { groups: ['Sales'] } }).preview({ person: '00uAda' });

    expect(people[0]?.why).toBe('they are in nothing that "users" names');
  });

  test('a file of users is shown without a request', async () => {
    const { preview, okta: double } = okta();

    const { people, isWhole } = await preview({ people: fileOf(oktaUsers.slice(0, 2)) });

    expect(people.map(({ id, user, why }) => [id, user?.userId ?? why])).toEqual([
      ['00uAda', 'E-1'],
      ['00uBob', 'they have no attribute that can be their Velt user id'],
    ]);
    expect([isWhole, double.calls]).toEqual([false, []]);
  });

  test('a user whose status cannot be read is told so', async () => {
    const { people } = await okta().preview({ people: fileOf([{ id: '00uAda', profile: adaProfile }]) });

    expect(people[0]?.why).toBe('it cannot be read whether they are deactivated');
  });

  test('an event of Okta says as much as it carries', async () => {
    const event = oktaEvent('group.user_membership.add', {
      target: [oktaTarget('User'), oktaTarget('UserGroup')],
    });
    const sources = { okta: { kind: 'okta', organization: 'acme' } };
    const { preview } = makePreview({ sources });

    const { people } = await preview({
      event: fileOf(oktaDelivery(event, { ...oktaEvent('user.lifecycle.create'), uuid: 'event-2' })),
    });

    expect(people).toMatchObject([
      {
        user: { userId: 'ada', name: 'Ada Example', email: 'ada@example.com' },
        memberships: [{ id: 'engineers', outcomes: [{ becomes: 'group' }] }],
      },
    ]);
    expect(byField(people[0]?.fields).name).toEqual(['Ada Example', 'default', 'as the event has it']);
  });

  test('an event that is a hint to read somebody names whom to ask for', async () => {
    const { people, notes } = await okta().preview({ event: 'events/okta/user.lifecycle.create.json' });

    expect(people).toEqual([]);
    expect(notes).toEqual([
      expect.stringMatching(/^it asks to read 00u\w+: preview them with --person "00u/),
    ]);
  });

  test.each([
    ['events/okta/user.session.start.unhandled.json', 'this event type is not mirrored'],
    ['events/okta/delivery.invalid-no-data.json', 'it cannot be read: data'],
  ])('%s tells of nobody, and says why', async (event, note) => {
    const { people, notes } = await okta().preview({ event });

    expect([people, notes.join()]).toEqual([[], expect.stringContaining(note)]);
  });

  test('an event as EventBridge hands it over is one', async () => {
    const { preview } = makePreview({ sources: { okta: { kind: 'okta', organization: 'acme' } } });

    const { people } = await preview({ event: 'events/eventbridge/user.lifecycle.deactivate.json' });

    expect(people).toMatchObject([{ why: 'they are deactivated' }]);
  });
});

describe('what is asked for', () => {
  test.each([
    ['nobody', {}, '--person, --people or --event is needed'],
    ['two things', { person: 'a', event: 'b' }, 'one of them only'],
    ['no name', { person: '' }, '--person is an e-mail address'],
    ['another source', { source: 'nope', person: 'a' }, '--source is one of okta'],
    ['no file', { people: '/nowhere.json' }, '--people ENOENT'],
    ['no JSON', { people: fileOf('{') }, 'is a JSON array of users'],
    ['no list', { people: fileOf({}) }, 'is a JSON array of users'],
    ['a list of nobody', { people: fileOf([]) }, 'is a JSON array of users'],
    ['a user without an id', { people: fileOf([oktaUsers[0], { profile: {} }]) }, '1.id: '],
    ['an event that is no JSON', { event: fileOf('not json') }, '--event the body is not JSON'],
  ])('%s is refused with what to mend', async (_what, asked, fault) => {
    await expect(okta().preview(asked)).rejects.toThrow(fault);
    await expect(okta().preview(asked)).rejects.toMatchObject({
      name: expect.stringMatching(/^(BadArguments|ConfigError)$/),
    });
  });

  test('of several sources one has to be named', async () => {
    const source = { kind: 'okta', organization: 'acme' };
    const { preview } = makePreview({ sources: { okta: source, other: source } });

    await expect(preview({ person: 'a' })).rejects.toThrow('--source is one of okta, other');
  });
});
