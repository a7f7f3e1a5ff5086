import { expect } from 'vitest';
import type { CloudOptions } from '../../local/cloud/cloud.ts';
import type { OktaUser } from '../../local/doubles/okta/okta.ts';
import type { TestCloud } from '../pipeline/cloud.ts';
import { SAFE } from '../support/doctor.ts';
import { oktaDelivery, userCreate } from '../support/okta-deliveries.ts';
import type { CloudWithTime } from './alarm-clock.ts';
import type { Play, Step } from './incident.ts';
import { arrival } from './observe.ts';

// What goes wrong between a vendor and the queue.

export const oktaUser = (id: string): OktaUser => ({
  ...{ id, status: 'ACTIVE' },
  profile: { firstName: 'Name', lastName: id, login: `${id}@example.com`, email: `${id}@example.com` },
});

/** What the secret of the webhooks should hold: the doubles send it. */
export function credentialsOf({ sources }: TestCloud): Record<string, { current: string }> {
  const current = (headers: Record<string, string>) =>
    Object.values(headers)
      .join()
      .replace(/^Bearer /, '');
  return Object.fromEntries(
    Object.entries(sources).map(([name, { headers }]) => [name, { current: current(headers) }]),
  );
}

const backfill: Step = { command: 'backfill', says: /^okta: done\./ };

const post = (cloud: CloudWithTime, headers: Record<string, string> = {}) =>
  cloud.post('okta', oktaDelivery(userCreate('00uA')), headers);

export const wayIn: Play = {
  options: (): CloudOptions => ({
    directory: { users: [oktaUser('00uA')] },
    velt: { settings: SAFE },
  }),
  incidents: [
    {
      title: 'a webhook secret that is broken is told by the second answer',
      section: 'The webhook fails',
      alarms: ['webhook-failing'],
      async fault(cloud) {
        await cloud.putSecret('WebhookCredentials', { okta: 7 });
        expect((await post(cloud)).status).toBe(503);
        expect(cloud.on()).toEqual([]);
        await post(cloud);
      },
      steps: [
        { command: 'doctor', code: 1, says: /wrong +secrets +The secret webhooks/ },
        {
          command: 'aws secretsmanager put-secret-value',
          values: async (cloud) => ({ secret: credentialsOf(cloud) }),
        },
        { command: 'doctor', says: /Nothing is wrong with stage dev/ },
      ],
      over: (cloud) => cloud.pass(61),
      proof: async (cloud) => expect((await post(cloud)).status).toBe(200),
    },
    {
      title: 'a source that was renamed is told, and a guess of a stranger is not',
      section: 'An unknown source',
      alarms: ['unknown-source'],
      async fault(cloud) {
        const corp = () => cloud.post('corp', oktaDelivery(userCreate('00uA')));
        await corp();
        expect(cloud.on()).toEqual([]);
        for (let nth = 0; nth < 9; nth += 1) await corp();
      },
      steps: [{ command: 'setup okta', says: /Verified it\./ }, backfill],
      over: (cloud) => cloud.pass(24 * 60 + 1),
    },
    {
      title: 'a delivery that is too large is told once',
      section: 'A delivery that is too large',
      alarms: ['deliveries-refused'],
      fault: (cloud) => cloud.post('okta', JSON.stringify('x'.repeat(4 * 1024 * 1024))),
      steps: [backfill],
      over: (cloud) => cloud.pass(16),
    },
    {
      title: 'changes of a source that is not configured are told for an hour',
      section: 'Dropped changes',
      alarms: ['changes-dropped'],
      async fault(cloud) {
        await cloud.queue(arrival('Ada', { source: 'not-configured-any-more' }));
        await cloud.idle();
      },
      steps: [backfill],
      over: (cloud) => cloud.pass(61),
    },
    {
      title: 'another credential is told at once, and a caller without one is not',
      section: 'Another credential',
      alarms: ['credential-mismatch'],
      async fault(cloud) {
        const { url = '' } = cloud.sources.okta ?? {};
        await fetch(url, { method: 'POST', body: JSON.stringify(oktaDelivery(userCreate('00uA'))) });
        expect(cloud.on()).toEqual([]);
        expect((await post(cloud, { authorization: 'another' })).status).toBe(401);
      },
      steps: [
        {
          command: 'aws secretsmanager put-secret-value',
          values: async (cloud) => ({ secret: { ...credentialsOf(cloud), okta: { current: 'another' } } }),
        },
        backfill,
      ],
      over: (cloud) => cloud.pass(16),
      proof: async (cloud) => expect((await post(cloud, { authorization: 'another' })).status).toBe(200),
    },
  ],
};
