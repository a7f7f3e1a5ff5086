import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { hashed } from '../../lib/observability.ts';
import { SAFE } from '../support/doctor.ts';
import {
  commandIn,
  commandsOf,
  createOperator,
  MANUAL,
  type ManualCommand,
  mentionsOf,
  sectionsOf,
} from '../support/manual.ts';
import { oktaDelivery, userCreate } from '../support/okta-deliveries.ts';
import { standUpWithTime } from './alarm-clock.ts';
import { deadAndParked, failing, veltAway } from './delivery-incidents.ts';
import { follow, type Step } from './incident.ts';
import { breaker, owed, vendors } from './standing-incidents.ts';
import { oktaUser, wayIn } from './way-in-incidents.ts';

const PLAYS = [wayIn, veltAway, failing, deadAndParked, owed, breaker, vendors];

const ada = { '00u1': 'ada' };
const EVENT = 'event-of-ada';
const TOLD = /user\.lifecycle\.create .*confirmed/;
/** The manual's other commands, on a stage in which all is well. */
const ROUNDS: (Step & { section: string })[] = [
  { section: 'Operations', command: 'status', says: /okta +done .* 1 people[\s\S]+Nobody waits\./ },
  { section: 'Operations', command: 'status --people --json | jq', says: /"isHealthy": true/ },
  { section: 'Doctor', command: 'doctor', says: /Nothing is wrong with stage dev\./ },
  { section: 'What the log says', command: 'events --person', values: ada, says: TOLD },
  { section: 'What the log says', command: 'events --event', values: { EVENT }, says: TOLD },
  { section: 'What the log says', command: 'tail --person', values: ada, says: /Delivered a person/ },
  {
    section: 'What the log says',
    command: 'tail --once --hash',
    values: async ({ stack }) => ({ HASH: hashed(EVENT, stack.id.split('/')[2] ?? '') }),
    says: /Took a delivery[\s\S]+Delivered a person/,
  },
  { section: 'Throttled functions', command: 'status', says: /changes +0/ },
  { section: 'Pausing', command: 'pause', says: /resume/ },
  { section: 'Operations', command: 'status', code: 1, says: /^Delivering to Velt is paused/ },
  { section: 'Pausing', command: 'resume', says: /^Delivering to Velt goes on\./ },
  { section: 'Refused people', command: 'person', values: ada, says: /Velt confirmed all of it\./ },
  { section: 'Refused people', command: 'retry 00u1', values: ada, says: /^ada of okta is asked again/ },
  { section: 'Refused people', command: 'retry okta', says: /^Nothing of okta waits\./ },
  {
    section: 'Taking a source away',
    command: 'remove-source',
    code: 1,
    says: /okta is still in the configuration/,
  },
];

/** What each command says that "What to ask" names. */
const ASKED: Record<string, Pick<Step, 'says'>> = {
  status: { says: /Nobody waits\./ },
  person: { says: /Velt confirmed all of it\./ },
  events: { says: TOLD },
  tail: { says: /Delivered a person/ },
  explain: { says: /users\.add/ },
  send: { says: /npm run sync -- person/ },
};

/** What does not end by itself, cannot run against a local cloud, or is run elsewhere. */
const ELSEWHERE: { section: string; begins: string; why: string }[] = [
  { section: 'What to ask', begins: 'npm run sync -- console', why: 'test/pipeline/console.test.ts' },
  { section: 'Taking a stage away', begins: 'npm run remove', why: 'test/unit/scripts/remove.test.ts' },
  { section: 'Personal data', begins: 'npm run sync -- preview', why: 'test/pipeline/preview.test.ts' },
];
const isElsewhere = ({ section, line }: ManualCommand) =>
  ELSEWHERE.some((one) => one.section === section && line.startsWith(one.begins));

const wordOf = (line: string) => /^npm run (?:--silent )?sync -- (\S+)/.exec(line)?.[1] ?? line;
/** The name of a command with its flags, but for those that name the stage. */
const shapeOf = (line: string) => [wordOf(line), ...(line.match(/--(?!silent|stage|region)\w[\w-]+/g) ?? [])];

test('nothing is on while all is well, and what the manual asks then is answered so', async () => {
  const cloud = await standUpWithTime({
    directory: { users: [oktaUser('ada')] },
    velt: { settings: SAFE },
  });
  const operator = await createOperator(cloud);
  await cloud.post('okta', oktaDelivery(userCreate('ada', { uuid: EVENT })));
  await cloud.idle();
  await cloud.fire('backfill', { source: 'okta' });
  await cloud.idle();

  for (const step of ROUNDS) await follow([step], step.section, cloud, operator);
  const asked = mentionsOf(MANUAL).filter(
    (command) => command.section === 'What to ask' && !isElsewhere(command),
  );
  for (const { line } of asked) {
    const { says } = ASKED[wordOf(line)] ?? {};
    const ran = await operator.follow(line, ada);
    expect(says, `${line} has no line in ASKED`).toBeDefined();
    expect(`${ran.stdout}${ran.stderr}`, line).toMatch(says ?? /^$/);
    expect(ran.code, line).toBe(0);
  }
  await cloud.idle();

  expect(cloud.alarms()).toHaveLength(19);
  expect(cloud.on()).toEqual([]);
});

describe('docs/operations.md', () => {
  const steps = PLAYS.flatMap(({ incidents }) =>
    incidents.flatMap(({ section, steps }) => steps.map((step) => ({ section, ...step }))),
  );
  const run = [...ROUNDS, ...steps].map(({ section, command }) => ({
    section,
    line: commandIn(section, command),
  }));

  test('has no command in a block that no test runs', () => {
    const isRun = ({ section, line }: ManualCommand) =>
      run.some((one) => one.section === section && one.line === line);

    expect(commandsOf(MANUAL).filter((command) => !isRun(command) && !isElsewhere(command))).toEqual([]);
  });

  test('names no command in a sentence that differs from those', () => {
    const shapes = run.map(({ line }) => shapeOf(line));
    const isRun = ({ line }: ManualCommand) => {
      const [word, ...flags] = shapeOf(line);
      return shapes.some(
        ([other, ...known]) => other === word && flags.every((flag) => known.includes(flag)),
      );
    };

    const mentioned = mentionsOf(MANUAL).filter(({ section }) => section !== 'What to ask');

    expect(mentioned.filter((command) => !isRun(command) && !isElsewhere(command))).toEqual([]);
  });

  test('has each alarm in one form: what is lost, one block of commands, and when it is over', () => {
    const alarms = readFileSync('resources/alarms.yml', 'utf8');
    const named = new Set([...alarms.matchAll(/operations\.md#([\w-]+)/g)].map(([, anchor]) => anchor));
    const parts = sectionsOf(MANUAL).filter(({ section }) =>
      named.has(section.toLowerCase().replaceAll(' ', '-')),
    );

    expect(parts).toHaveLength(named.size);
    for (const { section, text } of parts) {
      expect(text.match(/\*\*Lost:\*\*|^```sh|\*\*Over\*\*/gm), section).toEqual([
        '**Lost:**',
        '```sh',
        '**Over**',
      ]);
    }
  });
});
