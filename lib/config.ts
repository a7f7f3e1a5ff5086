import * as z from 'zod';
import { createPolicy, type Policy } from './directory/policy.ts';
import { ConfigError } from './errors.ts';

const Pattern = z
  .string()
  .min(1)
  .describe(
    'A group id, or a group name in which * stands for any characters; upper and lower case are alike',
  );

const Grant = z
  .strictObject({
    group: Pattern.optional().describe('Members of these groups; absent = every user of the source'),
    organizationId: z
      .string()
      .min(1)
      .optional()
      .describe('Only in this Velt organization; absent = in each of theirs'),
    folderId: z.string().min(1).optional(),
    documentId: z.string().min(1).optional(),
  })
  .refine((grant) => (grant.folderId === undefined) !== (grant.documentId === undefined), {
    message: 'a grant names either a folderId or a documentId',
  });

const policy = z.enum(['remove', 'keep']).default('remove');

const InGroups = z.strictObject({ groups: z.array(Pattern).min(1) });

/** Names to take and names to leave; what is in neither list is left. */
const Patterns = z
  .strictObject({ include: z.array(Pattern).default(['*']), exclude: z.array(Pattern).default([]) })
  .prefault({});

const base = {
  deprovision: z
    .strictObject({ deactivated: policy, suspended: policy, deleted: policy })
    .prefault({})
    .describe('What becomes in Velt of people who are deactivated, suspended or blocked, or deleted'),
  userId: z
    .enum(['id', 'email'])
    .default('id')
    .describe(
      "What Velt's userId is: the vendor's user id, or the e-mail address. It must equal what your product gives to identify()",
    ),
  groups: Patterns.describe('Which groups become Velt user groups'),
  grants: z.array(Grant).default([]).describe('Folder and document access in Velt, by group or for everyone'),
};

/** The share of a vendor's rate limits that backfills leave to others too, where no `api` is configured. */
export const DEFAULT_HEADROOM = 0.2;

const Api = z.strictObject({
  headroom: z
    .number()
    .min(0)
    .max(0.9)
    .default(DEFAULT_HEADROOM)
    .describe("The share of the vendor's rate limit that is left to the customer's other tools"),
});

const OktaSource = z.strictObject({
  kind: z.literal('okta'),
  users: z
    .union([z.literal('all'), z.strictObject({ application: z.string().min(1) }), InGroups], {
      error: 'write "all", { "application": "0oa…" } or { "groups": ["…"] }',
    })
    .default('all')
    .describe('Who is mirrored: everyone, those assigned to an application (its id), or members of groups'),
  organization: z.string().min(1).describe("The Velt organization that this Okta org's users belong to"),
  header: z.string().min(1).default('authorization').describe('The header that carries the credential'),
  api: Api.optional().describe(
    'Read people from the API when an event names them; credentials in the directory secret',
  ),
  partnerEventSource: z
    .string()
    .regex(/^aws\.partner\/okta\.com\/./, 'a partner event source of Okta is called aws.partner/okta.com/…')
    .optional()
    .describe("The EventBridge event source of this Okta org's log stream, by its whole name"),
  ...base,
});

const Auth0PartnerSource = z
  .string()
  .regex(/^aws\.partner\/auth0\.com\/./, 'a partner event source of Auth0 is called aws.partner/auth0.com/…');

const Auth0Source = z.strictObject({
  kind: z.literal('auth0'),
  users: z
    .union([z.literal('all'), InGroups], { error: 'write "all" or { "groups": ["…"] }' })
    .default('all')
    .describe('Who is mirrored: everyone, or members of groups and holders of roles'),
  organization: z
    .union(
      [
        z.string().min(1),
        z.record(z.string().min(1), z.string().min(1)).refine((map) => Object.keys(map).length > 0, {
          message: 'name at least one organization: nobody is in Velt by an empty map',
        }),
      ],
      { error: 'write one Velt organization, or a map { "org_…": "velt-organization" }' },
    )
    .describe(
      'One Velt organization for everyone, or a map from Auth0 organization id or name to Velt organization',
    ),
  header: z.string().min(1).default('authorization'),
  scheme: z
    .enum(['bearer', 'basic', 'none'])
    .default('bearer')
    .describe(
      "The event stream's authorization method; none = the header holds the bare value (custom header)",
    ),
  roles: Patterns.describe('Which organization roles become Velt user groups'),
  api: Api.optional().describe(
    'Read people from the Management API when a membership or a hint names somebody unknown; credentials in the directory secret',
  ),
  partnerEventSource: z
    .union([Auth0PartnerSource, z.array(Auth0PartnerSource).min(1)], {
      error: 'write aws.partner/auth0.com/…, or a list of such names',
    })
    .optional()
    .describe(
      "The EventBridge event sources of this tenant's event streams and log streams, by their whole names",
    ),
  ...base,
});

/** The whole of `directory.config.json`. Unknown keys are refused: a misspelt setting must not be ignored. */
export const DirectoryConfig = z.strictObject({
  $schema: z.string().optional(),
  sources: z
    .record(
      z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a source name is made of lower-case letters, digits and dashes'),
      z.discriminatedUnion('kind', [OktaSource, Auth0Source]),
    )
    .refine((sources) => Object.keys(sources).length > 0, { message: 'name at least one source' })
    .refine(
      (sources) => {
        const names = Object.values(sources).flatMap(({ partnerEventSource = [] }) => partnerEventSource);
        return new Set(names).size === names.length;
      },
      { message: 'two sources have the same partnerEventSource' },
    ),
  velt: z
    .strictObject({
      batchSize: z.int().min(1).max(500).default(50).describe('Users or groups per Velt call'),
      usersAdd: z
        .enum(['v1', 'v2'])
        .default('v1')
        .describe('v2 also creates a missing organization explicitly'),
      adopt: z
        .boolean()
        .default(false)
        .describe(
          'Whether a read-back removes users whom this product did not put into these organizations: only where nobody else adds users',
        ),
    })
    .prefault({}),
  reconcile: z
    .strictObject({
      removalShare: z
        .number()
        .min(0)
        .max(1)
        .default(0.1)
        .describe(
          'The share of the people at Velt who may lose something in one run; more needs an approved plan',
        ),
      removalsAtLeast: z.int().min(0).default(5).describe('So many people may lose something in any case'),
    })
    .prefault({})
    .describe('What a daily reading of a whole directory may remove'),
  tombstoneDays: z
    .int()
    .min(15)
    .default(30)
    .describe(
      'How long a removal is remembered; longer than any event can be late (queues keep messages 14 days)',
    ),
});

export type DirectoryConfig = z.infer<typeof DirectoryConfig>;
export type SourceConfig = DirectoryConfig['sources'][string];

/** The policy of each source, by its name. */
export function policiesOf({ sources }: Pick<DirectoryConfig, 'sources'>): Map<string, Policy> {
  return new Map(Object.entries(sources).map(([name, source]) => [name, policyOf(source)]));
}

export function policyOf(source: SourceConfig): Policy {
  const roles = source.kind === 'auth0' ? source.roles : { include: [], exclude: [] };
  const readsOnEvents = source.api !== undefined;
  return createPolicy({
    ...source,
    roles,
    readsOnEvents,
    readsPeople: source.kind === 'okta' && readsOnEvents,
  });
}

/** The application that decides who of a source is mirrored, if one does. */
export function applicationOf({ users }: SourceConfig): string | undefined {
  return typeof users === 'object' && 'application' in users ? users.application : undefined;
}

/**
 * Checks a configuration. Throws one ConfigError that lists every fault with its path.
 */
export function readConfig(value: unknown): DirectoryConfig {
  return parse(DirectoryConfig, value, 'directory.config.json');
}

const Shards = z.coerce.number().int().min(1).max(1000);
const Url = z.url();

export const WebhookEnv = z.object({
  CHANGES_QUEUE_URL: Url,
  PARKED_QUEUE_URL: Url,
  WEBHOOK_CREDENTIALS_SECRET: z.string().min(1),
  SHARDS: Shards,
});

export const DeliverEnv = z.object({
  CHANGES_QUEUE_URL: Url,
  MIRROR_TABLE: z.string().min(1),
  DIRECTORY_CREDENTIALS_SECRET: z.string().min(1),
  VELT_CREDENTIALS_SECRET: z.string().min(1),
  VELT_BASE_URL: Url,
  VELT_TIMEOUT_MS: z.coerce.number().int().min(1).optional(),
  VELT_LATE_MS: z.coerce.number().int().min(0).optional(),
  SHARDS: Shards,
});

export const BackfillEnv = z.object({
  CHANGES_QUEUE_URL: Url,
  MIRROR_TABLE: z.string().min(1),
  BACKFILL_LEASE_MS: z.coerce.number().int().min(1).optional(),
  DIRECTORY_CREDENTIALS_SECRET: z.string().min(1),
  SHARDS: Shards,
});

export const ReadBackEnv = z.object({
  CHANGES_QUEUE_URL: Url,
  MIRROR_TABLE: z.string().min(1),
  VELT_CREDENTIALS_SECRET: z.string().min(1),
  VELT_BASE_URL: Url,
  VELT_TIMEOUT_MS: z.coerce.number().int().min(1).optional(),
  SHARDS: Shards,
});

export const SweepEnv = z.object({
  CHANGES_QUEUE_URL: Url,
  MIRROR_TABLE: z.string().min(1),
  SHARDS: Shards,
});

/** Reads what a function needs from its environment. Throws one ConfigError that lists every missing variable. */
export function readEnv<T extends z.ZodType>(schema: T, env: Record<string, string | undefined>): z.infer<T> {
  return parse(schema, env, 'environment');
}

/** Throws a ConfigError that names each faulty field of `what`, never its value: values may be secret. */
export function parse<T extends z.ZodType>(schema: T, value: unknown, what: string): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ConfigError(what, describeIssues(result.error));
}

/** One line per issue: where it is and what is wrong, without the value that was found. */
export function describeIssues(error: z.ZodError): { path: string; message: string }[] {
  return error.issues.map((issue) => ({
    path: issue.path.map(String).join('.') || '(whole)',
    // Of a key that is refused, zod says no more than that; why, its own issues say.
    message:
      issue.code === 'invalid_key' ? issue.issues.map(({ message }) => message).join('; ') : issue.message,
  }));
}
