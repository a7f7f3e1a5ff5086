import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Called, COMMON_FLAGS, defineCommand, type Listed } from '../../../scripts/command.ts';
import { COMMANDS } from '../../../scripts/commands.ts';
import { OWN_CONFIG } from '../../../scripts/config-file.ts';
import type { LocalCloud } from '../../../scripts/local-cloud.ts';
import { createCall } from '../../../scripts/sync.ts';
import { sync } from '../../support/sync.ts';

const folder = mkdtempSync(join(tmpdir(), 'program-'));
afterAll(() => rmSync(folder, { recursive: true }));

const START = resolve('scripts/start.mjs');

function start(...args: string[]) {
  return spawnSync(process.execPath, [START, ...args], { encoding: 'utf8' });
}

/** A command that does as it is told, beside those of the program. */
function listed(run: Parameters<typeof defineCommand>[0]['run']): Record<string, Listed> {
  const command = defineCommand({ takes: '[word]', flags: {}, run });
  return { act: { group: 'try', about: 'acts', load: async () => ({ command }) } };
}

describe('the program', () => {
  test.each([[[]], [['help']], [['--help']]])(
    'called with %j lists every command with one line',
    async (argv) => {
      const { code, stdout, stderr } = await sync(argv);

      expect([code, stderr]).toEqual([0, '']);
      for (const [name, { about }] of Object.entries(COMMANDS))
        expect(stdout).toMatch(
          new RegExp(`^  ${name} +${about.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`, 'm'),
        );
    },
  );

  test('knows no other command, nor what every object has', async () => {
    for (const name of ['stats', 'toString']) {
      const ran = await sync([name]);

      expect(ran).toEqual({
        ...{ code: 2, stdout: '' },
        stderr: `There is no command ${name}.\nnpm run sync -- help lists them.\n`,
      });
    }
  });

  test('exits with 0 for what is done, 1 for what is left or failed, and says why without a stack trace', async () => {
    const cause = new Error('AccessDenied');
    const done = await sync(['act'], { commands: listed(async () => true) });
    const left = await sync(['act'], { commands: listed(async () => false) });
    const failed = await sync(['act'], {
      commands: listed(() => Promise.reject(new Error('the table is out of reach', { cause }))),
    });

    expect([done.code, left.code]).toEqual([0, 1]);
    expect(failed).toEqual({
      code: 1,
      stdout: '',
      stderr: 'act: the table is out of reach\n  AccessDenied\n',
    });
  });

  test('with --json has nothing on stdout but JSON', async () => {
    const commands = listed(async (_given, { terminal }) => {
      terminal.print('Looking …');
      terminal.show({ found: 1 }, 'Found 1.');
      return true;
    });

    const json = await sync(['act', '--json'], { commands });
    const text = await sync(['act'], { commands });

    expect([JSON.parse(json.stdout), json.stderr]).toEqual([{ found: 1 }, 'Looking …\n']);
    expect(text.stdout).toBe('Looking …\nFound 1.\n');
  });

  test('with --json has a line of JSON of each thing that comes one by one', async () => {
    const commands = listed(async (_given, { terminal }) => {
      for (const nth of [1, 2]) terminal.line({ nth }, `No. ${nth}`);
      return true;
    });

    expect((await sync(['act', '--json'], { commands })).stdout).toBe('{"nth":1}\n{"nth":2}\n');
    expect((await sync(['act'], { commands })).stdout).toBe('No. 1\nNo. 2\n');
  });

  test('with --local goes by the configuration that the local cloud was started with', async () => {
    const file = join(folder, 'other.json');
    writeFileSync(file, JSON.stringify({ sources: { staff: { kind: 'okta', organization: 'acme' } } }));
    const commands = listed(async (_given, { config, terminal, place }) => {
      terminal.print(`${Object.keys(config().sources)} ${(await place()).config === file}`);
      return true;
    });
    const localCloud = () => ({ config: file }) as LocalCloud;
    const act = async (...flags: string[]) =>
      (await sync(['act', '--local', ...flags], { commands, localCloud, config: undefined })).stdout;

    expect(await act()).toBe('staff true\n');
    expect(await act('--config', OWN_CONFIG)).toBe('okta,auth0 false\n');
  });

  test('shows progress on a terminal only, and takes it away before what stays', async () => {
    const written: string[] = [];
    const output = (isTTY: boolean) =>
      ({ isTTY, columns: 8, write: (text: string) => written.push(text) }) as never;
    const commands = listed(async (_given, { terminal }) => {
      terminal.progress('people 1,000');
      terminal.print('done');
      return true;
    });

    await sync(['act'], { commands, stdout: output(true), stderr: output(true) });
    expect(written.join('')).toBe('\r\x1b[Kpeople \r\x1b[Kdone\n');

    written.length = 0;
    await sync(['act'], { commands, stdout: output(false), stderr: output(false) });
    expect(written.join('')).toBe('done\n');
  });

  test('names the stage again for other commands, but for what is usual', async () => {
    const flagsOf = async (...flags: string[]) => {
      const commands = listed(async (_given, context) => {
        context.terminal.print(context.flags);
        return true;
      });
      return (await sync(['act', ...flags], { commands, env: { AWS_REGION: 'eu-central-1' } })).stdout;
    };

    expect(await flagsOf()).toBe('\n');
    expect(await flagsOf('--region', 'eu-central-1', '--stage', 'prod')).toBe(' --stage prod\n');
    expect(await flagsOf('--region', 'us-east-1')).toBe(' --region us-east-1\n');
    expect(await flagsOf('--local')).toBe(' --local\n');
  });
});

describe('a program of its own', () => {
  test('is started by its file, and by no file all commands are', () => {
    const file = join(folder, 'named.ts');
    writeFileSync(file, 'console.log(JSON.stringify(process.argv.slice(1)) as string);');
    const named = start(file, '--flag');
    const commands = start('help', 'status');

    expect([named.status, JSON.parse(named.stdout)]).toEqual([0, [file, '--flag']]);
    expect([commands.status, commands.stdout]).toEqual([
      0,
      expect.stringContaining('npm run sync -- status '),
    ]);
  });

  test('is refused by a Node that cannot run it, with the mend on one line', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--no-strip-types', START, 'status'], {
      encoding: 'utf8',
    });

    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(
      /^Node v[\d.]+ cannot run this project, which is written in TypeScript: .*Node 24.*\.\n$/,
    );
  });
});

describe('the shell', () => {
  const isThere = (shell: string) => spawnSync(shell, ['-c', 'exit 0']).status === 0;

  test('bash completes commands, their flags, and what can be helped with', async () => {
    expect(isThere('bash')).toBe(true);
    const { stdout: script } = await sync(['completion', 'bash']);
    const completed = (...words: string[]) =>
      execFileSync('bash', [
        '-c',
        `${script}\nCOMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _velt_directory_sync; echo "\${COMPREPLY[@]}"`,
        ...['bash', 'velt-directory-sync', ...words],
      ])
        .toString()
        .trim()
        .split(' ');

    expect(completed('')).toEqual(['help', ...Object.keys(COMMANDS)]);
    expect(completed('remo')).toEqual(['remove-source']);
    expect(completed('help', 'sta')).toEqual(['status']);
    expect(completed('remove-source', '--')).toEqual([
      '--yes',
      ...Object.keys(COMMON_FLAGS).map((f) => `--${f}`),
    ]);
  });

  test.each(['zsh', 'fish'])('%s is told of every command and flag', async (shell) => {
    const { stdout } = await sync(['completion', shell]);

    for (const [name, { load }] of Object.entries(COMMANDS)) {
      expect(stdout).toContain(name);
      for (const flag of Object.keys((await load()).command.flags ?? {})) expect(stdout).toContain(flag);
    }
  });
});

test('behind -- even --help is a word', async () => {
  const words: string[][] = [];
  const commands = listed(async ({ args }) => words.push(args) > 0);

  expect((await sync(['act', '--', '--help'], { commands })).code).toBe(0);
  expect(words).toEqual([['--help']]);
  expect((await sync(['act', '--help', '--', 'x'], { commands })).stdout).toContain('act');
  expect(words).toHaveLength(1);
});

describe('a command that another one runs', () => {
  test('never throws: what cannot be read is told', async () => {
    const commands = listed(async (_given, { terminal }) => {
      for (const one of [1, 2]) terminal.show(one, '');
      return true;
    });

    expect(await createCall([], { commands })(['act'])).toEqual({
      ...{ code: 1, said: expect.stringContaining('JSON') },
    });
  });

  test('has a name of its own for leases, and the stack in common', async () => {
    let connected = 0;
    const connect = async () => {
      connected += 1;
      return { owner: 'mine', flags: ' --all' } as never;
    };
    const owned = listed(async (_given, { stack, terminal }) => {
      const { owner, flags } = await stack();
      terminal.show({ owner, flags }, '');
      return true;
    });
    const called: Called[] = [];
    const calling = listed(
      async (_given, { call }) => called.push(await call(['own']), await call(['own'])) > 0,
    );
    await sync(['act'], { commands: { ...calling, own: owned.act as Listed }, connect });

    const shown = called.map(({ shown }) => shown as { owner: string; flags: string });
    expect(shown.map(({ flags }) => flags)).toEqual([' --all', ' --all']);
    expect(new Set(['mine', ...shown.map(({ owner }) => owner)]).size).toBe(3);
    expect(connected).toBe(1);
  });
});
