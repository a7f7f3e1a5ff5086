import pMap from 'p-map';
import { expect, test } from 'vitest';
import { standUp, type TestCloud } from '../pipeline/cloud.ts';
import { membershipAdd, oktaDelivery, userCreate } from '../support/okta-deliveries.ts';
import { deadLetters, ORGANIZATION, peopleAtVelt, until } from './observe.ts';

const GROUPS = ['00gA', '00gB', '00gC'];
const people = Array.from({ length: 100 }, (_, index) => `00u${index}`);

/** A person who arrives and joins every group, so that several calls of one delivery are made at once. */
const deliveryFor = (id: string) =>
  oktaDelivery(userCreate(id), ...GROUPS.map((groupId) => membershipAdd(id, groupId, `Group ${groupId}`)));

/** Sends a delivery for each of the people, eight at once, and runs `midway` after half of them. */
async function flow(
  cloud: TestCloud,
  midway: () => void | Promise<void>,
  headersOf: (index: number) => Record<string, string> = () => ({}),
): Promise<number[]> {
  const answers = await pMap(
    people,
    async (id, index) => {
      if (index === people.length / 2) await midway();
      return (await cloud.post('okta', deliveryFor(id), headersOf(index))).status;
    },
    { concurrency: 8 },
  );
  await cloud.idle();
  return [...new Set(answers)];
}

/** Puts a value at once: no call can come between it and what follows. */
function replaceSecret({ aws, stack }: TestCloud, logicalId: string, value: object): void {
  void aws?.secrets.handle('PutSecretValue', {
    SecretId: stack.ref(logicalId),
    SecretString: JSON.stringify(value),
  });
}

const readsOf = ({ aws, stack }: TestCloud, logicalId: string) => aws?.secrets.reads(stack.ref(logicalId));

test('a Velt token replaced under traffic loses nothing and costs each deliver container one fetch', async () => {
  const cloud = await standUp({ secondMs: 20 });
  const rotated = { apiKey: 'local-api-key', authToken: 'rotated' };

  const statuses = await flow(cloud, async () => {
    await until(() => cloud.calls().length > 0);
    replaceSecret(cloud, 'VeltCredentials', rotated);
    cloud.velt?.setCredentials(rotated);
  });

  expect(statuses).toEqual([200]);
  expect(Object.keys(peopleAtVelt(cloud)).toSorted()).toEqual(people.toSorted());
  for (const groupId of GROUPS) {
    expect(cloud.state()[ORGANIZATION]?.groups[groupId]?.members).toEqual(people.toSorted());
  }
  expect(deadLetters(cloud)).toBe(0);
  expect(cloud.velt?.calls.filter(({ status }) => status === 403)).not.toEqual([]);
  // Five containers at most: each fetched once when it started, and once more.
  expect(readsOf(cloud, 'VeltCredentials')).toBeLessThanOrEqual(2 * 5);
});

test('a webhook credential replaced under traffic refuses nobody and costs each webhook container one fetch', async () => {
  const cloud = await standUp({ secondMs: 20, concurrency: 4 });
  const before = cloud.sources.okta?.headers.authorization ?? '';

  const statuses = await flow(
    cloud,
    () => replaceSecret(cloud, 'WebhookCredentials', { okta: { current: 'rotated', previous: before } }),
    // The vendor's own change takes effect on one call and not yet on the next.
    (index) => ({ authorization: index >= people.length / 2 && index % 2 === 0 ? 'rotated' : before }),
  );

  expect(statuses).toEqual([200]);
  expect(Object.keys(peopleAtVelt(cloud)).toSorted()).toEqual(people.toSorted());
  expect(readsOf(cloud, 'WebhookCredentials')).toBeLessThanOrEqual(2 * 4);
});
