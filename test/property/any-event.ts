import fc from 'fast-check';
import type { Change, ContainerRef, NestingChange } from '../../lib/directory/change.ts';
import { eventOf, ownIdOf } from './history.ts';

interface Place {
  ref: ContainerRef;
  names: string[];
}

/** What everyone in `child` can be a member of too. */
interface Nest {
  child: NestingChange['child'];
  place: Place;
}

/** A part of the world: some people of a source, where they can come from, and what they can be members of. */
interface Part {
  source: string;
  people: string[];
  places: Place[];
  connections?: string[];
  nests?: Nest[];
}

const g1: Place = { ref: { kind: 'group', id: 'g1' }, names: ['Engineering', 'Engine Room', 'Design'] };
const g2: Place = { ref: { kind: 'group', id: 'g2' }, names: ['Operations', 'Eng Ops'] };
const app: Place = { ref: { kind: 'application', id: 'app' }, names: ['Product'] };
const g3: Place = { ref: { kind: 'group', id: 'g3' }, names: ['VIP', 'Guests'] };
const orgA: Place = { ref: { kind: 'organization', id: 'org_a' }, names: ['Alpha', 'Anonymous'] };
const orgB: Place = { ref: { kind: 'organization', id: 'org_b' }, names: ['Beta', 'Gamma'] };

const g4: Place = { ref: { kind: 'group', id: 'g4', organization: 'org_a' }, names: ['Vip', 'Locals'] };
const roleIn = (organization: string, id: string, names: string[]): Place => ({
  ref: { kind: 'role', id, organization },
  names,
});
const r1InA = roleIn('org_a', 'r1', ['Editor', 'Reader']);
const r1InB = roleIn('org_b', 'r1', ['Editor', 'Reader']);
const r2InA = roleIn('org_a', 'r2', ['VIP', 'Ed']);

const corp: Nest['child'] = { kind: 'connection', id: 'corp' };
const web: Nest['child'] = { kind: 'connection', id: 'web' };
const all3: Nest['child'] = { kind: 'group', id: 'g3' };
const all4: Nest['child'] = { kind: 'group', id: 'g4' };

// Ids that are numbers come back in another order than they were sent in: JSON objects sort them.
const okta: Part = { source: 'okta', people: ['ann', '20', '3'], places: [g1, g2, app] };
const auth0: Part = {
  source: 'auth0',
  people: ['dan', 'eve', '1'],
  places: [g3, g4, orgA, orgA, orgB, orgB, r1InA, r1InB, r2InA],
  connections: ['corp', 'web'],
  // A group of an organization has roles there only.
  nests: [
    { child: corp, place: g3 },
    { child: corp, place: g4 },
    { child: web, place: g3 },
    { child: all3, place: r1InA },
    { child: all3, place: r1InB },
    { child: all4, place: r2InA },
  ],
};
export const PEOPLE = [...okta.people, ...auth0.people];
export const GROUPS = ['g1', 'g2', 'g3', 'g4', 'r1'];

/** A person's addresses; only where the setup says so are they those of others too. */
const emailsOf = (personId: string) => [`${personId}@example.com`, `${personId}.new@example.com`];

/** The same with addresses that are those of others too. */
export function withSharedEmails(events: Change[]): Change[] {
  return events.map((event) => {
    if (event.kind !== 'person' || !event.profile?.email) return event;
    const email = event.profile.email.includes('.new@') ? 'two@example.com' : 'one@example.com';
    return { ...event, profile: { ...event.profile, email } };
  });
}

/** The same, each with an attribute that is told, changes and ends as the address does. */
export function withOwnIds(events: Change[]): Change[] {
  return events.map((event) => {
    if (event.kind !== 'person' || event.profile?.email === undefined) return event;
    const { email } = event.profile;
    return { ...event, profile: { ...event.profile, userId: email === null ? null : ownIdOf(email) } };
  });
}

/** The same, where whoever has another address than at first is to leave at this moment. */
export function withExpiry(events: Change[], expiresAt: string): Change[] {
  return events.map((event) => {
    if (event.kind !== 'person' || event.profile?.email === undefined) return event;
    const isTheirs = /\.new@|two@/.test(event.profile.email ?? '');
    return { ...event, profile: { ...event.profile, expiresAt: isTheirs ? expiresAt : null } };
  });
}

const { constant, constantFrom, nat, oneof, record, option, subarray, uniqueArray } = fc;

function personFacts({ source, connections = [] }: Part, personId: string) {
  const names = constantFrom(`Name ${personId}`, `Other ${personId}`);
  const facts = fc.record(
    {
      name: oneof(names, constant(null)),
      email: constantFrom(...emailsOf(personId), null),
      photoUrl: constantFrom('https://images.example.com/1.png', null),
    },
    { requiredKeys: [] },
  );
  const full = record({
    name: names,
    email: constantFrom(...emailsOf(personId)),
  });
  const who = { kind: 'person' as const, source, personId };
  const verified = { emailVerified: constantFrom(undefined, true, false) };
  const comesFrom = oneof({ weight: 2, arbitrary: constant(connections) }, subarray(connections));
  return oneof(
    ...(connections.length > 0
      ? [
          { weight: 2, arbitrary: comesFrom.map((connections) => ({ ...who, connections })) },
          {
            weight: 6,
            arbitrary: record({ profile: full, connections: comesFrom, ...verified }).map((facts) => ({
              ...who,
              exists: true,
              ...facts,
            })),
          },
        ]
      : []),
    { weight: 6, arbitrary: full.map((profile) => ({ ...who, exists: true, profile })) },
    { weight: 4, arbitrary: full.map((profile) => ({ ...who, exists: true, blocked: false, profile })) },
    { weight: 3, arbitrary: facts.map((profile) => ({ ...who, profile })) },
    { weight: 3, arbitrary: names.map((name) => ({ ...who, profile: { name } })) },
    { weight: 2, arbitrary: constantFrom(true, false).map((blocked) => ({ ...who, blocked })) },
    { weight: 1, arbitrary: full.map((profile) => ({ ...who, exists: true, active: true, profile })) },
    { weight: 1, arbitrary: record(verified).map((told) => ({ ...who, ...told })) },
    { weight: 1, arbitrary: constant({ ...who, active: false }) },
    { weight: 3, arbitrary: constant({ ...who, exists: false }) },
    { weight: 1, arbitrary: constant(who) },
  );
}

function membershipFacts({ source, places }: Part, personId: string) {
  return record({
    place: constantFrom(...places),
    name: option(nat(2), { nil: undefined }),
    member: oneof({ weight: 2, arbitrary: constant(true) }, constant(false)),
  }).map(({ place, name, member }) => {
    return { kind: 'membership' as const, source, personId, container: called(place, name), member };
  });
}

function called({ ref, names }: Place, name: number | undefined): ContainerRef {
  const known = name === undefined ? undefined : names[name % names.length];
  return { ...ref, ...(known !== undefined && { name: known }) };
}

function nestingFacts({ source }: Part, nests: Nest[]) {
  return record({
    nest: constantFrom(...nests),
    name: option(nat(2), { nil: undefined }),
    member: oneof({ weight: 3, arbitrary: constant(true) }, constant(false)),
  }).map(({ nest: { child, place }, name, member }) => {
    return { kind: 'nesting' as const, source, child, container: called(place, name), member };
  });
}

function containerFacts({ source, places, connections = [] }: Part) {
  const ends = connections.map((containerId) => ({
    ...{ kind: 'connection' as const, source, containerId, exists: false },
  }));
  const ofPlaces = constantFrom(...places).chain(({ ref, names }) => {
    const what = { kind: ref.kind, source, containerId: ref.id };
    const within = ref.kind === 'group' && ref.organization !== undefined;
    const told = { ...what, ...(within && { organization: ref.organization }) };
    return oneof(
      ...(names.length > 0
        ? [
            constantFrom(...names).map((name) => ({ ...told, exists: true, name })),
            constantFrom(...names).map((name) => ({ ...told, name })),
          ]
        : []),
      constant({ ...told, exists: true }),
      constant({ ...what, exists: false }),
      ...(ref.kind === 'application' ? [true, false].map((active) => constant({ ...what, active })) : []),
    );
  });
  return ends.length > 0
    ? oneof({ weight: 8, arbitrary: ofPlaces }, { weight: 1, arbitrary: constantFrom(...ends) })
    : ofPlaces;
}

function factsOf(parts: Part[]) {
  return constantFrom(...parts).chain((part) =>
    constantFrom(...part.people).chain((personId) =>
      oneof(
        { weight: 4, arbitrary: personFacts(part, personId) },
        ...(part.places.length > 0
          ? [
              { weight: 5, arbitrary: membershipFacts(part, personId) },
              { weight: 2, arbitrary: containerFacts(part) },
            ]
          : []),
        ...(part.nests ? [{ weight: 5, arbitrary: nestingFacts(part, part.nests) }] : []),
      ),
    ),
  );
}

/** Distinct events in the vendor's order; several of one second are ordered by their ids. */
export function anyEvents(parts: Part[], maxLength: number): fc.Arbitrary<Change[]> {
  const event = record({ facts: factsOf(parts), at: nat(30), mark: nat(999) });
  return uniqueArray(event, { minLength: 1, maxLength, size: 'max', selector: ({ mark }) => mark }).map(
    (events) => events.map(eventOf).sort((a, b) => (`${a.at} ${a.id}` < `${b.at} ${b.id}` ? -1 : 1)),
  );
}

/** Of everyone, or of so few that most events are about the same. */
export const everyone = [okta, auth0];
export const few: Part[][] = [
  [{ source: 'okta', people: ['ann', '3'], places: [g1, app] }],
  [{ source: 'auth0', people: ['dan', '1'], places: [g3, orgA] }],
  [{ source: 'auth0', people: ['dan'], places: [orgA, orgB] }],
  [{ source: 'auth0', people: ['dan'], places: [orgA, r1InA] }],
  [{ source: 'okta', people: ['20'], places: [g2] }],
  [{ source: 'okta', people: ['3'], places: [] }],
];

/** A new name has the sweep look at all members: it would hide that somebody else's word did not. */
const unnamed = ({ ref }: Place): Place => ({ ref, names: [] });

/** Where somebody has things by what they are in only, and the last word is often not about them. */
export const linked: Part[] = [
  {
    ...{ source: 'auth0', people: ['eve'], places: [unnamed(orgA)], connections: ['corp'] },
    nests: [
      { child: corp, place: g3 },
      { child: all3, place: r1InA },
    ],
  },
  {
    ...{ source: 'auth0', people: ['dan'], places: [unnamed(orgA), g3], connections: ['web'] },
    nests: [{ child: web, place: g3 }],
  },
  {
    ...{ source: 'auth0', people: ['1'], places: [unnamed(orgA), g4, r2InA] },
    nests: [{ child: all4, place: r2InA }],
  },
];
