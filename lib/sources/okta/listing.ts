import * as z from 'zod';
import { WorldFault } from '../../errors.ts';
import { createListing, NOTHING, type Taken } from '../agenda.ts';
import { membershipFact } from '../facts.ts';
import type { Directory } from '../source.ts';
import type { OktaApi } from './api.ts';
import { type OktaConfig, policyOf } from './config.ts';
import { groupFact, groupRef, personFact } from './facts.ts';

/** Okta's own address of the page, if it is not the first. */
const next = z.string().optional();
const Step = z.discriminatedUnion('at', [
  z.strictObject({ at: z.literal('deactivated'), next }),
  z.strictObject({ at: z.literal('people'), next }),
  z.strictObject({ at: z.literal('groups'), next }),
  z.strictObject({ at: z.literal('members'), id: z.string(), name: z.string().optional(), next }),
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
  const staysDeactivated = deprovision.deactivated === 'keep' && deprovision.deleted === 'remove';
  const first: Step[] = [
    ...(staysDeactivated ? [{ at: 'deactivated' as const }] : []),
    ...(policy.everyone || application !== undefined ? [{ at: 'people' as const }] : []),
    { at: 'groups' },
  ];
  return createListing({ what: 'cursor of an Okta listing', version: 2, schema: Step }, first, take);

  function take(step: Step): Promise<Taken<Step>> {
    if (step.at === 'deactivated') return deactivated(step);
    if (step.at === 'people') return people(step);
    return step.at === 'groups' ? groups(step) : members(step);
  }

  async function deactivated(step: Step): Promise<Taken<Step>> {
    const { items, unreadable, next } = await api.readDeactivated(step.next);
    const leftOut = { personIds: items.map(({ id }) => id), whole: next === undefined };
    return { ...NOTHING, unreadable, leftOut, soon: [goOn(step, next)] };
  }

  async function people(step: Step): Promise<Taken<Step>> {
    if (application === undefined) {
      const { items, unreadable, next, askedAt } = await api.readUsers(step.next);
      const changes = items.map((user) => personFact(user, { source, askedAt }));
      return { changes, whole: [], unreadable, soon: [goOn(step, next)] };
    }
    // Okta may go on listing the users of an application that was deactivated.
    if (step.next === undefined && !(await api.isActiveApp(application))) return NOTHING;
    const { items, unreadable, next, askedAt } = await api.readAppUsers(application, step.next);
    const container = { kind: 'application' as const, id: application };
    return {
      changes: items.flatMap((user) => [
        personFact(user, { source, askedAt }),
        membershipFact(user.id, container, { source, askedAt }),
      ]),
      whole: next === undefined ? [container] : [],
      unreadable,
      soon: [goOn(step, next)],
    };
  }

  async function groups(step: Step): Promise<Taken<Step>> {
    const { items, unreadable, next, askedAt } = await api.readGroups(step.next);
    const counting = items.map(groupRef).filter((group) => policy.counts(group));
    return {
      changes: items.map((group) => groupFact(group.id, group, { source, askedAt })),
      whole: [],
      unreadable,
      soon: [
        ...counting.map(({ kind: _, ...group }) => ({ at: 'members' as const, ...group })),
        goOn(step, next),
      ],
    };
  }

  async function members(step: Step & { at: 'members' }): Promise<Taken<Step>> {
    const { id, name } = step;
    const group = { kind: 'group' as const, id, ...(name !== undefined && { name }) };
    const page = await api.readGroupUsers(id, step.next);
    if (!page) return gone(id);
    const { items, unreadable, next, askedAt } = page;
    const decides = policy.decides(group);
    return {
      changes: items.flatMap((user) => [
        ...(decides ? [personFact(user, { source, askedAt })] : []),
        membershipFact(user.id, group, { source, askedAt }),
      ]),
      whole: next === undefined ? [group] : [],
      unreadable,
      soon: [goOn(step, next)],
    };
  }

  /** The group went since it was listed; one that is there but does not show its members must not look empty. */
  async function gone(id: string): Promise<Taken<Step>> {
    const { value, askedAt } = await api.readGroup(id);
    if (value) throw new WorldFault('unavailable', 'Okta does not show the members of a group that it knows');
    return { ...NOTHING, changes: [groupFact(id, value, { source, askedAt })] };
  }
}

function goOn(step: Step, next: string | undefined): Step | undefined {
  return next === undefined ? undefined : { ...step, next };
}
