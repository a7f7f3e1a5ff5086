import { policiesOf, readConfig } from '../../lib/config.ts';
import { execute } from '../../lib/delivery/execute.ts';
import type { Loaded, Workset } from '../../lib/delivery/workset.ts';
import type { Call, Item } from '../../lib/directory/calls.ts';
import type { ItemOutcome } from '../../lib/directory/confirmations.ts';
import { type ContainerEntry, newContainer, newPerson, type PersonEntry } from '../../lib/directory/entry.ts';
import type { Applied } from '../../lib/velt/client.ts';
import { makeLog, makeMeter, makeQueue, NOW } from './factories.ts';

const acme = { organizationId: 'acme' };
export const inGroup = { ...acme, groupId: 'engineers' };
export const keyOf = (id: string) => `okta#person#${id}`;
export const user = (id: string, ...owners: string[]): Item => ({
  ...{ id, owners: owners.length > 0 ? owners : [keyOf(id)] },
  ...{ user: { userId: id, name: id }, digest: 'd' },
});
export const add = (...items: Item[]): Call => ({ kind: 'users.add', scope: acme, items });
export const join = (...items: Item[]): Call => ({ kind: 'group.users.add', scope: inGroup, items });
export const removal = (...items: Item[]): Call => ({ kind: 'users.delete', scope: acme, items });

/** A delivery called `me` that leased these entries; Velt answers as `answer` says, and else that all is done. */
export function makeExecution(
  leased: string[],
  answer: (call: Call) => Partial<Applied> & { said?: Record<string, ItemOutcome> } = () => ({}),
  others: string[] = [],
  receives = 1,
) {
  const person = (id: string, owner: string): [string, Loaded<PersonEntry>] => {
    const entry = newPerson('okta', id);
    return [keyOf(id), { entry, stored: { entry, revision: 1, lease: { owner, until: NOW + 40_000 } } }];
  };
  const group = newContainer({ source: 'okta', kind: 'group', id: 'engineers' });
  const engineers: Loaded<ContainerEntry> = {
    entry: { ...group, delivered: { acme: { present: true } } },
    stored: { entry: group, revision: 1, lease: { owner: 'me', until: NOW + 40_000 } },
  };
  const work: Workset = {
    ...{ owner: 'me', deadline: NOW + 60_000, now: NOW, receives },
    people: new Map([...leased.map((id) => person(id, 'me')), ...others.map((id) => person(id, 'another'))]),
    containers: new Map([['okta#group#engineers', engineers]]),
    faults: new Map(),
    late: new Map(),
  };
  const calls: [string, string[]][] = [];
  const config = readConfig({ sources: { okta: { kind: 'okta', organization: 'acme' } } });
  const deps = {
    velt: {
      apply: async (call: Call): Promise<Applied> => {
        calls.push([call.kind, call.items.map(({ id }) => id)]);
        const { said = {}, ...applied } = answer(call);
        const done = applied.fault
          ? []
          : call.items.map(({ id }) => [id, said[id] ?? { kind: 'done' as const }] as const);
        return { outcomes: new Map(done), ...applied };
      },
      applyRefused: async (_call: Call, _reason: string): Promise<Applied> => ({ outcomes: new Map() }),
    },
    ...{ mirror: {} as never, runs: {} as never, queue: makeQueue(), policies: policiesOf(config), config },
    ...{ clock: () => NOW, log: makeLog(), meter: makeMeter() },
  };
  const run = (...calls: Call[]) => execute(calls, work, NOW + 60_000, deps);
  return { work, calls, run, deps };
}

export const scopeOf = ({ work }: ReturnType<typeof makeExecution>, id: string, scope = '["acme"]') =>
  work.people.get(keyOf(id))?.entry.delivered[id]?.[scope];
