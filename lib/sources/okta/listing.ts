import * as z from 'zod';
import type { Policy } from '../../directory/policy.ts';
import { WorldFault } from '../../errors.ts';
import { createListing, NOTHING, pageOf, type Taken, unread } from '../agenda.ts';
import { membershipFact } from '../facts.ts';
import type { Directory } from '../source.ts';
import type { OktaApi } from './api.ts';
import { type OktaConfig, policyOf } from './config.ts';
import { applicationFact, groupFact, groupRef, personFact } from './facts.ts';
import type { OktaGroup } from './schema.ts';

/** Okta's own address of the page, if it is not the first. */
const from = z.string().optional();
const Step = z.discriminatedUnion('at', [
  z.strictObject({ at: z.literal('deactivated'), from }),
  z.strictObject({ at: z.literal('application') }),
  z.strictObject({ at: z.literal('people'), from }),
  z.strictObject({ at: z.literal('groups'), from }),
  z.strictObject({ at: z.literal('members'), id: z.string(), name: z.string().optional(), from }),
]);
type Step = z.infer<typeof Step>;

/**
 * Lists one Okta source:
 *
 * 1. deactivated users, only if those stay in Velt until they are deleted: the other lists leave them out, or may
 *    (developer.okta.com/docs/api/openapi, 2026.06.3);
 * 2. users in scope, unless groups decide who that is: then they come with their groups; of an application first whether it is
 *    switched on;
 * 3. pages of groups, each followed by the members of those groups on it that count.
 *
 * The cursor is at most 50 KB: up to 200 groups by id and name.
 */
export function createOktaListing(
  source: string,
  config: OktaConfig,
  api: OktaApi,
): Required<Pick<Directory, 'readPage' | 'passOver'>> {
  const policy = policyOf(config);
  const { application, deprovision } = policy;
  const areListed = deprovision.deactivated === 'keep' && deprovision.deleted === 'remove';
  const first: Step[] = [
    ...(areListed ? [{ at: 'deactivated' as const }] : []),
    ...(policy.everyone ? [{ at: 'people' as const }] : []),
    ...(application === undefined ? [] : [{ at: 'application' as const }]),
    { at: 'groups' },
  ];
  return createListing({ what: 'cursor of an Okta listing', schema: Step }, first, take, (step) =>
    step.at === 'members' ? unread({ kind: 'group', id: step.id }) : undefined,
  );

  async function take(step: Step): Promise<Taken<Step>> {
    switch (step.at) {
      case 'deactivated': {
        const page = await api.readDeactivated(step.from);
        const deactivated = { personIds: page.items.map(({ id }) => id), complete: page.next === undefined };
        return { ...pageOf<unknown, Step>(page, { source, step }), deactivated };
      }
      case 'application':
        return decisive(application as string);
      case 'people':
        return application === undefined ? people(step) : assigned(step, application);
      case 'groups':
        return pageOf(await api.readGroups(step.from), {
          source,
          step,
          facts: (group, reading) => [groupFact(group.id, group, reading)],
          steps: (group): Step[] => {
            const { kind, ...ref } = groupRef(group);
            const isListed = policy.counts({ kind, ...ref }) && !mayDecide(group, policy);
            return isListed ? [{ at: 'members', ...ref }] : [];
          },
          kind: 'group',
          unread: (group) => (mayDecide(group, policy) ? [groupRef(group)] : []),
        });
      case 'members':
        return members(step);
    }
  }

  async function people(step: Step & { at: 'people' }): Promise<Taken<Step>> {
    return pageOf(await api.readUsers(step.from), {
      source,
      step,
      facts: personFact,
    });
  }

  /** People stay assigned to an application that is switched off, but Okta may list them or not. */
  async function decisive(application: string): Promise<Taken<Step>> {
    const { app, askedAt } = await api.readApp(application);
    const fact = applicationFact(app, { source, askedAt });
    return { ...NOTHING, changes: [fact], soon: fact.active ? [{ at: 'people' }] : [] };
  }

  async function assigned(step: Step & { at: 'people' }, application: string): Promise<Taken<Step>> {
    const container = { kind: 'application' as const, id: application };
    return pageOf(await api.readAppUsers(application, step.from), {
      source,
      step,
      facts: (user, reading) => [...personFact(user, reading), membershipFact(user.id, container, reading)],
      container,
    });
  }

  async function members(step: Step & { at: 'members' }): Promise<Taken<Step>> {
    const { id, name } = step;
    // Its name is as old as the page of groups that it was on, and is told there.
    const container = { kind: 'group' as const, id };
    const decides = policy.decides({ ...container, name });
    const page = await api.readGroupUsers(id, step.from);
    if (!page) return gone(id);
    return pageOf(page, {
      source,
      step,
      facts: (user, reading) => [
        ...(decides ? personFact(user, reading) : []),
        membershipFact(user.id, container, reading),
      ],
      container,
    });
  }

  /** The group went since it was listed; one that is there but does not show its members must not look empty. */
  async function gone(id: string): Promise<Taken<Step>> {
    const { value, askedAt } = await api.readGroup(id);
    if (value) throw new WorldFault('unavailable', 'Okta does not show the members of a group that it knows');
    return { ...NOTHING, changes: [groupFact(id, value, { source, askedAt })] };
  }
}

/** Whether a group may decide who is mirrored by a name that nobody can read: whether its members are people is not known. */
function mayDecide(group: OktaGroup, { everyone, application, decides }: Policy): boolean {
  const ref = groupRef(group);
  return !everyone && application === undefined && ref.name === undefined && !decides(ref);
}
