import * as z from 'zod';
import { createPolicy, type Policy } from '../../directory/policy.ts';
import { createMapping, type Mappable, once, settingsOf } from '../mapping.ts';
import { checkMapping, type Paths } from '../mapping-check.ts';
import { Api, common, InGroups, mapped, Name, Placement } from '../settings.ts';

/** Beside custom ones, the attributes that every Okta profile has (developer.okta.com/docs/api/openapi, UserProfile, 2026.06.3). */
const PERSONAL = [
  ...['login', 'email', 'secondEmail', 'firstName', 'middleName', 'lastName', 'displayName', 'nickName'],
  ...['mobilePhone', 'primaryPhone', 'streetAddress', 'postalAddress', 'profileUrl', 'manager'],
];

/** What an org lets people edit themselves until it says otherwise (developer.okta.com/docs/reference/api/schemas, default permissions). */
const OWN = ['firstName', 'lastName', 'secondEmail', 'mobilePhone'];

const paths: Paths = {
  faultOf: (path) => {
    const isKnown = path[0] === 'profile' ? path.length === 2 : path[0] === 'id' && path.length === 1;
    return isKnown ? undefined : 'Okta has "id" and "profile.…"';
  },
  isInEvents: ([root, attribute]) => root === 'id' || attribute === 'login',
  isOwn: ([root, attribute = '']) => root === 'profile' && OWN.includes(attribute),
  isPersonal: ([root, attribute = '']) => root === 'profile' && PERSONAL.includes(attribute),
};

const Settings = z.strictObject({
  kind: z.literal('okta'),
  users: z
    .union([z.literal('all'), z.strictObject({ application: Name }), InGroups], {
      error: 'write "all", { "application": "0oa…" } or { "groups": ["…"] }',
    })
    .default('all')
    .describe('Who is mirrored: everyone, those assigned to an application (its id), or members of groups'),
  organization: z
    .union([Name, ...Placement.options], {
      error:
        'write one Velt organization, { "attribute": "profile.…", "map": { "…": "velt-organization" } } or { "groups": { "…": "velt-organization" } }',
    })
    .describe("The Velt organization that this Okta org's users belong to, or what says it of each of them"),
  header: Name.default('authorization').describe('The header that carries the credential'),
  api: Api.optional().describe(
    'Read people from the API when an event names them; credentials in the directory secret',
  ),
  partnerEventSource: z
    .string()
    .regex(/^aws\.partner\/okta\.com\/./, 'a partner event source of Okta is called aws.partner/okta.com/…')
    .optional()
    .describe("The EventBridge event source of this Okta org's log stream, by its whole name"),
  ...common,
  ...mapped,
});
export const OktaConfig = Settings.superRefine(checkMapping(paths));
export type OktaConfig = z.infer<typeof OktaConfig>;

/** The application that decides who is mirrored, if one does. */
export function applicationOf({ users }: Pick<OktaConfig, 'users'>): string | undefined {
  return typeof users === 'object' && 'application' in users ? users.application : undefined;
}

/** Okta has no roles in organizations. Its events say too little of people, who are read where there is an API. */
export function policyOf(config: OktaConfig): Policy {
  const roles = { include: [], exclude: [] };
  const { organization } = config;
  const isNamed = typeof organization === 'object' && 'map' in organization;
  const reads = config.api !== undefined;
  return createPolicy({
    ...{ ...config, ...settingsOf(config), roles },
    organization: isNamed ? { attribute: Object.values(organization.map) } : organization,
    ...{ readsOnEvents: reads, readsPeople: reads },
  });
}

/** What the configuration makes of people's attributes, where that is not the usual. */
export const mappingOf = once((config: Mappable) => createMapping(config, 'id'));
