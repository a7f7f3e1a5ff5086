import { describe, expect, test } from 'vitest';
import {
  BackfillEnv,
  DeliverEnv,
  ReadBackEnv,
  readEnv,
  SweepEnv,
  ToolsEnv,
  WebhookEnv,
} from '../../functions/wiring/environment.ts';
import type { ConfigError } from '../../lib/errors.ts';

describe('an environment', () => {
  const url = 'https://sqs.example.com/queue';
  const full = {
    CHANGES_QUEUE_URL: url,
    CHANGES_DEAD_QUEUE_URL: url,
    PARKED_QUEUE_URL: url,
    MIRROR_TABLE: 'mirror',
    WEBHOOK_CREDENTIALS_SECRET: 'arn:webhooks',
    VELT_CREDENTIALS_SECRET: 'arn:velt',
    DIRECTORY_CREDENTIALS_SECRET: 'arn:directory',
    VELT_BASE_URL: 'https://api.velt.dev',
    SHARDS: '16',
    PATH: '/bin',
  };

  test.each([
    ['webhook', WebhookEnv],
    ['deliver', DeliverEnv],
    ['backfill', BackfillEnv],
    ['read-back', ReadBackEnv],
    ['sweep', SweepEnv],
  ])('of %s is read without what it does not need, and shards are a number', (_name, schema) => {
    const env = readEnv(schema, full);

    expect(env).toMatchObject({ CHANGES_QUEUE_URL: url, SHARDS: 16 });
    expect(env).not.toHaveProperty('PATH');
  });

  test('is refused with a salt that is too short to keep anything', () => {
    expect(readEnv(ToolsEnv, { STAGE: 'dev', LOG_SALT: 'x'.repeat(36) })).toMatchObject({ STAGE: 'dev' });
    expect(() => readEnv(ToolsEnv, { STAGE: 'dev', LOG_SALT: 'local' })).toThrow('LOG_SALT');
  });

  test('is refused with every missing or faulty variable at once', () => {
    let fault: unknown;
    try {
      readEnv(DeliverEnv, { SHARDS: '0', VELT_BASE_URL: 'api.velt.dev' });
    } catch (error) {
      fault = error;
    }

    expect((fault as ConfigError).issues.map(({ path }) => path).toSorted()).toEqual(
      [
        ...['CHANGES_QUEUE_URL', 'CHANGES_DEAD_QUEUE_URL', 'DIRECTORY_CREDENTIALS_SECRET', 'MIRROR_TABLE'],
        ...['SHARDS', 'VELT_BASE_URL', 'VELT_CREDENTIALS_SECRET'],
      ].toSorted(),
    );
  });
});
