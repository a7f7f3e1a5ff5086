import { expect, test } from 'vitest';
import { linesOf, makeStage } from '../../../support/doctor.ts';

test('nothing is found on a healthy stage, and each room says what is well', async () => {
  const { examine } = await makeStage();

  const { findings, isHealthy } = await examine();

  expect(linesOf(findings, 'wrong', 'unchecked')).toEqual([]);
  expect(isHealthy).toBe(true);
  expect(linesOf(findings, 'ok')).toEqual([
    'secrets The secret velt has what is needed.',
    'secrets The secret webhooks has what is needed.',
    'secrets The secret directory has what is needed.',
    'velt Velt accepts the credentials.',
    'velt No switch of Velt undoes a removal.',
    'velt Advanced queries are on: Velt lists people.',
    'okta Okta accepts the credentials, for users, groups, the log.',
    'okta The event hook of Okta is active, verified and subscribed to what is mapped.',
    "auth0 Auth0 accepts the credentials, for users, organizations, members, members' roles, groups, event streams.",
    'auth0 The event stream of Auth0 is enabled and subscribed to what is mapped.',
    'auth0 Auth0 has no failed delivery of the last hour.',
    'aws The schedules are on.',
    'aws What is queued is delivered.',
    "aws The partner's rule velt-directory-sync-prod-okta is on.",
    'aws The 2 alarms are on.',
    'aws Somebody is told of alarms, by the topic velt-directory-sync-prod-alarms.',
    "clock This machine's clock is right.",
  ]);
});
