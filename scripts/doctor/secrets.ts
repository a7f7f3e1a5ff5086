import * as z from 'zod';
import { type DirectoryConfig, type SourceConfig, SourceName } from '../../lib/config.ts';
import { WebhookCredentials } from '../../lib/http/bearer.ts';
import { describeSecretIssues } from '../../lib/parse.ts';
import { directories } from '../../lib/sources/directories.ts';
import { faceOf, inbound } from '../../lib/sources/inbound.ts';
import { VeltCredentials } from '../../lib/velt/schema.ts';
import { type Found, looked, note, ok, wrong } from './finding.ts';

/** No source has a longer name that is written by hand; a secret is longer. */
const LONGEST_NAME = 32;
const NAMES = ['velt', 'webhooks', 'directory'] as const;
export type SecretName = (typeof NAMES)[number];

/** The text of one of the stage's secrets; undefined where there is no such secret. Throws what AWS answered. */
export type ReadSecret = (name: SecretName) => Promise<string | undefined>;

type Sources = DirectoryConfig['sources'];

/** What is in a secret, checked against the sources: its faults, and what is only good to know. */
type Check = (value: Record<string, unknown>, sources: Sources) => { faults: string[]; notes?: string[] };

/** Whether each secret is there, and holds what the configured sources need. Values are never repeated. */
export async function lookAtSecrets({
  stage,
  config,
  readSecret,
}: {
  stage: string;
  config: Pick<DirectoryConfig, 'sources'>;
  readSecret: ReadSecret;
}): Promise<Found[]> {
  const found = await Promise.all(
    NAMES.map((name) => {
      const id = `velt-directory-sync-${stage}/${name}`;
      return looked(`The secret ${name}`, async () => lookInto(name, id, await readSecret(name), config));
    }),
  );
  return found.flat();
}

function lookInto(
  name: SecretName,
  id: string,
  text: string | undefined,
  { sources }: { sources: Sources },
): Found[] {
  const secret = `The secret ${name}`;
  const put = `Put ${id} (README.md, "Put the three secrets").`;
  if (text === undefined)
    return [wrong(`${secret} does not exist.`, 'Deploy the stage, or name it by --stage and --region.')];
  const value = objectIn(text);
  if (!value) return [wrong(`${secret} holds no JSON object.`, put)];
  const { faults, notes = [] } = CHECKS[name](value, sources);
  const examples = examplesIn(value).map((path) => `${path} is still an example`);
  const found = [...faults, ...examples].map((fault) => wrong(`${secret}: ${fault}.`, put));
  return [
    ...found,
    ...notes.map((what) => note(`${secret}: ${what}.`)),
    ...(found.length === 0 ? [ok(`${secret} has what is needed.`)] : []),
  ];
}

const CHECKS: Record<SecretName, Check> = {
  velt: (value) => ({ faults: issuesOf(VeltCredentials, value) }),
  webhooks: (value, sources) => ({
    faults: [
      ...issuesOf(WebhookCredentials, value),
      ...Object.entries(sources).flatMap(([name, source]) => webhookFaults(name, source, value[name])),
    ],
    notes: strangersIn(value, sources),
  }),
  directory: (value, sources) => {
    const read = Object.entries(sources).filter(([, { kind }]) => Object.hasOwn(directories, kind));
    const isMissing = ([name]: [string, SourceConfig]) => !Object.hasOwn(value, name);
    const missing = read.filter(isMissing);
    return {
      faults: [
        ...read
          .filter((source) => !isMissing(source))
          .flatMap(([name, { kind }]) => apiIssues(name, kind, value[name])),
        ...missing
          .filter(([, { api }]) => api)
          .map(([name]) => `there are no credentials of ${name}, whose people are read by "api"`),
      ],
      notes: [
        ...missing
          .filter(([, { api }]) => !api)
          .map(
            ([name]) => `without credentials of ${name}, it lives by its webhook alone: no run, no catch-up`,
          ),
        ...strangersIn(value, sources),
      ],
    };
  },
};

function webhookFaults(name: string, source: SourceConfig, value: unknown): string[] {
  if (value === undefined) return [`there is no credential of ${name}`];
  const current = z.object({ current: z.string() }).safeParse(value).data?.current;
  const { scheme } = faceOf(source, inbound).credential(source);
  const isPair = current === undefined || scheme !== 'basic' || /^[^:]+:./.test(current);
  return isPair ? [] : [`${name}.current is not user:password, as "scheme": "basic" needs it`];
}

function apiIssues(name: string, kind: string, value: unknown): string[] {
  const schema = directories[kind]?.credentials;
  return schema ? issuesOf(schema, value, [name]) : [];
}

/** Who mixed up name and value wrote a secret as a name: only what can be a source's is repeated. */
function strangersIn(value: object, sources: Sources): string[] {
  return Object.keys(value)
    .filter((name) => !Object.hasOwn(sources, name))
    .map((name) =>
      SourceName.safeParse(name).success && name.length <= LONGEST_NAME ? name : 'one of its names',
    )
    .map((name) => `${name} is no source of the configuration`);
}

/** What a schema has against a value, and where: `under` is where the value itself stands. */
function issuesOf(schema: z.ZodType, value: unknown, under: string[] = []): string[] {
  const { error } = schema.safeParse(value);
  const issues = error ? describeSecretIssues(error) : [];
  return issues.map(({ path, message }) =>
    [[...under, ...(path === '(whole)' ? [] : [path])].join('.'), message].filter(Boolean).join(': '),
  );
}

/** What stands in README.md in the place of values, and cannot be told by an ellipsis or its host. */
const EXAMPLES = ['a long random value', 'another', 'an API token that reads users'];

/** The paths of values that somebody copied and did not fill in. */
function examplesIn(value: unknown, path: string[] = []): string[] {
  if (typeof value === 'string') return isExample(value) ? [path.join('.')] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => examplesIn(inner, [...path, key]));
}

function isExample(text: string): boolean {
  return (
    EXAMPLES.includes(text) || /…|^\.\.\.$|^<.*>$/.test(text) || /^https?:\/\/(your-|example\.)/.test(text)
  );
}

/**
 * The credentials of one source in the directory secret; undefined where it has none of use, which is for `lookAtSecrets` to
 * say. Throws what AWS answered.
 */
export async function credentialsIn<T>(
  source: string,
  schema: z.ZodType<T>,
  readSecret: ReadSecret,
): Promise<T | undefined> {
  const value = objectIn((await readSecret('directory')) ?? '');
  return schema.safeParse(value && Object.hasOwn(value, source) ? value[source] : undefined).data;
}

export function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    return z.record(z.string(), z.unknown()).safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
