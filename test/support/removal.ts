import { policiesOf, readConfig } from '../../lib/config.ts';
import { entryKey } from '../../lib/directory/entry.ts';
import { type RemovalDeps, removeSource } from '../../lib/reconcile/removal.ts';
import type { VeltOptions } from '../../local/doubles/velt/velt.ts';
import { makeDelivery } from './delivery.ts';
import { membershipChange, personChange, second } from './factories.ts';
import { makeRows } from './memory-rows.ts';
import { makeRuns } from './memory-runs.ts';
import { makeRun } from './plans.ts';

const source = { kind: 'okta', organization: 'acme', userId: 'email' };
const group = { kind: 'group' as const, id: 'eng', name: 'Engineers' };

export const joins = (of: string, personId: string, at = 1) =>
  personChange({
    ...{ source: of, personId, at: second(at), id: `j${at}`, exists: true },
    profile: { email: `${personId}@example.com`, name: personId },
  });
export const inGroup = (of: string, personId: string, at = 1) =>
  membershipChange({ source: of, personId, at: second(at), id: `m${at}`, container: group });
export const mail = (...ids: string[]) => ids.map((id) => `${id}@example.com`);

/** Okta with Ada, Grace and Alan, all in one group, and partners with Grace, who is one user of Velt, and Tony. */
export async function makeRemoval(options: Partial<VeltOptions> = {}) {
  const delivery = makeDelivery({ okta: source, partners: source }, undefined, options);
  const { deps, queued, time, memory } = delivery;
  const runs = makeRuns();
  const { rows, leftOf } = makeRows(memory, runs);
  for (const id of ['ada', 'grace', 'alan']) await delivery.run(joins('okta', id), inGroup('okta', id));
  for (const id of ['grace', 'tony']) await delivery.run(joins('partners', id), inGroup('partners', id));
  for (const of of ['okta', 'partners']) {
    await runs.save(makeRun({ source: of, runId: `${of}-1` }), 0);
    await runs.writeListed(makeRun({ source: of, runId: `${of}-1` }), 0, Buffer.from('hashes'));
    await runs.move(of, 'catch-up', { cursor: 'c', revision: 0 });
  }

  /** The configuration that is deployed from now on. */
  function deploy(sources: Record<string, object>): void {
    deps.config = readConfig({ sources });
    deps.policies = policiesOf(deps.config);
  }
  /** Every message that waits is received once; what has to come back does so. */
  async function work(): Promise<void> {
    for (const changes of queued.splice(0)) if (await delivery.once(...changes)) queued.push(changes);
  }
  /** What a command has; deliveries go on while it sleeps. */
  function depsOf(over: Partial<RemovalDeps> = {}): RemovalDeps {
    const { mirror, queue, policies } = deps;
    const sleep = async (ms: number) => {
      time.now += ms;
      await work();
    };
    return { ...{ mirror, queue, policies, rows, clock: time.clock, sleep }, ...over };
  }
  const remove = (over: Partial<RemovalDeps> = {}) => removeSource('okta', depsOf(over));
  /** What the other source has: its entries, its people at Velt, and its members of the group. */
  const partners = () => ({
    rows: leftOf('partners'),
    entries: memory
      .entries()
      .filter((entry) => entry.source === 'partners')
      .map(entryKey)
      .sort(),
    users: delivery.users().sort(),
    members: [...(delivery.state()?.groups.eng?.members ?? [])].sort(),
  });
  return {
    ...{ ...delivery, runs, rows, leftOf, deploy, work, depsOf, remove, partners },
    /** As an operator does before the command. */
    takeOut: () => deploy({ okta: { ...source, removed: true }, partners: source }),
    configured: { okta: source, partners: source },
  };
}
