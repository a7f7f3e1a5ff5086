import { makeOktaRuns, person } from './okta-runs.ts';

// Okta people whose Velt organization an attribute of theirs says, or their groups.

export const BY_ATTRIBUTE = { attribute: 'profile.division', map: { North: 'acme', South: 'globex' } };
export const BY_GROUP = { groups: { 'Group 00gNorth*': 'acme', '00gSouth': 'globex' } };
const PLACES = {
  grants: [
    { group: 'Group 00gEng', folderId: 'specs' },
    { documentId: 'handbook', organizationId: 'globex' },
  ],
  access: [{ group: 'Group 00gEng', role: 'viewer', organizationId: 'globex' }],
};

export type World = ReturnType<typeof makeOktaRuns>;
type Events = Parameters<World['webhook']>;

/** What happens a minute later. */
export async function hear(world: World, ...happens: ((okta: World['okta']) => Events)[]): Promise<void> {
  for (const one of happens) {
    world.time.now += 60_000;
    await world.webhook(...one(world.okta));
  }
}

export const says = (n: number, division: unknown) => (okta: World['okta']) =>
  okta.updateProfile(person(n).id, { division });
export const into = (group: string, n: number) => (okta: World['okta']) =>
  okta.addMember(group, person(n).id);
export const outOf = (group: string, n: number) => (okta: World['okta']) =>
  okta.removeMember(group, person(n).id);
export const id = (n: number) => person(n).id;

/** Four people: one in the north, one in the south, two elsewhere; the first three are engineers. */
export async function makeWorld(organization: string | object, options: object = {}) {
  const world = makeOktaRuns({
    people: 4,
    groups: { '00gEng': [1, 2, 3], '00gNorth': [1], '00gSouth': [2] },
    source: { api: { headroom: 0 }, organization, groups: { include: ['Group 00gEng'] }, ...PLACES },
    ...options,
  });
  world.okta.updateProfile(id(1), { division: 'North' });
  world.okta.updateProfile(id(2), { division: 'South' });
  world.okta.updateProfile(id(3), { division: 'West' });
  await world.read();
  return world;
}

/** Who is in which organization, and in the group, the folder and the document there. */
export const held = (world: World) =>
  Object.fromEntries(
    Object.entries(world.organizations()).flatMap(([name, { users, groups, folders, documents }]) => {
      const lists = [
        Object.keys(users),
        groups['00gEng']?.members,
        folders.specs,
        documents.handbook,
      ] as const;
      const sorted = lists.map((ids) => [...(ids ?? [])].sort());
      return sorted.flat().length > 0 ? [[name, sorted]] : [];
    }),
  );
export const NORTH = [[id(1)], [id(1)], [id(1)], []];
export const SOUTH = [[id(2)], [id(2)], [id(2)], [id(2)]];
export const AT_FIRST = { acme: NORTH, globex: SOUTH };
