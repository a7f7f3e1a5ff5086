import { test } from 'vitest';
import { byName, expectFound, type Fault } from '../../../support/doctor.ts';

const FAULTS: Fault[] = [
  {
    fault: 'a schedule that is switched off',
    plant: ({ aws }) => aws.schedules.set(aws.name('sweep'), false),
    found: [/^aws The schedule velt-directory-sync-prod-sweep is disabled\. Enable it/],
  },
  {
    fault: 'a schedule that is gone',
    plant: ({ aws }) => aws.schedules.delete(aws.name('backfill')),
    found: [/^aws The schedule velt-directory-sync-prod-backfill is not there\. Deploy the stage again\./],
  },
  {
    fault: 'delivering that is paused',
    plant: ({ aws }) => aws.feeds.set('uuid-of-deliver', false),
    found: [/^aws Delivering to Velt is paused: .* Go on: npm run sync -- resume --stage prod$/],
  },
  {
    fault: "a partner's rule that is switched off",
    plant: ({ aws }) => aws.rules.set([...aws.rules.keys()][0] ?? '', false),
    found: [/^aws The partner's rule velt-directory-sync-prod-okta is disabled\./],
  },
  {
    fault: 'an alarm that is gone',
    plant: ({ aws }) => aws.alarms.delete(aws.name('parked')),
    found: [/^aws Alarms are not there: velt-directory-sync-prod-parked\. Deploy the stage again\./],
  },
  {
    fault: 'an alarm that tells nobody',
    plant: ({ aws }) => aws.alarms.set(aws.name('parked'), []),
    found: [/^aws Alarms tell nobody: velt-directory-sync-prod-parked\./],
  },
  {
    fault: 'a stack of a version without alarms',
    plant: ({ aws }) => aws.resources.splice(-aws.alarms.size),
    found: [/^aws The stack has no alarms\. Deploy this version\./],
  },
  {
    fault: 'nobody who is told',
    plant: ({ aws }) => aws.topics.set(aws.topic, { confirmed: 0, pending: 0 }),
    found: [/^aws Nobody is told of alarms\. Deploy with ALARM_EMAIL=…, or subscribe/],
  },
  {
    fault: 'somebody who has not confirmed',
    plant: ({ aws }) => aws.topics.set(aws.topic, { confirmed: 0, pending: 1 }),
    found: [/^aws Nobody is told of alarms: the subscription is not confirmed\. Confirm the mail/],
  },
];

test.each(byName(FAULTS))('%s is found, with its mend, and nothing else', (_name, fault) =>
  expectFound(fault),
);
