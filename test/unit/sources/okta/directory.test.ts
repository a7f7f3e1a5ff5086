import { describe, expect, test } from 'vitest';
import { createOktaDirectory } from '../../../../lib/sources/okta/directory.ts';
import { NOW, sourceConfig } from '../../../support/factories.ts';
import { makeOktaApi, oktaUser } from '../../../support/okta-api.ts';

const at = new Date(NOW).toISOString();

/** A directory over the Okta double, with one application that ada is assigned to and one group that she is in. */
function makeDirectory(source: Record<string, unknown> = {}) {
  const { okta, api, asked } = makeOktaApi({
    users: [oktaUser('ada'), oktaUser('alan')],
    groups: [{ id: 'g1', profile: { name: 'One' } }],
    members: [['g1', 'ada']],
    apps: [{ id: '0oa1', label: 'Velt' }],
    assignments: [['0oa1', 'ada']],
  });
  return { okta, asked, directory: createOktaDirectory('okta', sourceConfig(source), api) };
}

describe('a person', () => {
  test('is read alone when nothing else is asked for', async () => {
    const { directory, asked } = makeDirectory({ users: { application: '0oa1' } });

    const read = await directory.readPerson('ada', { memberships: false });

    expect(read).toMatchObject({ changes: [{ kind: 'person', personId: 'ada' }], readAt: at, complete: [] });
    expect(asked()).toEqual(['/api/v1/users/ada']);
  });

  test('says nothing of an application that is switched off: Okta may not show who is assigned to it', async () => {
    const apps = [{ id: '0oa1', label: 'Velt', status: 'INACTIVE' as const }];
    const { api } = makeOktaApi({ users: [oktaUser('ada')], apps });
    const directory = createOktaDirectory('okta', sourceConfig({ users: { application: '0oa1' } }), api);

    const { changes, complete } = await directory.readPerson('ada', { memberships: true });

    expect(changes).toMatchObject([{ kind: 'person' }]);
    expect(complete).toEqual(['group']);
  });

  test('is read with all their groups', async () => {
    const { directory } = makeDirectory();

    const { changes, complete } = await directory.readPerson('ada', { memberships: true });

    expect(changes.slice(1)).toMatchObject([
      { kind: 'membership', container: { kind: 'group', id: 'g1', name: 'One' }, member: true, at },
    ]);
    expect(complete).toEqual(['group']);
  });

  test.each([
    ['ada', true],
    ['alan', false],
  ])('is read with whether the application has them, where it decides: %s %s', async (id, member) => {
    const { directory } = makeDirectory({ users: { application: '0oa1' } });

    const { changes, complete } = await directory.readPerson(id, { memberships: true });

    expect(changes.at(-1)).toMatchObject({
      ...{ kind: 'membership', personId: id, member, at },
      container: { kind: 'application', id: '0oa1' },
    });
    expect(complete).toEqual(['group', 'application']);
  });

  test('whom Okta does not know is gone', async () => {
    const { directory } = makeDirectory({ users: { application: '0oa1' } });

    const read = await directory.readPerson('ghost', { memberships: true });

    expect(read).toMatchObject({ changes: [{ personId: 'ghost', exists: false, at }], complete: [] });
    expect(read.changes).toHaveLength(1);
  });

  test('has not all their groups told when one of them cannot be read', async () => {
    const { directory, okta } = makeDirectory();
    okta.putGroup({ id: '', type: 'BUILT_IN', profile: { name: 'nobody' } });

    const { changes, complete } = await directory.readPerson('ada', { memberships: true });

    expect(changes.map(({ kind }) => kind)).toEqual(['person', 'membership']);
    expect(complete).toEqual([]);
  });
});

describe('a group', () => {
  test('is told as it is, or as gone', async () => {
    const { directory } = makeDirectory();

    const changes = [...(await directory.readGroup('g1')), ...(await directory.readGroup('g2'))];

    expect(changes).toMatchObject([
      { kind: 'group', containerId: 'g1', exists: true, name: 'One' },
      { kind: 'group', containerId: 'g2', exists: false },
    ]);
  });
});

test('a listing begins with the people in scope, and tells every group', async () => {
  const { directory } = makeDirectory();

  const { changes, next } = await directory.readPage(undefined);

  expect(changes).toMatchObject([{ personId: 'ada' }, { personId: 'alan' }]);
  expect(next).toBeDefined();
  expect(directory.covers).toEqual(['group', 'person']);
});
