import * as z from 'zod';

/** The parts of a source's configuration that several kinds of source have in common. */

export const Name = z.string().min(1);

const Pattern = Name.describe(
  'A group id, or a group name in which * stands for any characters; upper and lower case are alike',
);

/** Names to take and names to leave; what is in neither list is left. */
export const Patterns = z
  .strictObject({ include: z.array(Pattern).default(['*']), exclude: z.array(Pattern).default([]) })
  .prefault({});

export const InGroups = z.strictObject({ groups: z.array(Pattern).min(1) });

const Role = z.enum(['viewer', 'editor']);
const whose = {
  group: Pattern.optional().describe('Members of these groups; absent = every user of the source'),
  organizationId: Name.optional().describe('Only in this Velt organization; absent = in each of theirs'),
};
const Access = z.strictObject({ ...whose, role: Role });

const Grant = z
  .strictObject({
    ...whose,
    role: Role.optional().describe(
      "Velt's accessRole in it: of several the higher one; absent = editor where another grant of it has a role",
    ),
    folderId: Name.optional(),
    documentId: Name.optional(),
  })
  .refine((grant) => (grant.folderId === undefined) !== (grant.documentId === undefined), {
    message: 'a grant names either a folderId or a documentId',
  });

const policy = z.enum(['remove', 'keep']).default('remove');
const UserId = z.enum(['id', 'email', 'lower-case-email']);
const USER_ID =
  "What Velt's userId is: the vendor's user id, or the e-mail address, as the vendor writes it or in lower case";
const IDENTIFY = 'It must equal what your product gives to identify()';

/** What every source has. */
export const common = {
  removed: z
    .boolean()
    .optional()
    .describe(
      'Treats the source as if it were not here; npm run sync -- remove-source then takes its people out of Velt',
    ),
  deprovision: z
    .strictObject({ deactivated: policy, suspended: policy, deleted: policy })
    .prefault({})
    .describe('What becomes in Velt of people who are deactivated, suspended or blocked, or deleted'),
  userId: UserId.default('id').describe(`${USER_ID}. ${IDENTIFY}`),
  groups: Patterns.describe('Which groups become Velt user groups'),
  access: z
    .array(Access)
    .default([])
    .describe(
      "Velt's accessRole in the organization, by group: of several the higher one; whom no rule means is an editor. Absent = no roles are told",
    ),
  grants: z.array(Grant).default([]).describe('Folder and document access in Velt, by group or for everyone'),
};

const Keys = z.array(Name).min(1).describe('The same as a list of keys, where one of them has a dot in it');
const Dotted = z
  .string()
  .regex(/^[^.{}]+(?:\.[^.{}]+)*$/, 'a path is made of keys with dots between them')
  .describe("The path of the vendor's attribute, as profile.department or app_metadata.plan");
const Template = z
  .string()
  .max(1_000)
  .regex(
    /^[^{}]*(?:\{[^.{}]+(?:\.[^.{}]+)*\}[^{}]*)+$/,
    'a template has paths in braces: {profile.firstName} {profile.lastName}',
  )
  .describe(
    'Paths in braces, with other text between them; of no use while one of the attributes is missing',
  );
const lower = z.boolean().optional().describe('In lower case');
const RULE = 'a path, { "path": "…" }, { "template": "{…} {…}" } or { "constant": "…" }';
const Rule = z
  .union(
    [
      Dotted,
      z.strictObject({ path: z.union([Dotted, Keys]), lower }),
      z.strictObject({ template: Template, lower }),
      z.strictObject({ constant: Name }),
    ],
    { error: `write ${RULE}` },
  )
  .meta({ id: 'rule' });
const Rules = z
  .union([Rule, z.array(Rule).min(1)], { error: `write ${RULE}, or a list of these` })
  .meta({ id: 'rules' });
const attribute = Rules.nullish();

/** What a source has whose vendor shows more of people than their names and addresses. */
export const mapped = {
  userId: z
    .union([UserId, Rules], {
      error: 'write "id", "email", "lower-case-email", or the path of an attribute, or rules',
    })
    .default('id')
    .describe(`${USER_ID}, or what rules make of the vendor's attributes. ${IDENTIFY}`),
  attributes: z
    .strictObject({
      name: attribute,
      email: attribute,
      photoUrl: attribute,
      initial: attribute,
      color: attribute,
      textColor: attribute,
      plan: attribute,
      type: attribute,
    })
    .optional()
    .describe(
      "What Velt's other user fields are made of: a rule, a list of which the first that gives a text counts, or null, which is never told",
    ),
  expiresAt: Rules.optional().describe(
    'When somebody is to leave Velt: a date, which counts whole in UTC, or a time with its zone. Who has none stays',
  ),
  profile: z
    .literal('ids')
    .optional()
    .describe('Velt is told nothing of people but ids, for those who keep user data themselves'),
};
export type UserIdSetting = z.infer<typeof mapped.userId>;
export type AttributeRules = NonNullable<z.infer<typeof mapped.attributes>>;
export type Rules = z.infer<typeof Rules>;
export type Rule = z.infer<typeof Rule>;

/** Velt organizations by what stands for each at the vendor. */
export const organizationsBy = (key: z.ZodType<string, string>) =>
  z.record(key, Name).refine((map) => Object.keys(map).length > 0, {
    message: 'name at least one organization: nobody is in Velt by an empty map',
  });

/** Where an attribute, or groups, say in which Velt organization somebody is. */
export const Placement = z.union([
  z.strictObject({
    attribute: Rules.describe('A rule, or a list of which the first counts whose text is in the map'),
    map: organizationsBy(Name).describe(
      'Velt organizations by what the attribute says; who has none is not in Velt',
    ),
  }),
  z.strictObject({
    groups: organizationsBy(Pattern).describe(
      'Velt organizations by group: members of several are in several, and whoever is in none is not in Velt',
    ),
  }),
]);
export type Placement = z.infer<typeof Placement>;
export type OrganizationSetting = string | Record<string, string> | Placement;

/** The share of a vendor's rate limits that runs leave to others too, where no `api` is configured. */
export const DEFAULT_HEADROOM = 0.2;

const Headroom = z.number().min(0).max(0.9).default(DEFAULT_HEADROOM);
export const Api = z.strictObject({
  headroom: Headroom.describe(
    "The share of the vendor's rate limit that is left to the customer's other tools",
  ),
});
