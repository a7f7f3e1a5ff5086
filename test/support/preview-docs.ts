import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { makePreview } from './preview.ts';

/** A configuration as a guide shows it, the command for one person, and what the guide says that it prints. */
export interface Example {
  config: unknown;
  command: string;
  shown: string;
}

const EXAMPLE =
  /```json\n(?<config>[^`]*)```\n(?:(?!```).)*?```sh\n(?<command>npm run sync -- preview[^`]*)\n```\n+```text\n(?<shown>[^`]*)\n```/gs;

/** The examples of a guide, by its path. */
export function examplesOf(path: string): Example[] {
  const guide = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  return [...guide.matchAll(EXAMPLE)].map(({ groups = {} }) => ({
    config: JSON.parse(groups.config ?? ''),
    command: groups.command ?? '',
    shown: groups.shown ?? '',
  }));
}

/** What the command prints, of the people whom the guides name. */
export function printed({ config, command }: Omit<Example, 'shown'>): Promise<string> {
  const { values } = parseArgs({
    args: command.replace('npm run sync -- preview ', '').split(' '),
    options: { source: { type: 'string' }, person: { type: 'string' } },
  });
  return makePreview(config, { okta, auth0 }).print(values);
}

const okta = {
  users: [
    {
      id: '00uada',
      profile: {
        ...{ login: 'ada@example.com', email: 'Ada.Example@example.com' },
        ...{ firstName: 'Ada', lastName: 'Example', employeeNumber: 'E-1017', department: 'Research' },
      },
    },
  ],
  groups: [
    { id: '00geng', profile: { name: 'Engineering' } },
    { id: '00gctr', profile: { name: 'Contractors EU' } },
  ],
  members: [
    ['00geng', '00uada'],
    ['00gctr', '00uada'],
  ] as const,
};

const auth0 = {
  users: [
    {
      user_id: 'auth0|65f1',
      ...{ email: 'jane@example.com', email_verified: true, name: 'Jane Doe' },
      app_metadata: { product_id: 'C-2044', plan: 'pro' },
    },
  ],
  organizations: [{ id: 'org_1', name: 'customers' }],
  members: [['org_1', 'auth0|65f1']] as const,
  roles: [{ id: 'rol_1', name: 'Reviewer' }],
  memberRoles: [['org_1', 'auth0|65f1', 'rol_1']] as const,
};
