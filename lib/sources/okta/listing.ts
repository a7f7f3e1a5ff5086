import * as z from 'zod';
import { WorldFault } from '../../errors.ts';
import { createListing, NOTHING, pageOf, type Taken } from '../agenda.ts';
import { membershipFact } from '../facts.ts';
import type { Directory } from '../source.ts';
import type { OktaGroup } from './answers.ts';
import type { OktaApi } from './api.ts';
import { type OktaConfig, policyOf } from './config.ts';
import { groupFact, groupRef, personFact } from './facts.ts';

/** Okta's own address of the page, if it is not the first. */
const from = z.string().optional();
const Step = z.discriminatedUnion('at', [
  z.strictObject({ at: z.literal('deactivated'), from }),
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
 * 2. users in scope, unless groups decide who that is: then they come with their groups;
 * 3. pages of groups, each followed by the members of those groups on it that count.
 *
 * The cursor is at most 50 KB: up to 200 groups by id and name.
 */
export function createOktaListing(source: string, config: OktaConfig, api: OktaApi): Directory['readPage'] {
  const policy = policyOf(config);
  const { application, deprovision } = policy;
  const areListed = deprovision.deactivated === 'keep' && deprovision.deleted === 'remove';
  const first: Step[] = [
    ...(areListed ? [{ at: 'deactivated' as const }] : []),
    ...(policy.everyone || application !== undefined ? [{ at: 'people' as const }] : []),
    { at: 'groups' },
  ];
  return createListing({ what: 'cursor of an Okta listing', schema: Step }, first, take);

  async function take(step: Step): Promise<Taken<Step>> {
    if (step.at === 'members') return members(step);
    if (step.at === 'people') return people(step);
    if (step.at === 'groups')
      return pageOf<OktaGroup, Step>(
        { source, step, page: await api.readGroups(step.from) },
        {
          facts: (group, reading) => [groupFact(group.id, group, reading)],
          steps: (group) => {
            const { kind, ...ref } = groupRef(group);
            return policy.counts({ kind, ...ref }) ? [{ at: 'members', ...ref }] : [];
          },
        },
      );
    const page = await api.readDeactivated(step.from);
    const leftOut = { personIds: page.items.map(({ id }) => id), whole: page.next === undefined };
    return { ...pageOf({ source, step, page }, {}), leftOut };
  }

  async function people(step: Step): Promise<Taken<Step>> {
    if (application === undefined)
      return pageOf(
        { source, step, page: await api.readUsers(step.from) },
        { facts: (user, reading) => [personFact(user, reading)] },
      );
    // Okta may go on listing the users of an application that was deactivated.
    if (step.from === undefined && !(await api.isActiveApp(application))) return NOTHING;
    const whole = { kind: 'application' as const, id: application };
    return pageOf(
      { source, step, page: await api.readAppUsers(application, step.from) },
      {
        facts: (user, reading) => [personFact(user, reading), membershipFact(user.id, whole, reading)],
        whole,
      },
    );
  }

  async function members(step: Step & { at: 'members' }): Promise<Taken<Step>> {
    const { id, name } = step;
    // Its name is as old as the page of groups that it was on, and is told there.
    const whole = { kind: 'group' as const, id };
    const decides = policy.decides({ ...whole, name });
    const page = await api.readGroupUsers(id, step.from);
    if (!page) return gone(id);
    return pageOf(
      { source, step, page },
      {
        facts: (user, reading) => [
          ...(decides ? [personFact(user, reading)] : []),
          membershipFact(user.id, whole, reading),
        ],
        whole,
      },
    );
  }

  /** The group went since it was listed; one that is there but does not show its members must not look empty. */
  async function gone(id: string): Promise<Taken<Step>> {
    const { value, askedAt } = await api.readGroup(id);
    if (value) throw new WorldFault('unavailable', 'Okta does not show the members of a group that it knows');
    return { ...NOTHING, changes: [groupFact(id, value, { source, askedAt })] };
  }
}
