import type { Listed } from './command.ts';

/** All commands, in the order of the help. A new one is one line here and a file in commands/. */
export const COMMANDS: Record<string, Listed> = {
  status: {
    group: 'look',
    about: 'what the queues hold, how the last runs ended, who waits and why',
    load: () => import('./commands/status.ts'),
  },
  doctor: {
    group: 'look',
    about: 'what is wrong with secrets, Velt, hooks, streams, schedules and alarms, and its mend',
    load: () => import('./commands/doctor.ts'),
  },
  person: {
    group: 'look',
    about: 'did news of somebody arrive, and what became of it',
    load: () => import('./commands/person.ts'),
  },
  events: {
    group: 'look',
    about: 'what came in, and what became of it: listed and searched by the logs',
    load: () => import('./commands/events.ts'),
  },
  tail: {
    group: 'look',
    about: 'the log lines of all functions as they come, or those about somebody',
    load: () => import('./commands/tail.ts'),
  },
  people: {
    group: 'look',
    about: 'people by a part of their name, address or id, or who is in a group',
    load: () => import('./commands/people.ts'),
  },
  groups: {
    group: 'look',
    about: 'groups and whatever else people are in, by a part of their name or id',
    load: () => import('./commands/groups.ts'),
  },
  organization: {
    group: 'look',
    about: 'whom an organization of Velt should hold, beside whom Velt lists in it',
    load: () => import('./commands/organization.ts'),
  },
  console: {
    group: 'look',
    about: 'all of this as a page in a browser, on this machine only',
    load: () => import('./commands/console.ts'),
  },
  preview: {
    group: 'look',
    about: 'what the configuration would tell Velt of people, and why',
    load: () => import('./commands/preview.ts'),
  },
  explain: {
    group: 'look',
    about: 'what an event would do, call by call, without sending anything',
    load: () => import('./commands/explain.ts'),
  },
  plan: {
    group: 'look',
    about: 'what a run over a directory would do; written to a file',
    load: () => import('./commands/plan.ts'),
  },
  backfill: {
    group: 'repair',
    about: 'a run over a directory, now: who is new comes to Velt, who is gone leaves',
    load: () => import('./commands/backfill.ts'),
  },
  apply: {
    group: 'repair',
    about: 'a run that may take from people what a plan says',
    load: () => import('./commands/apply.ts'),
  },
  dead: {
    group: 'repair',
    about: 'shows what failed on every attempt; --redrive moves it back',
    load: () => import('./commands/dead.ts'),
  },
  retry: {
    group: 'repair',
    about: 'asks again, now, for a person or for everything of a source that waits',
    load: () => import('./commands/retry.ts'),
  },
  parked: {
    group: 'repair',
    about: 'deliveries that could not be read: listed, shown, sent again, dropped',
    load: () => import('./commands/parked.ts'),
  },
  pause: {
    group: 'repair',
    about: 'stops delivering to Velt: what comes in waits in the queue',
    load: () => import('./commands/pause.ts'),
  },
  resume: {
    group: 'repair',
    about: 'goes on with delivering',
    load: () => import('./commands/resume.ts'),
  },
  'remove-source': {
    group: 'set up',
    about: 'takes the people of a source out of Velt, and forgets it',
    load: () => import('./commands/remove-source.ts'),
  },
  setup: {
    group: 'set up',
    about: "a source's event hook or event stream: how to make it, made, or compared",
    load: () => import('./commands/setup.ts'),
  },
  send: {
    group: 'try',
    about: 'a sample event to a running stage, signed in as its vendor',
    load: () => import('./commands/send.ts'),
  },
  completion: {
    group: 'set up',
    about: 'a script by which a shell completes these commands and their flags',
    load: () => import('./commands/completion.ts'),
  },
};
