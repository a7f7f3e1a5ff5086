import type { AwsReads, Deployed } from './deployed.ts';
import { type Found, looked, note, ok, wrong } from './finding.ts';

const NOT_LOCAL = 'Schedules, alarms and their subscribers are not on the local cloud.';
/** Whoever deploys decides whether it is on: without advanced queries Velt lists nobody. */
const OPTIONAL = /-read-back$/;

/**
 * Whether what the stack was made with is still there and on: schedules, the queue that feeds deliver, the partners' rules, alarms and
 * somebody whom they tell.
 */
export async function lookAtAws({
  aws,
  flags,
}: {
  aws: AwsReads | undefined;
  /** What names the stage in another command. */
  flags: string;
}): Promise<Found[]> {
  if (!aws) return [note(NOT_LOCAL)];
  return looked('The stack', async () => {
    const deployed = await aws.deployed();
    const found = await Promise.all([
      looked('The schedules', () => lookAtSchedules(deployed, aws)),
      looked('Delivering', () => lookAtFeeds(deployed, aws, flags)),
      looked("The partners' rules", () => lookAtRules(deployed, aws)),
      looked('The alarms', () => lookAtAlarms(deployed, aws)),
    ]);
    return found.flat();
  });
}

const AGAIN = 'Deploy the stage again.';

async function lookAtSchedules(deployed: Deployed, aws: AwsReads): Promise<Found[]> {
  const states = await statesOf(deployed, 'AWS::Scheduler::Schedule', aws.schedule);
  const off = states.filter(({ id, isOn }) => !isOn && !OPTIONAL.test(id));
  const readBack = states.find(({ id }) => OPTIONAL.test(id));
  if (states.length === 0) return [wrong('The stack has no schedules.', AGAIN)];
  return [
    ...off.map(({ id, isOn }) =>
      isOn === undefined
        ? wrong(`The schedule ${id} is not there.`, AGAIN)
        : wrong(
            `The schedule ${id} is disabled.`,
            'Enable it in the console of EventBridge Scheduler, or deploy again.',
          ),
    ),
    ...(off.length === 0 ? [ok('The schedules are on.')] : []),
    ...(readBack && !readBack.isOn
      ? [
          note(
            'The read-back is off, as by default.',
            'With advanced queries, deploy with READ_BACK=ENABLED.',
          ),
        ]
      : []),
  ];
}

async function lookAtFeeds(deployed: Deployed, aws: AwsReads, flags: string): Promise<Found[]> {
  const states = await statesOf(deployed, 'AWS::Lambda::EventSourceMapping', aws.feed);
  if (states.length === 0) return [wrong('No queue feeds deliver.', AGAIN)];
  const off = states.filter(({ isOn }) => !isOn);
  if (off.length === 0) return [ok('What is queued is delivered.')];
  return off.map(({ isOn }) =>
    isOn === undefined
      ? wrong('Deliver is no longer fed by its queue.', AGAIN)
      : wrong(
          'Delivering to Velt is paused: what is queued waits, for 14 days at most.',
          `Go on: npm run sync -- resume${flags}`,
        ),
  );
}

async function lookAtRules(deployed: Deployed, aws: AwsReads): Promise<Found[]> {
  const states = await statesOf(deployed, 'AWS::Events::Rule', aws.rule);
  return states.map(({ id, isOn }) => {
    const name = id.split('|').at(-1);
    if (isOn) return ok(`The partner's rule ${name} is on.`);
    return isOn === undefined
      ? wrong(`The partner's rule ${name} is not there.`, AGAIN)
      : wrong(
          `The partner's rule ${name} is disabled.`,
          'Enable it in the console of EventBridge, or deploy again.',
        );
  });
}

async function lookAtAlarms(deployed: Deployed, aws: AwsReads): Promise<Found[]> {
  const names = idsOf(deployed, 'AWS::CloudWatch::Alarm');
  if (names.length === 0) return [wrong('The stack has no alarms.', 'Deploy this version.')];
  const alarms = await aws.alarms(names);
  const missing = names.filter((name) => !alarms.some((alarm) => alarm.name === name));
  const muted = alarms.filter(({ tells }) => tells.length === 0).map(({ name }) => name);
  const topics = [...new Set(alarms.flatMap(({ tells }) => tells))];
  const heard = await Promise.all(
    topics.map((topic) =>
      looked('The subscribers of alarms', async () => lookAtTopic(topic, await aws.subscribers(topic))),
    ),
  );
  return [
    ...(missing.length > 0 ? [wrong(`Alarms are not there: ${missing.join(', ')}.`, AGAIN)] : []),
    ...(muted.length > 0
      ? [wrong(`Alarms tell nobody: ${muted.join(', ')}.`, 'Enable their actions, or deploy again.')]
      : []),
    ...(missing.length + muted.length === 0 ? [ok(`The ${names.length} alarms are on.`)] : []),
    ...heard.flat(),
  ];
}

function lookAtTopic(topic: string, subscribers: Awaited<ReturnType<AwsReads['subscribers']>>): Found[] {
  const name = topic.split(':').at(-1);
  if (!subscribers) return [wrong(`The topic ${name} of the alarms is not there.`, AGAIN)];
  const { confirmed, pending } = subscribers;
  if (confirmed > 0) return [ok(`Somebody is told of alarms, by the topic ${name}.`)];
  return pending > 0
    ? [
        wrong(
          'Nobody is told of alarms: the subscription is not confirmed.',
          'Confirm the mail that AWS sent to ALARM_EMAIL.',
        ),
      ]
    : [wrong('Nobody is told of alarms.', `Deploy with ALARM_EMAIL=…, or subscribe to the topic ${name}.`)];
}

function idsOf({ resources }: Deployed, type: string): string[] {
  return resources.filter((resource) => resource.type === type).map(({ id }) => id);
}

/** Whether each resource of a type is on; undefined for one that is not there. */
function statesOf(deployed: Deployed, type: string, isOn: (id: string) => Promise<boolean | undefined>) {
  return Promise.all(idsOf(deployed, type).map(async (id) => ({ id, isOn: await isOn(id) })));
}
