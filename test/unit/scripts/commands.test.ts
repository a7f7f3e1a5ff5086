import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMON_FLAGS, readFlags } from '../../../scripts/command.ts';
import { COMMANDS } from '../../../scripts/commands.ts';
import { sync } from '../../support/sync.ts';

/** Nobody may be asked: a wrong argument is found before. */
const connect = () => Promise.reject(new Error('a stack was connected to'));

describe.each(Object.keys(COMMANDS))('%s', (name) => {
  test('answers a wrong flag with one line, its usage and 2', async () => {
    const { code, stdout, stderr } = await sync([name, '--nonsense'], { connect });

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(`^${name}: Unknown option '--nonsense'\nUsage: npm run sync -- ${name}.*\n$`),
    );
  });

  test('tells of its flags and exit codes on --help, and the same on help', async () => {
    const { code, stdout } = await sync([name, '--help'], { connect });
    const { command } = (await COMMANDS[name]?.load()) ?? {};

    expect(code).toBe(0);
    for (const flag of Object.keys({ ...command?.flags, ...COMMON_FLAGS }))
      expect(stdout).toContain(`  --${flag} `);
    expect(stdout).toMatch(/^Exits with 0 where .+; 1 where .+; 2 for a wrong argument\.$/m);
    expect((await sync(['help', name])).stdout).toBe(stdout);
  });

  test('has no flag of its own that every command has', async () => {
    const { command } = (await COMMANDS[name]?.load()) ?? {};

    expect(Object.keys(command?.flags ?? {}).filter((flag) => Object.hasOwn(COMMON_FLAGS, flag))).toEqual([]);
  });
});

test.each([
  ['apply', [], '<plan-okta.json> is missing'],
  ['apply', ['plan-okta.json', 'plan-auth0.json'], 'plan-auth0.json is one word too many'],
  ['remove-source', [], '<source> is missing'],
  ['remove-source', ['okta', 'auth0'], 'auth0 is one word too many'],
  ['remove-source', ['okta#person'], '<source> is the name of one source'],
  ['remove-source', ['okta', '--yes', 'auth0'], '--yes is auth0'],
  ['preview', ['--source', 'okta'], '--person, --people or --event is needed'],
  [
    'preview',
    ['--source', 'okta', '--person', 'ada@example.com', '--people', 'users.json'],
    'one of them only',
  ],
  ['preview', ['--source', 'nope', '--person', 'ada@example.com'], '--source is one of okta, auth0'],
  ['preview', ['--source', 'okta', '--event', 'nowhere.json'], '--event ENOENT'],
  ['plan', ['--apply'], '--apply is for --local'],
  ['plan', ['plan-okta.json', 'plan-auth0.json'], 'one word too many'],
  ['plan', ['plan-okta.json', '--source', 'okta'], 'plan-okta.json is a plan already'],
  ['plan', ['plan-okta.json', '--out', 'other.json'], 'plan-okta.json is a plan already'],
  ['setup', [], '<okta|auth0> is missing'],
  ['dead', ['--drop', 'id', '--redrive'], 'one of them only'],
  ['setup', ['github'], 'there is no set-up of github'],
  ['setup', ['okta'], '--domain is missing'],
  ['parked', ['mend', 'id'], 'mend is none of show, replay and drop'],
  ['parked', ['show'], 'show needs an id'],
  ['parked', ['show', 'id', '--all'], '--all is for replay'],
  ['dead', ['--redrive', '--older-than', 'yesterday'], '--older-than is yesterday'],
  ['events', ['--since', '1w'], '--since is 1w'],
  ['events', ['--limit', 'all'], '--limit is all'],
  ['events', ['--outcome', 'good'], '--outcome is one of confirmed, '],
  ['events', ['--hash', 'ada'], '--hash is ada'],
  ['tail', ['--function', 'mail'], '--function is one of webhook, '],
  ['tail', ['--level', 'loud'], '--level is one of debug, '],
  ['retry', [], '<person|source> is missing'],
  ['completion', ['csh'], 'there is no completion of csh'],
])('a wrong argument ends %s %j with 2 before it asks anyone', async (command, args, message) => {
  const { code, stdout, stderr } = await sync([command, ...args], { connect });

  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(`${command}: `);
  expect(stderr).toContain(message);
  expect(stderr).toContain(`\nUsage: npm run sync -- ${command} `);
});

describe('the manual', () => {
  const files = ['README.md', ...readdirSync('docs').map((name) => join('docs', name))];
  const commands = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/npm run (?:--silent )?sync -- ([^`|#\n]+)/g)].map(
      ([, words = '']) => [file, words.trim()] as const,
    ),
  );

  test('has some', () => {
    expect(commands.length).toBeGreaterThan(20);
  });

  test.each(commands)('%s: %s is a command with flags that there are', async (_file, words) => {
    // In prose, … stands for whatever is meant.
    const [name = '', ...args] = words.split(/\s+/).map((word) => (word === '…' ? 'x' : word));
    const { command } = (await COMMANDS[name]?.load()) ?? {};

    expect(command, name).toBeDefined();
    expect(() => readFlags(args, { ...command?.flags, ...COMMON_FLAGS })).not.toThrow();
  });
});
