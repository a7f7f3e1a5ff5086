import { describe, expect, test } from 'vitest';
import type { AwsFault } from '../../local/cloud/aws/faults.ts';
import { standUp } from '../pipeline/cloud.ts';
import { oktaDelivery, userCreate } from '../support/okta-deliveries.ts';
import {
  answersOf,
  arrival,
  deadLetters,
  owedOf,
  peopleAtVelt,
  returnsOf,
  templateWith,
  until,
} from './observe.ts';

/** How often the AWS SDK makes a call to DynamoDB before it gives up. */
const SDK_TRIES = 4;

interface Row {
  fault: string;
  rule: AwsFault;
  calls: string[];
  returns: string[];
}

const rows: Row[] = [
  {
    fault: 'a read throttled once, which the SDK waits out',
    rule: { action: 'dynamodb:BatchGetItem', answer: { code: 'ThrottlingException' } },
    calls: ['users/add 200'],
    returns: [],
  },
  {
    fault: 'a read throttled longer than the SDK waits',
    rule: { action: 'dynamodb:BatchGetItem', times: SDK_TRIES, answer: { code: 'ThrottlingException' } },
    calls: ['users/add 200'],
    returns: ['mirror'],
  },
  {
    fault: 'the write before the call throttled: Velt is told nothing yet',
    rule: {
      action: 'dynamodb:PutItem',
      times: SDK_TRIES,
      answer: { code: 'ProvisionedThroughputExceededException' },
    },
    calls: ['users/add 200'],
    returns: ['mirror'],
  },
  {
    fault: 'the write after the call throttled: Velt is told again, since nothing says that it was',
    rule: {
      action: 'dynamodb:PutItem',
      after: 1,
      times: SDK_TRIES,
      answer: { code: 'ProvisionedThroughputExceededException' },
    },
    calls: ['users/add 200', 'users/add 200'],
    returns: ['mirror'],
  },
];

describe('the mirror table meets', () => {
  test.each(rows)('$fault', async ({ rule, calls, returns }) => {
    const cloud = await standUp({ secondMs: 20, template: await templateWith({ timeoutSeconds: 8 }) });
    cloud.aws?.faults.add(rule);

    await cloud.queue(arrival('Ada'));
    await cloud.idle();

    expect(answersOf(cloud)).toEqual(calls);
    expect([returnsOf(cloud), deadLetters(cloud)]).toEqual([returns, 0]);
    expect(peopleAtVelt(cloud)).toEqual({ ada: 'Ada' });
    expect(await owedOf(cloud)).toEqual([]);
  });
});

describe('a delivery is answered 503, and taken when it is sent again, while', () => {
  test.each([
    ['the changes queue is out of reach', 'sqs:SendMessage', oktaDelivery(userCreate('ada'))],
    ['the webhook secret cannot be read', 'secretsmanager:GetSecretValue', oktaDelivery(userCreate('ada'))],
  ])('%s', async (_what, action, delivery) => {
    const cloud = await standUp({ secondMs: 20 });
    cloud.aws?.faults.add({ action, times: 1_000, answer: { code: 'InternalFailure', status: 500 } });

    const refused = await cloud.post('okta', delivery);
    const before = answersOf(cloud);
    cloud.aws?.faults.clear();
    const taken = await cloud.post('okta', delivery);
    await cloud.idle();

    expect([refused.status, taken.status]).toEqual([503, 200]);
    expect([before, answersOf(cloud)]).toEqual([[], ['users/add 200']]);
    expect(peopleAtVelt(cloud)).toEqual({ ada: 'Name ada' });
  });
});

describe('the parked queue out of reach', () => {
  test('answers 503 instead of losing what nobody can read', async () => {
    const cloud = await standUp({ secondMs: 20 });
    cloud.aws?.faults.add({
      action: 'sqs:SendMessage',
      times: 1_000,
      answer: { code: 'InternalFailure', status: 500 },
    });

    const refused = await cloud.post('okta', '[');
    cloud.aws?.faults.clear();
    const parked = await cloud.post('okta', '[');

    expect([refused.status, parked.status]).toEqual([503, 200]);
    expect(parked.body).toMatchObject({ parked: true });
  });
});

describe('a delivered message that cannot be deleted', () => {
  test('comes back and costs no second call', async () => {
    const template = await templateWith({ visibilitySeconds: 120 });
    const cloud = await standUp({ secondMs: 20, template });
    cloud.aws?.faults.add({
      action: 'sqs:DeleteMessage',
      times: 1_000,
      answer: { code: 'InternalFailure', status: 500 },
    });

    await cloud.queue(arrival('Ada'));
    await until(() => cloud.lines.some((line) => line.startsWith('cloud event source')));
    cloud.aws?.faults.clear();
    await cloud.idle();

    expect(answersOf(cloud)).toEqual(['users/add 200']);
    expect([returnsOf(cloud), deadLetters(cloud)]).toEqual([[], 0]);
  });
});

describe('the Velt secret out of reach', () => {
  test('lets the message come back until it can be read', async () => {
    const cloud = await standUp({ secondMs: 20 });
    cloud.aws?.faults.add({
      action: 'secretsmanager:GetSecretValue',
      times: 1_000,
      answer: { code: 'InternalServiceError', status: 500 },
    });

    await cloud.queue(arrival('Ada'));
    await until(() => returnsOf(cloud).length === 1);
    cloud.aws?.faults.clear();
    await cloud.idle();

    expect(answersOf(cloud)).toEqual(['users/add 200']);
    expect(returnsOf(cloud)).toEqual(['secret']);
    expect(peopleAtVelt(cloud)).toEqual({ ada: 'Ada' });
  });
});
