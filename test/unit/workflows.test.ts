import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import project from '../../package.json' with { type: 'json' };
import releases from '../long/releases.json' with { type: 'json' };

type Step = { uses?: string; run?: string };
type Job = {
  permissions?: Record<string, string>;
  'timeout-minutes'?: number;
  strategy?: { matrix: { command?: string[]; include?: { command: string }[] } };
  steps: Step[];
};
type Workflow = { permissions: Record<string, string>; jobs: Record<string, Job> };

const FOLDER = '.github/workflows';
const workflows = readdirSync(FOLDER).map((file) => {
  const text = readFileSync(join(FOLDER, file), 'utf8');
  return { file, text, workflow: load(text) as Workflow };
});
const jobsOf = ({ jobs }: Workflow) => Object.entries(jobs);

/** Every command of a job, those of its matrix among them. */
function commandsOf({ steps, strategy }: Job): string[] {
  const { command = [], include = [] } = strategy?.matrix ?? {};
  return [...command, ...include.map(({ command }) => command), ...steps.flatMap(({ run }) => run ?? [])];
}

describe.each(workflows)('the workflow $file', ({ text, workflow }) => {
  test('pins each action by a commit, with its version', () => {
    const uses = text.split('\n').filter((line) => /\buses:/.test(line));

    expect(uses.length).toBeGreaterThan(0);
    for (const line of uses) expect(line).toMatch(/uses: [\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    const steps = jobsOf(workflow).flatMap(([, { steps }]) => steps.filter(({ uses }) => uses !== undefined));
    expect(uses).toHaveLength(steps.length);
  });

  test('calls only npm scripts that there are', () => {
    const called = jobsOf(workflow)
      .flatMap(([, job]) => commandsOf(job))
      .flatMap((command) => [...command.matchAll(/npm (?:run )?([\w:-]+)/g)].map(([, script]) => script));

    for (const script of called.filter((script) => script !== 'ci'))
      expect(project.scripts).toHaveProperty([script ?? '']);
  });

  test('gives no job more rights than it names, and each an end', () => {
    expect(['{}', '{"contents":"read"}']).toContain(JSON.stringify(workflow.permissions));
    for (const [name, job] of jobsOf(workflow)) {
      const rights = Object.entries(job.permissions ?? {});
      const writes = rights.some(([, right]) => right === 'write');
      expect([name, writes && commandsOf(job).some((command) => command.includes('npm'))]).toEqual([
        name,
        false,
      ]);
      expect([name, job['timeout-minutes']]).toEqual([name, expect.any(Number)]);
    }
  });

  test('puts nothing into a command that somebody else could write', () => {
    const commands = jobsOf(workflow).flatMap(([, { steps }]) => steps.flatMap(({ run }) => run ?? []));

    for (const command of commands)
      expect(command.replaceAll(/\$\{\{ matrix\.\w+ \}\}/g, '')).not.toContain('${{');
  });
});

test('the check does what .ci/run does', () => {
  const { workflow } = workflows.find(({ file }) => file === 'check.yml') ?? {
    workflow: { jobs: {} } as Workflow,
  };
  const checked = jobsOf(workflow).flatMap(([, job]) => commandsOf(job));

  const attempted = [...readFileSync('.ci/run', 'utf8').matchAll(/^attempt (npm .+)$/gm)].map(
    ([, command]) => command,
  );

  expect(attempted.length).toBeGreaterThan(3);
  expect(checked).toEqual(expect.arrayContaining(attempted));
});

test('updates are asked for every folder with dependencies, and for the actions', () => {
  const { updates } = load(readFileSync('.github/dependabot.yml', 'utf8')) as {
    updates: { 'package-ecosystem': string; directories?: string[]; groups: object }[];
  };

  expect(updates.map((update) => update['package-ecosystem'])).toEqual(['npm', 'github-actions']);
  for (const folder of updates[0]?.directories ?? [])
    expect([folder, existsSync(join('.', folder, 'package-lock.json'))]).toEqual([folder, true]);
  for (const { groups } of updates) expect(Object.keys(groups).length).toBeGreaterThan(0);
});

describe('SECURITY.md', () => {
  const rows = readFileSync('SECURITY.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| **'))
    .map((line) => line.split(' | '));

  test('has for each threat what was done, and a test that shows it', () => {
    expect(rows.length).toBeGreaterThan(15);
    for (const [threat = '', done = '', shown = ''] of rows) {
      const tests = [...shown.matchAll(/`([^`]+)`/g)].map(([, file]) => file ?? '');
      expect([threat, done.length > 0, tests.length > 0]).toEqual([threat, true, true]);
      for (const file of tests)
        expect([file, /\.test\.ts$/.test(file) && existsSync(file)]).toEqual([file, true]);
    }
  });
});

test('a release of this version can be found in the changelog, and what is new goes on top', () => {
  const headings = [...readFileSync('CHANGELOG.md', 'utf8').matchAll(/^## (.+)$/gm)].map(
    ([, heading]) => heading,
  );

  expect(headings[0]).toBe('[Unreleased]');
  expect(headings).toContainEqual(
    expect.stringMatching(new RegExp(`^\\[${project.version}\\] - \\d{4}-\\d{2}-\\d{2}$`)),
  );
});

test('the upgrade begins at the newest release that is not being made', () => {
  const released = [...readFileSync('CHANGELOG.md', 'utf8').matchAll(/^## \[(\d[^\]]*)\]/gm)].map(
    ([, version]) => version,
  );

  const [newest, commit] = Object.entries(releases).at(-1) ?? [];

  expect(released.slice(0, 2)).toContain(newest);
  expect(commit).toMatch(/^[0-9a-f]{40}$/);
});
