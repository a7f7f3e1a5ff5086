import * as z from 'zod';
import { createPolicy, type Policy } from '../../directory/policy.ts';
import { createMapping, type Mappable, once, settingsOf } from '../mapping.ts';
import { checkMapping, type Paths } from '../mapping-check.ts';
import { Api, common, InGroups, mapped, Name, organizationsBy, Patterns } from '../settings.ts';

/** What anybody may write of themselves when they sign up, or later (auth0.com/docs/api/authentication/signup, 2026-08). */
const OWN = [
  ...['email', 'phone_number', 'username', 'name', 'nickname', 'given_name', 'family_name', 'picture'],
  'user_metadata',
];

const paths: Paths = {
  faultOf: (path) =>
    path[0] === 'identities' && path.length < 3
      ? 'of an identity write identities, the name of its connection, and an attribute'
      : undefined,
  isInEvents: () => true,
  isOwn: (path) => (path[0] === 'identities' ? path[2] !== 'user_id' : OWN.includes(path[0] ?? '')),
  isPersonal: (path) => OWN.includes(path[0] ?? ''),
};

const PartnerSource = z
  .string()
  .regex(/^aws\.partner\/auth0\.com\/./, 'a partner event source of Auth0 is called aws.partner/auth0.com/…');

const Scheme = z.enum(['bearer', 'basic', 'none']).default('bearer');

const Settings = z.strictObject({
  kind: z.literal('auth0'),
  users: z
    .union([z.literal('all'), InGroups], { error: 'write "all" or { "groups": ["…"] }' })
    .default('all')
    .describe('Who is mirrored: everyone, or members of groups and holders of roles'),
  organization: z
    .union([Name, organizationsBy(Name)], {
      error: 'write one Velt organization, or a map { "org_…": "velt-organization" }',
    })
    .describe(
      'One Velt organization for everyone, or a map from Auth0 organization id or name to Velt organization',
    ),
  header: Name.default('authorization'),
  scheme: Scheme.describe(
    "The event stream's authorization method; none = the header holds the bare value (custom header)",
  ),
  roles: Patterns.describe('Which organization roles become Velt user groups'),
  api: Api.optional().describe(
    'Read people from the Management API when a membership or a hint names somebody unknown; credentials in the directory secret',
  ),
  partnerEventSource: z
    .union([PartnerSource, z.array(PartnerSource).min(1)], {
      error: 'write aws.partner/auth0.com/…, or a list of such names',
    })
    .optional()
    .describe(
      "The EventBridge event sources of this tenant's event streams and log streams, by their whole names",
    ),
  ...common,
  ...mapped,
});
export const Auth0Config = Settings.superRefine(checkMapping(paths));
export type Auth0Config = z.infer<typeof Auth0Config>;

/** Auth0's events carry the whole profile: people are read for their memberships only. */
export function policyOf(config: Auth0Config): Policy {
  const { organization } = config;
  return createPolicy({
    ...{ ...config, ...settingsOf(config) },
    organization: typeof organization === 'string' ? organization : { organizations: organization },
    ...{ readsOnEvents: config.api !== undefined, readsPeople: false },
  });
}

/** What the configuration makes of people's attributes, where that is not the usual. */
export const mappingOf = once((config: Mappable) => createMapping(config, 'user_id'));
