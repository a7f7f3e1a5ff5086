import * as z from 'zod';
import type { Policy } from './directory/policy.ts';
import { ConfigError } from './errors.ts';
import { parse } from './parse.ts';
import { faceOf, inbound } from './sources/inbound.ts';
import type { SourceConfig as CommonConfig, InboundRegistry } from './sources/source.ts';

const UsersAdd = z.enum(['v1', 'v2']).optional();
const ADOPT =
  'Whether a read-back removes users whom this product did not put into these organizations: only where nobody else adds users';
const velt = z
  .strictObject({
    batchSize: z.int().min(1).max(500).default(50).describe('Users or groups per Velt call'),
    usersAdd: UsersAdd.describe(
      'v2 also creates a missing organization explicitly, and takes roles; absent = v2 where there are roles, else v1',
    ),
    adopt: z.boolean().default(false).describe(ADOPT),
  })
  .prefault({});

const Share = z.number().min(0).max(1).default(0.1);
const reconcile = z
  .strictObject({
    removalShare: Share.describe(
      'The share of the people at Velt who may lose something in one run or by one event; more needs an approved plan',
    ),
    removalsAtLeast: z.int().min(0).default(5).describe('So many people may lose something in any case'),
  })
  .prefault({})
  .describe('What a daily run over a directory, or one event, may remove');

const SOURCE_NAME = 'a source name is made of lower-case letters, digits and dashes';
export const SourceName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, SOURCE_NAME);
const Days = z.int().min(15).default(30);

/**
 * The schema of `directory.config.json` for these kinds of sources. Unknown keys are refused: a misspelt setting must not be
 * ignored.
 */
export function createConfigSchema(registry: InboundRegistry) {
  const [first, ...others] = Object.values(registry).map(({ config }) => config);
  if (!first) throw new Error('no kind of source is registered');
  // Each face knows the rest of its own.
  const source = z.discriminatedUnion('kind', [first, ...others]) as unknown as z.ZodType<CommonConfig>;
  const config = z.strictObject({
    $schema: z.string().optional(),
    sources: z
      .record(SourceName, source)
      .refine((sources) => Object.keys(sources).length > 0, {
        message: 'name at least one source; to take the last one away, set "removed": true on it',
      })
      .refine(haveOwnPartners, { message: 'two sources have the same partnerEventSource' })
      .transform(withoutRemoved),
    velt,
    reconcile,
    tombstoneDays: Days.describe(
      'How long a removal is remembered; longer than any event can be late (queues keep messages 14 days)',
    ),
  });
  return config
    .refine(({ velt, ...given }) => velt.usersAdd !== 'v1' || !givesRoles(given), {
      message: 'v1 takes no roles, and a source has some: write "v2", or leave it out',
      path: ['velt', 'usersAdd'],
    })
    .transform(({ velt: { usersAdd, ...velt }, ...given }) => ({
      ...given,
      velt: { ...velt, usersAdd: usersAdd ?? (givesRoles(given) ? ('v2' as const) : ('v1' as const)) },
    }));
}

function givesRoles({ sources }: { sources: Record<string, CommonConfig> }): boolean {
  return Object.values(sources).some(({ access, grants }) =>
    [...access, ...grants].some(({ role }) => role !== undefined),
  );
}

function haveOwnPartners(sources: Record<string, CommonConfig>): boolean {
  const names = Object.values(withoutRemoved(sources)).flatMap(
    ({ partnerEventSource = [] }) => partnerEventSource,
  );
  return new Set(names).size === names.length;
}

/** A source that is on its way out is to everybody as one that is not there. */
function withoutRemoved<C extends { removed?: boolean | undefined }>(
  sources: Record<string, C>,
): Record<string, C> {
  return Object.fromEntries(Object.entries(sources).filter(([, { removed }]) => removed !== true));
}

export const DirectoryConfig = createConfigSchema(inbound);
export type DirectoryConfig = z.infer<typeof DirectoryConfig>;
export type SourceConfig = DirectoryConfig['sources'][string];

/** Checks a configuration. Throws one ConfigError that lists every fault with its path. */
export function readConfig(value: unknown, schema = DirectoryConfig): DirectoryConfig {
  return parse(schema, value, 'directory.config.json');
}

/** Checks a configuration that is the text of a file, as {@link readConfig} does. Throws ConfigError also where it is no JSON. */
export function readConfigText(text: string): DirectoryConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw notReadable(error);
  }
  return readConfig(value);
}

/** What a configuration that cannot be read is refused with: Node's own words for that do not name the file. */
export function notReadable(error: unknown): ConfigError {
  const message = error instanceof Error ? error.message : String(error);
  return new ConfigError('directory.config.json', [{ path: '(whole)', message }]);
}

/** The policy of each source, by its name. */
export function policiesOf(
  { sources }: Pick<DirectoryConfig, 'sources'>,
  registry = inbound,
): Map<string, Policy> {
  const policies = Object.entries(sources).map(
    ([name, source]) => [name, policyOf(source, registry)] as const,
  );
  // An attribute may hold what is somebody's id in another source.
  const byAttribute = policies.some(([, { userId }]) => userId === 'attribute');
  return new Map(
    policies.map(([name, policy]) => {
      const others = policies.filter(([other]) => other !== name);
      const rulesOfOthers = others.flatMap(([, { access, grants }]) => [...access, ...grants]);
      return [name, { ...policy, rulesOfOthers, sharesUsers: policy.sharesUsers || byAttribute }];
    }),
  );
}

export function policyOf(source: SourceConfig, registry = inbound): Policy {
  return faceOf(source, registry).policyOf(source);
}
