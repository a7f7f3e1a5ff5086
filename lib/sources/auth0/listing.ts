import * as z from 'zod';
import { createListing, NOTHING, type Taken } from '../agenda.ts';
import { membershipFact } from '../facts.ts';
import { type Directory, GROUP_ROLES, SOME_GROUP_ROLES } from '../source.ts';
import type { Auth0Api } from './api.ts';
import { type Auth0Config, policyOf } from './config.ts';
import { groupFact, nestingFact, organizationFact, personFact } from './facts.ts';
import { groupRef, organizationRef, roleRef } from './refs.ts';

const id = z.string();
const name = z.string().optional();
const from = z.string().optional();
const group = z.strictObject({ id, name, organization: name });

/** One call to the Management API; `from` is Auth0's cursor. */
const Step = z.discriminatedUnion('read', [
  z.strictObject({ read: z.literal('users'), since: from, page: z.int() }),
  z.strictObject({ read: z.literal('organizations'), from }),
  z.strictObject({ read: z.literal('members'), id, name, from }),
  z.strictObject({ read: z.literal('organization-groups'), id, from }),
  z.strictObject({
    read: z.literal('group-roles'),
    organization: id,
    id,
    /** A group that matters by nothing but such roles. */
    group: group.optional(),
  }),
  z.strictObject({ read: z.literal('groups'), from }),
  z.strictObject({ read: z.literal('group-members'), id, name, organization: name, from }),
  z.strictObject({
    read: z.literal('connection'),
    id,
    /** Where everybody of the connection is a member, by what was read at `askedAt`. */
    group,
    askedAt: z.number(),
  }),
]);
type Step = z.infer<typeof Step>;
type StepOf<Read extends Step['read']> = Extract<Step, { read: Read }>;

type Told = Taken<Step>;

/**
 * Lists everything that the configuration mirrors of one Auth0 source: its users, then organizations with their members,
 * each with their roles, and the roles of groups in it, then groups with their members; where a group matters by such roles
 * only, its members come with those. A page is one call, except for the roles of a group. The cursor holds the calls that
 * are known to be left: those about up to 50 organizations or groups, or up to 100 connections that are members of one group
 * (20 KB at most).
 */
export function createAuth0Listing(
  source: string,
  config: Auth0Config,
  api: Auth0Api,
): Pick<Directory, 'covers' | 'readPage'> {
  const policy = policyOf(config);
  const [roles, groups] = [policy.mayCount('role'), policy.mayCount('group')];
  // In one Velt organization for everyone, they matter for what counts in one of them only.
  const inOrganizations = typeof config.organization !== 'string' || roles || groups;
  const first: Step[] = [
    { read: 'users', page: 0 },
    ...(inOrganizations ? [{ read: 'organizations' as const }] : []),
    ...(groups ? [{ read: 'groups' as const }] : []),
  ];

  return {
    covers: [...(inOrganizations ? ['organization' as const] : []), ...(groups ? ['group' as const] : [])],
    readPage: createListing({ what: 'cursor of an Auth0 listing', version: 1, schema: Step }, first, take),
  };

  function take(step: Step): Promise<Told> {
    switch (step.read) {
      case 'users':
        return users(step);
      case 'organizations':
        return organizations(step);
      case 'members':
        return members(step);
      case 'organization-groups':
        return organizationGroups(step);
      case 'group-roles':
        return groupRoles(step);
      case 'groups':
        return allGroups(step);
      case 'group-members':
        return groupMembers(step);
      case 'connection':
        return connection(step);
    }
  }

  async function users({ since, page }: StepOf<'users'>): Promise<Told> {
    const { items, unreadable, askedAt, next } = await api.readUsers({ since, page });
    return {
      changes: items.map((user) => personFact(user, { source, askedAt })),
      whole: [],
      unreadable,
      soon: [next && { read: 'users', ...next }],
    };
  }

  async function organizations({ from }: StepOf<'organizations'>): Promise<Told> {
    const page = await api.readOrganizations(from);
    if (!page) return NOTHING;
    const { items, unreadable, askedAt, next } = page;
    return {
      changes: items.map((organization) => organizationFact(organization, { source, askedAt })),
      whole: [],
      unreadable,
      soon: [
        ...items
          .filter((organization) => policy.counts(organizationRef(organization)))
          .map(({ id, name }) => ({ read: 'members' as const, id, ...(name && { name }) })),
        next === undefined ? undefined : { read: 'organizations', from: next },
      ],
    };
  }

  async function members(step: StepOf<'members'>): Promise<Told> {
    const page = await api.readMembers(step.id, { roles, from: step.from });
    // It went since it was listed.
    if (!page) return NOTHING;
    const { items, unreadable, askedAt, next } = page;
    const organization = organizationRef(step);
    const last: Step | undefined = roles && groups ? { read: 'organization-groups', id: step.id } : undefined;
    return {
      changes: items.flatMap(({ user_id, roles: held }) => [
        membershipFact(user_id, organization, { source, askedAt }),
        ...(held ?? [])
          .map((role) => roleRef(step.id, role))
          .filter((role) => policy.counts(role))
          .map((role) => membershipFact(user_id, role, { source, askedAt })),
      ]),
      whole: next === undefined ? [organization] : [],
      unreadable,
      soon: [next === undefined ? last : { ...step, from: next }],
    };
  }

  async function organizationGroups(step: StepOf<'organization-groups'>): Promise<Told> {
    const page = await api.readOrganizationGroups(step.id, step.from);
    if (!page) return NOTHING;
    return {
      ...NOTHING,
      // Those of its last groups are read before the listing ends.
      whole: page.next === undefined ? [{ kind: 'role', id: GROUP_ROLES, organization: step.id }] : [],
      unreadable: page.unreadable,
      soon: [
        ...page.items.map(groupRef).map(({ kind, ...group }) => ({
          ...{ read: 'group-roles' as const, organization: step.id, id: group.id },
          ...(!policy.counts({ kind, ...group }) && { group }),
        })),
        page.next === undefined ? undefined : { ...step, from: page.next },
      ],
    };
  }

  async function groupRoles({ organization, id, group }: StepOf<'group-roles'>): Promise<Told> {
    const list = await api.readGroupRoles(organization, id);
    if (!list) return { ...NOTHING, whole: [{ kind: 'role', id: SOME_GROUP_ROLES, organization }] };
    const { items, unreadable, askedAt } = list;
    const mattering = items.map((role) => roleRef(organization, role)).filter((role) => policy.counts(role));
    return {
      changes: mattering.map((role) => nestingFact({ kind: 'group', id }, role, { source, askedAt })),
      whole: [],
      unreadable,
      // Who has these roles is told by its members, once for each organization: which were read is in no cursor.
      soon: [group && mattering.length > 0 ? { read: 'group-members', ...group } : undefined],
    };
  }

  async function allGroups({ from }: StepOf<'groups'>): Promise<Told> {
    const page = await api.readGroups(from);
    if (!page) return NOTHING;
    const { items, unreadable, askedAt, next } = page;
    return {
      changes: items.map((group) => groupFact(group.id, group, { source, askedAt })),
      whole: [],
      unreadable,
      soon: [
        ...items
          .map(groupRef)
          .filter((group) => policy.counts(group))
          .map(({ kind: _, ...group }) => ({ read: 'group-members' as const, ...group })),
        next === undefined ? undefined : { read: 'groups', from: next },
      ],
    };
  }

  async function groupMembers(step: StepOf<'group-members'>): Promise<Told> {
    const page = await api.readGroupMembers(step.id, step.from);
    if (!page) return NOTHING;
    const { items, unreadable, askedAt, next } = page;
    const { id, name, organization } = step;
    const group = groupOf(step);
    const people = items.filter((member) => member.member_type === 'user');
    const connections = items.filter((member) => member.member_type === 'connection');
    return {
      changes: people.map((member) => membershipFact(member.id, group, { source, askedAt })),
      whole: next === undefined ? [group] : [],
      unreadable,
      soon: [
        ...connections.map((member) => {
          const connection = member.connection_id ?? member.id;
          return { read: 'connection' as const, id: connection, group: { id, name, organization }, askedAt };
        }),
        next === undefined ? undefined : { ...step, from: next },
      ],
    };
  }

  /** People know their connections by name. */
  async function connection({ id, group, askedAt }: StepOf<'connection'>): Promise<Told> {
    const { value } = await api.readConnection(id);
    if (!value) return NOTHING;
    const child = { kind: 'connection' as const, id: value.name };
    return { ...NOTHING, changes: [nestingFact(child, groupOf(group), { source, askedAt })] };
  }
}

function groupOf({
  organization,
  ...group
}: {
  id: string;
  name?: string | undefined;
  organization?: string | undefined;
}) {
  return groupRef({ ...group, organization_id: organization });
}
