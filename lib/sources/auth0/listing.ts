import * as z from 'zod';
import type { Policy } from '../../directory/policy.ts';
import { createListing, NOTHING, pageOf, type Taken, unread } from '../agenda.ts';
import { UNREADABLE } from '../attributes.ts';
import { membershipFact } from '../facts.ts';
import { type Directory, GROUP_ROLES } from '../source.ts';
import { type Auth0Api, START } from './api.ts';
import { type Auth0Config, policyOf } from './config.ts';
import {
  groupFact,
  groupRef,
  nestingFact,
  organizationFact,
  organizationRef,
  personFact,
  roleRef,
} from './facts.ts';

const id = z.string();
const from = z.string().optional();
/** Without its name: by the time that its members are read there may be a newer one. */
const group = z.strictObject({ id, organization: z.string().optional() });

/**
 * One call to the Management API; `from` is Auth0's cursor. `group` is set on the roles of a group that counts by nothing but
 * them, and is where everybody of a connection is a member, by what was read at `askedAt`.
 */
const Step = z.discriminatedUnion('read', [
  z.strictObject({ read: z.literal('users'), since: from, offset: z.int(), size: z.int().min(1) }),
  z.strictObject({ read: z.literal('organizations'), from }),
  z.strictObject({ read: z.literal('members'), id, from }),
  z.strictObject({ read: z.literal('organization-groups'), id, from }),
  z.strictObject({ read: z.literal('group-roles'), organization: id, id, group: group.optional() }),
  z.strictObject({ read: z.literal('groups'), from }),
  group.extend({ read: z.literal('group-members'), from }),
  z.strictObject({ read: z.literal('connection'), id, group, askedAt: z.number() }),
]);
type Step = z.infer<typeof Step>;

/**
 * Lists one Auth0 source:
 *
 * 1. users;
 * 2. pages of organizations, each organization followed by its members with their roles, then by the roles that its groups
 *    have in it, and the members of those groups that count by nothing else;
 * 3. pages of groups, each group that counts followed by its members.
 *
 * A page is one call, except for the roles of a group. The cursor is at most 20 KB: calls about up to 50 organizations or
 * groups, or up to 100 connections that are members of one group.
 */
export function createAuth0Listing(
  source: string,
  config: Auth0Config,
  api: Auth0Api,
): Pick<Directory, 'covers' | 'readPage' | 'passOver'> {
  const policy = policyOf(config);
  const [roles, groups] = [policy.mayCount('role'), policy.mayCount('group')];
  // In one Velt organization for everyone, they matter for what counts in one of them only.
  const inOrganizations = typeof config.organization !== 'string' || roles || groups;
  const first: Step[] = [
    { read: 'users', ...START },
    ...(inOrganizations ? [{ read: 'organizations' as const }] : []),
    ...(groups ? [{ read: 'groups' as const }] : []),
  ];

  return {
    covers: [
      'person',
      ...(inOrganizations ? ['organization' as const] : []),
      ...(groups ? ['group' as const] : []),
    ],
    ...createListing(
      { what: 'cursor of an Auth0 listing', schema: Step },
      first,
      (step) => (steps[step.read] as Take<Step>)(step, { source, api, policy }),
      (step) => instead(step, policy),
    ),
  };
}

/** What the steps of one listing work with. */
interface Work {
  source: string;
  api: Auth0Api;
  policy: Policy;
}

type Take<S> = (step: S, work: Work) => Promise<Taken<Step>>;

const steps: { [Read in Step['read']]: Take<Extract<Step, { read: Read }>> } = {
  users: async (step, { source, api }) => {
    const { next, ...rest } = await api.readUsers(step);
    const page = { ...rest, next: undefined };
    const taken = pageOf(page, { source, step, facts: personFact });
    return { ...taken, soon: [next && { read: 'users', ...next }] };
  },

  organizations: async (step, { source, api, policy }) =>
    pageOf(await api.readOrganizations(step.from), {
      source,
      step,
      facts: (organization, reading) => [organizationFact(organization.id, organization, reading)],
      steps: (organization): Step[] =>
        policy.counts(organizationRef(organization)) ? [{ read: 'members', id: organization.id }] : [],
      kind: 'organization',
    }),

  members: async (step, { source, api, policy }) => {
    const container = organizationRef(step);
    const page = await api.readMembers(step.id, { roles: policy.mayCount('role'), from: step.from });
    const unreadRoles = page?.items
      .filter(({ roles }) => roles === UNREADABLE)
      .map(({ user_id: personId }) => ({ personId, organization: step.id }));
    const taken = pageOf(page, {
      source,
      step,
      facts: ({ user_id, roles: held }, reading) => {
        const inRoles = (held === UNREADABLE ? [] : (held ?? [])).map((role) => roleRef(step.id, role));
        const counting = inRoles.filter((role) => policy.counts(role));
        return [container, ...counting].map((ref) => membershipFact(user_id, ref, reading));
      },
      container,
      last: afterMembers(step, policy),
    });
    return { ...taken, ...(unreadRoles && { unreadRoles }) };
  },

  'organization-groups': async (step, { source, api, policy }) => {
    const { id: organization } = step;
    return pageOf(await api.readOrganizationGroups(organization, step.from), {
      source,
      step,
      steps: (item): Step[] => {
        const group = groupRef(item);
        const unread = !policy.counts(group) && { group: unnamed(group) };
        return [{ read: 'group-roles', organization, id: group.id, ...unread }];
      },
      // Those of its last groups are read before the listing ends.
      container: groupRoles(organization),
    });
  },

  'group-roles': async ({ organization, id, group }, { source, api, policy }) => {
    const list = await api.readGroupRoles(organization, id);
    if (!list) return { ...NOTHING, unread: [groupRoles(organization)] };
    const { items, unreadable, askedAt } = list;
    const counting = items.map((role) => roleRef(organization, role)).filter((role) => policy.counts(role));
    return {
      changes: counting.map((role) => nestingFact({ kind: 'group', id }, role, { source, askedAt })),
      ...{ complete: [], unreadable },
      ...(unreadable > 0 && { unread: [groupRoles(organization)] }),
      // Its members are read once for each organization: the cursor does not hold which were read.
      soon: [group && counting.length > 0 ? { read: 'group-members', ...group } : undefined],
    };
  },

  groups: async (step, { source, api, policy }) =>
    pageOf(await api.readGroups(step.from), {
      source,
      step,
      facts: (group, reading) => [groupFact(group.id, group, reading)],
      steps: (group): Step[] => {
        const ref = groupRef(group);
        return policy.counts(ref) ? [{ read: 'group-members', ...unnamed(ref) }] : [];
      },
      kind: 'group',
    }),

  'group-members': async (step, { source, api }) => {
    const container = groupOf(step);
    return pageOf(await api.readGroupMembers(step.id, step.from), {
      source,
      step,
      facts: (member, reading) =>
        member.member_type === 'user' ? [membershipFact(member.id, container, reading)] : [],
      steps: (member, { askedAt }): Step[] =>
        member.member_type === 'connection'
          ? [{ read: 'connection', id: member.connection_id ?? member.id, askedAt, group: unnamed(step) }]
          : [],
      container,
    });
  },

  /** People know their connections by name. */
  connection: async ({ id, group, askedAt }, { source, api }) => {
    const { value } = await api.readConnection(id);
    if (!value) return NOTHING;
    const child = { kind: 'connection' as const, id: value.name };
    return { ...NOTHING, changes: [nestingFact(child, groupOf(group), { source, askedAt })] };
  },
};

/** What comes of a step about one container that cannot be read: it ends nothing, and what follows goes on. */
function instead(step: Step, policy: Policy): Taken<Step> | undefined {
  switch (step.read) {
    case 'members':
      return { ...unread(organizationRef(step)), soon: [afterMembers(step, policy)] };
    case 'organization-groups':
      return unread(groupRoles(step.id));
    case 'group-roles':
      return unread(groupRoles(step.organization));
    case 'group-members':
      return unread(groupOf(step));
    case 'connection':
      return unread(groupOf(step.group));
    default:
      return undefined;
  }
}

function afterMembers({ id }: { id: string }, policy: Policy): Step | undefined {
  return policy.mayCount('role') && policy.mayCount('group')
    ? { read: 'organization-groups', id }
    : undefined;
}

/** Stands for the roles of every group in an organization. */
function groupRoles(organization: string) {
  return { kind: 'role' as const, id: GROUP_ROLES, organization };
}

function groupOf({ id, organization }: z.infer<typeof group>) {
  return groupRef({ id, organization_id: organization });
}

function unnamed({ id, organization }: z.infer<typeof group>): z.infer<typeof group> {
  return { id, ...(organization !== undefined && { organization }) };
}
