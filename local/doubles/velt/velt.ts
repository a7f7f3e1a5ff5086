import { createHash } from 'node:crypto';
import * as z from 'zod';
import { type Handle, type HttpAnswer, json, type Misbehaviour, startHttpServer } from '../http-server.ts';

// A double of Velt's REST API for users, user groups and organizations, after docs.velt.dev
// api-reference/rest-apis (v1/users/add-users, v2/users/*, v2/user-groups/*, v2/organizations/add-organizations)
// as of 2026-08-19. It is strict where Velt documents a rule; where Velt's answer is not documented,
// an option lets a test take either side.

const MAX_USERS_PER_CALL = 500;
const MAX_IDS_PER_READ = 30;
const DEFAULT_PAGE_SIZE = 1000;

// The Firebase callable mapping; Velt itself confirms INVALID_ARGUMENT = 400 and INTERNAL = 500 only.
const HTTP_STATUS = {
  INVALID_ARGUMENT: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
} as const;

export type Credentials = { apiKey: string; authToken: string };

/** The sides a test may take where Velt's behaviour is not documented; the defaults come first. */
export type VeltOptions = Credentials & {
  /** What adding a known user does: replaces its profile, or fails the item and changes nothing. */
  repeatAdd?: 'added' | 'already-exists';
  /** Where a map with a failing item is put: `result.data` (200), or HTTP 500 with `error.details` or `error.data`. */
  partialFailure?: 'result' | 'error-500' | 'error-data';
  /** Whether a user deleted from an organization stays a member of its groups. Default true. */
  deleteKeepsGroups?: boolean;
  /** What adding to an unknown folder or document without a create flag does. */
  missingScope?: 'created' | 'not-found';
  /** OpenAPI calls a user's e-mail required, the Node SDK optional. Default false. */
  requireEmail?: boolean;
  /** Without "advanced queries" on the key, listing users "fails or returns nothing". */
  advancedQueries?: 'on' | 'empty' | 'refused';
  random?: () => number;
  /** Milliseconds since the epoch. */
  clock?: () => number;
};

const faultRule = z.strictObject({
  match: z
    .strictObject({
      path: z.string().optional(),
      userId: z.string().optional(),
      groupId: z.string().optional(),
      organizationId: z.string().optional(),
    })
    .default({}),
  times: z.number().int().positive().default(Number.MAX_SAFE_INTEGER),
  probability: z.number().min(0).max(1).default(1),
  applied: z.boolean().default(false),
  answer: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('status'),
      status: z.number().int(),
      errorStatus: z.string().optional(),
      message: z.string().optional(),
      retryAfterSeconds: z.number().optional(),
    }),
    z.strictObject({ kind: z.literal('refuse-item'), reason: z.string(), code: z.string().optional() }),
    z.strictObject({
      kind: z.literal('refuse-call'),
      status: z.number().int(),
      errorStatus: z.string(),
      message: z.string(),
    }),
    z.strictObject({ kind: z.literal('omit-item') }),
    z.strictObject({ kind: z.literal('hang') }),
    z.strictObject({ kind: z.literal('reset') }),
    z.strictObject({ kind: z.literal('slow'), ms: z.number() }),
    z.strictObject({ kind: z.literal('garbage'), body: z.string() }),
  ]),
});

/**
 * One misbehaviour. `match` (all given must hold; `path` is a prefix, an id must be named in the call) says
 * which valid calls it meets, `times` for how many of them, `probability` how likely. `applied` lets the state
 * change although the answer is a fault. `refuse-item` and `omit-item` touch the matching items only, and add
 * up; of the others the first matching rule decides. `slow` is a true answer, late: always applied.
 */
export type FaultRule = z.input<typeof faultRule>;
type ActiveFault = z.output<typeof faultRule>;

/** One request as Velt saw it. `effective`: it changed the state. */
export type VeltCall = {
  at: number;
  path: string;
  body: unknown;
  status: number | 'hang' | 'reset';
  effective: boolean;
};

export type VeltState = {
  organizations: Record<
    string,
    {
      users: Record<string, Profile>;
      groups: Record<string, { groupName: string; members: string[] }>;
      folders: Record<string, string[]>;
      documents: Record<string, string[]>;
    }
  >;
};

type Profile = Record<string, unknown>;
type Scope = Map<string, Profile>;
type Group = { groupName: string; members: Set<string> };
type Organization = {
  name?: string;
  users: Scope;
  groups: Map<string, Group>;
  folders: Map<string, Scope>;
  documents: Map<string, Scope>;
};

type Item = {
  success: boolean;
  message: string;
  id?: string;
  organizationUserGroupId?: string;
  code?: string;
};
type ItemKind = 'userId' | 'groupId' | 'organizationId';
type DoItem = (kind: ItemKind, id: string, work: () => Item) => void;
type Done = { message: string; data?: unknown; nextPageToken?: string };
type Endpoint = { schema: z.ZodType; run: (data: unknown, item: DoItem) => Done };

class Refused extends Error {
  override name = 'Refused';
  status: keyof typeof HTTP_STATUS;
  details: unknown;
  constructor(status: keyof typeof HTTP_STATUS, message: string, details?: unknown) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

const id = z.string().min(1);
const text = z.string().optional();
const flag = z.boolean().optional();
const hexColor = z
  .string()
  .regex(/^#?[0-9a-f]{3,8}$/i)
  .optional();
const profileFields = {
  photoUrl: z.url().optional(),
  plan: text,
  type: text,
  color: hexColor,
  textColor: hexColor,
  initial: text,
  isAdmin: flag,
  isReadOnly: flag,
  isAnonymous: flag,
  isGuest: flag,
};
const accessRole = z.enum(['viewer', 'editor']).optional();
const scopeFields = { organizationId: id, folderId: id.optional(), documentId: id.optional() };
type ScopeOf = { folderId?: string | undefined; documentId?: string | undefined };
const inOneScope = ({ folderId, documentId }: ScopeOf) => folderId === undefined || documentId === undefined;
const scopeIssue = { message: 'Give folderId or documentId', path: ['documentId'] };
const list = <T extends z.ZodType>(item: T) => z.array(item).min(1).max(MAX_USERS_PER_CALL);

/** `id` in Velt's answers is the md5 hex of the client's id (seen in samples of docs.velt.dev). */
const veltId = (clientId: string) => createHash('md5').update(clientId).digest('hex');

/**
 * Velt in memory, without sockets. `handle` answers a request as Velt documents it, or returns a misbehaviour
 * asked for through `faults`; it never throws. Header names are matched without case. Only valid calls meet
 * faults, so a fault never hides a call Velt would refuse. A repeated add replaces the whole profile: which of
 * Velt's stored fields outlive it is not documented.
 */
export function createVelt(options: VeltOptions) {
  const { repeatAdd = 'added', partialFailure = 'result', deleteKeepsGroups = true } = options;
  const { missingScope = 'created', requireEmail = false, advancedQueries = 'on' } = options;
  const { random = Math.random, clock = Date.now } = options;
  let credentials: Credentials = { apiKey: options.apiKey, authToken: options.authToken };
  const organizations = new Map<string, Organization>();
  const calls: VeltCall[] = [];
  let rules: ActiveFault[] = [];
  let changed = false;

  const openOrganization = (organizationId: string): Organization => {
    const known = organizations.get(organizationId);
    if (known) return known;
    const created = { users: new Map(), groups: new Map(), folders: new Map(), documents: new Map() };
    organizations.set(organizationId, created);
    changed = true;
    return created;
  };

  const findScope = (organization: Organization | undefined, { folderId, documentId }: ScopeOf) => {
    if (folderId !== undefined) return organization?.folders.get(folderId);
    if (documentId !== undefined) return organization?.documents.get(documentId);
    return organization?.users;
  };

  const scopesOf = (organization: Organization | undefined): Scope[] =>
    organization
      ? [organization.users, ...organization.folders.values(), ...organization.documents.values()]
      : [];

  const openScope = (organization: Organization, scope: ScopeOf): Scope => {
    const known = findScope(organization, scope);
    if (known) return known;
    const created: Scope = new Map();
    if (scope.folderId !== undefined) organization.folders.set(scope.folderId, created);
    if (scope.documentId !== undefined) organization.documents.set(scope.documentId, created);
    changed = true;
    return created;
  };

  const put = (scope: Scope, userId: string, profile: Profile) => {
    if (canonical(scope.get(userId)) === canonical(profile)) return;
    scope.set(userId, profile);
    changed = true;
  };

  const addUsersTo = (version: 'v1' | 'v2') => {
    const user = z.strictObject({
      userId: id,
      name: id,
      email: requireEmail ? z.email() : z.email().optional(),
      ...profileFields,
      ...(version === 'v2' && { accessRole }),
    });
    const createFlags = { createOrganization: flag, createFolder: flag, createDocument: flag };
    const schema = z.strictObject({
      ...scopeFields,
      users: list(user),
      ...(version === 'v2' && createFlags),
    });
    return endpoint(schema.refine(inOneScope, scopeIssue), (data, item) => {
      const { createFolder, createDocument } = data as { createFolder?: boolean; createDocument?: boolean };
      const mayCreate = missingScope === 'created' || createFolder === true || createDocument === true;
      if (!mayCreate && hasScope(data) && !findScope(organizations.get(data.organizationId), data)) {
        throw new Refused('NOT_FOUND', 'Folder or document does not exist');
      }
      const scope = openScope(openOrganization(data.organizationId), data);
      for (const { userId, ...profile } of data.users) {
        item('userId', userId, () => {
          if (repeatAdd === 'already-exists' && scope.has(userId)) {
            const message = 'User already exists';
            return { success: false, id: veltId(userId), message, code: 'already-exists' };
          }
          put(scope, userId, profile);
          return { success: true, id: veltId(userId), message: 'User added.' };
        });
      }
      return { message: 'User(s) processed successfully.' };
    });
  };

  const updateUsers = endpoint(
    z
      .strictObject({
        ...scopeFields,
        users: list(
          z.strictObject({
            userId: id,
            name: id.optional(),
            email: z.email().optional(),
            ...profileFields,
            accessRole,
          }),
        ),
      })
      .refine(inOneScope, scopeIssue),
    (data, item) => {
      const scope = findScope(organizations.get(data.organizationId), data);
      for (const { userId, ...profile } of data.users) {
        item('userId', userId, () => {
          const known = scope?.get(userId);
          if (!scope || !known)
            return { success: false, id: veltId(userId), message: 'User does not exist.' };
          put(scope, userId, { ...known, ...profile });
          return { success: true, id: veltId(userId), message: 'User updated.' };
        });
      }
      return { message: 'User(s) processed successfully.' };
    },
  );

  const deleteUsers = endpoint(
    z.strictObject({ ...scopeFields, userIds: list(id) }).refine(inOneScope, scopeIssue),
    (data, item) => {
      const organization = organizations.get(data.organizationId);
      const named = findScope(organization, data);
      const scopes = hasScope(data) ? (named ? [named] : []) : scopesOf(organization);
      for (const userId of data.userIds) {
        item('userId', userId, () => {
          if (!scopes.some((scope) => scope.has(userId))) {
            return { success: false, message: 'User does not exist.' };
          }
          for (const scope of scopes) scope.delete(userId);
          changed = true;
          if (!deleteKeepsGroups && !hasScope(data)) {
            for (const group of organization?.groups.values() ?? []) group.members.delete(userId);
          }
          return { success: true, message: 'User removed.' };
        });
      }
      return { message: 'User(s) deleted successfully.' };
    },
  );

  const getUsers = endpoint(
    z
      .strictObject({
        ...scopeFields,
        userIds: z.array(id).max(MAX_IDS_PER_READ).optional(),
        organizationUserGroupIds: z.array(id).max(MAX_IDS_PER_READ).optional(),
        pageSize: z.number().int().positive().optional(),
        pageToken: z.string().optional(),
      })
      .refine(inOneScope, scopeIssue),
    ({ userIds, organizationUserGroupIds, pageSize = DEFAULT_PAGE_SIZE, pageToken, ...of }) => {
      if (advancedQueries === 'refused') throw new Refused('NOT_FOUND', 'Advanced queries are not enabled.');
      if (advancedQueries === 'empty') return { message: 'User(s) retrieved successfully.', data: [] };
      const organization = organizations.get(of.organizationId);
      const inGroups = organizationUserGroupIds?.map((groupId) => organization?.groups.get(groupId)?.members);
      const found = [...(findScope(organization, of) ?? [])]
        .filter(([userId]) => userIds?.includes(userId) ?? true)
        .filter(([userId]) => inGroups?.some((members) => members?.has(userId)) ?? true)
        .sort(byId);
      const from = pageToken === undefined ? 0 : Number(Buffer.from(pageToken, 'base64url').toString());
      if (!Number.isInteger(from)) throw new Refused('INVALID_ARGUMENT', 'Invalid page token.');
      const to = from + pageSize;
      return {
        message: 'User(s) retrieved successfully.',
        data: found.slice(from, to).map(([userId, profile]) => ({ ...profile, userId })),
        ...(to < found.length && { nextPageToken: Buffer.from(String(to)).toString('base64url') }),
      };
    },
  );

  const addOrganizations = endpoint(
    z.strictObject({ organizations: list(z.strictObject({ organizationId: id, organizationName: text })) }),
    (data, item) => {
      for (const { organizationId, organizationName } of data.organizations) {
        item('organizationId', organizationId, () => {
          const organization = openOrganization(organizationId);
          if (organizationName !== undefined && organization.name !== organizationName) {
            organization.name = organizationName;
            changed = true;
          }
          return { success: true, id: veltId(organizationId), message: 'Added Successfully' };
        });
      }
      return { message: 'Organization(s) added successfully.' };
    },
  );

  const addGroups = endpoint(
    z.strictObject({
      organizationId: id,
      organizationUserGroups: list(z.strictObject({ groupId: id, groupName: id })),
      createOrganization: flag,
    }),
    (data, item) => {
      if (!organizations.has(data.organizationId) && !data.createOrganization) {
        throw new Refused('NOT_FOUND', 'Organization does not exist.');
      }
      const { groups } = openOrganization(data.organizationId);
      for (const { groupId, groupName } of data.organizationUserGroups) {
        item('groupId', groupId, () => {
          const known = groups.get(groupId);
          if (known?.groupName !== groupName) {
            groups.set(groupId, { groupName, members: known?.members ?? new Set() });
            changed = true;
          }
          return { success: true, id: veltId(groupId), message: 'Organization user group added.' };
        });
      }
      return { message: 'Organization User Groups added successfully.' };
    },
  );

  const groupFields = { organizationId: id, organizationUserGroupId: id };
  const openGroup = (data: { organizationId: string; organizationUserGroupId: string }) => {
    const organization = organizations.get(data.organizationId);
    const group = organization?.groups.get(data.organizationUserGroupId);
    if (!organization || !group) throw new Refused('NOT_FOUND', 'Organization user group does not exist.');
    return { organization, group };
  };

  const addGroupUsers = endpoint(z.strictObject({ ...groupFields, userIds: list(id) }), (data, item) => {
    const { organization, group } = openGroup(data);
    const { organizationUserGroupId } = data;
    for (const userId of data.userIds) {
      item('userId', userId, () => {
        // docs.velt.dev key-concepts/overview, 2026-08: only organization users can join user groups.
        if (!organization.users.has(userId)) {
          return { success: false, organizationUserGroupId, message: 'User is not an organization user.' };
        }
        if (!group.members.has(userId)) changed = true;
        group.members.add(userId);
        return { success: true, organizationUserGroupId, message: 'User added to organization user group.' };
      });
    }
    return { message: 'Added organization users to group successfully.' };
  });

  const deleteGroupUsers = endpoint(
    z
      .strictObject({ ...groupFields, userIds: list(id).optional(), deleteAll: z.literal(true).optional() })
      .refine((data) => (data.userIds === undefined) !== (data.deleteAll === undefined), {
        message: 'Give userIds or deleteAll',
        path: ['userIds'],
      }),
    (data, item) => {
      const { group } = openGroup(data);
      const { organizationUserGroupId } = data;
      for (const userId of data.userIds ?? [...group.members]) {
        item('userId', userId, () => {
          if (!group.members.delete(userId)) {
            return { success: false, organizationUserGroupId, message: 'User does not exist in group.' };
          }
          changed = true;
          const message = 'User deleted from organization user group.';
          return { success: true, organizationUserGroupId, message };
        });
      }
      return { message: 'Deleted users from group successfully.' };
    },
  );

  const endpoints = new Map<string, Endpoint>([
    ['/v1/users/add', addUsersTo('v1')],
    ['/v2/users/add', addUsersTo('v2')],
    ['/v2/users/update', updateUsers],
    ['/v2/users/delete', deleteUsers],
    ['/v2/users/get', getUsers],
    ['/v2/organizations/add', addOrganizations],
    ['/v2/organizations/usergroups/add', addGroups],
    ['/v2/organizations/usergroups/users/add', addGroupUsers],
    ['/v2/organizations/usergroups/users/delete', deleteGroupUsers],
  ]);

  const drawFaults = (path: string, data: unknown) => {
    const named = idsIn(data);
    const items: ActiveFault[] = [];
    for (const rule of rules) {
      const { path: prefix = '', ...ids } = rule.match;
      const meets =
        rule.times > 0 &&
        path.startsWith(prefix) &&
        Object.entries(ids).every(([kind, wanted = '']) => named[kind as ItemKind].includes(wanted)) &&
        (rule.probability === 1 || random() < rule.probability);
      if (!meets) continue;
      rule.times -= 1;
      if (!ITEM_FAULTS.has(rule.answer.kind)) return { items, call: rule };
      items.push(rule);
    }
    return { items, call: undefined };
  };

  const runEndpoint = (run: Endpoint['run'], data: unknown, faults: ActiveFault[]): HttpAnswer => {
    const map = new Map<string, Item>();
    const done = run(data, (kind, itemId, work) => {
      const fault = faults.find(({ match }) => match[kind] === undefined || match[kind] === itemId);
      const truth = fault && !fault.applied ? undefined : work();
      if (fault?.answer.kind === 'omit-item') return;
      if (fault?.answer.kind === 'refuse-item') {
        const { reason, code } = fault.answer;
        map.set(itemId, { success: false, id: veltId(itemId), message: reason, ...(code && { code }) });
      } else if (truth) map.set(itemId, truth);
    });
    const content = done.data ?? Object.fromEntries(map);
    const failed = [...map.values()].some((entry) => !entry.success);
    if (failed && partialFailure !== 'result') {
      const place = partialFailure === 'error-500' ? 'details' : 'data';
      const error = { message: 'Error processing request.', status: 'INTERNAL', [place]: content };
      return json(HTTP_STATUS.INTERNAL, { error });
    }
    return json(200, { result: { status: 'success', ...done, data: content } });
  };

  const answerTo = (path: string, found: Endpoint, data: unknown): HttpAnswer | Misbehaviour => {
    const { items, call } = drawFaults(path, data);
    const answer = call?.answer;
    if (!answer) return runEndpoint(found.run, data, items);
    if (answer.kind === 'slow') return { ...runEndpoint(found.run, data, items), delayMs: answer.ms };
    if (call.applied) runEndpoint(found.run, data, items);
    return faultAnswer(answer);
  };

  /** @throws {Refused} when Velt would refuse the request before looking at its content. */
  const admit = ({ method, headers, path }: { method: string; headers: Headers; path: string }) => {
    const found = endpoints.get(path);
    if (!found) throw new Refused('NOT_FOUND', 'Not found.');
    if (method !== 'POST') throw new Refused('UNIMPLEMENTED', 'Only POST is supported.');
    if (!/^application\/json\b/i.test(headers.get('content-type') ?? '')) {
      throw new Refused('INVALID_ARGUMENT', 'Content-Type must be application/json.');
    }
    const apiKey = headers.get('x-velt-api-key');
    const authToken = headers.get('x-velt-auth-token');
    if (!apiKey) throw new Refused('INVALID_ARGUMENT', 'API key not found in headers.');
    if (!authToken) throw new Refused('INVALID_ARGUMENT', 'Auth token not found in headers.');
    if (apiKey !== credentials.apiKey) throw new Refused('NOT_FOUND', 'API key not found.');
    if (authToken !== credentials.authToken) throw new Refused('PERMISSION_DENIED', 'Invalid auth token.');
    return found;
  };

  type Request = { method: string; path: string; headers: Record<string, unknown>; body: string };
  const handle = ({ method, path, headers, body }: Request): HttpAnswer | Misbehaviour => {
    changed = false;
    const parsed = parseJson(body);
    const reply = ((): HttpAnswer | Misbehaviour => {
      try {
        const found = admit({ method, path, headers: lowerCased(headers) });
        return answerTo(path, found, validate(found.schema, parsed));
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        const { status, message, details } = error;
        return json(HTTP_STATUS[status], { error: { message, status, ...(details ? { details } : {}) } });
      }
    })();
    const status = 'misbehaviour' in reply ? reply.misbehaviour : reply.status;
    calls.push({ at: clock(), path, body: parsed ?? body, status, effective: changed });
    return reply;
  };

  return {
    handle,
    calls,
    /** A copy of all that Velt holds; ids and members sorted. */
    state: (): VeltState => ({
      organizations: toObject(organizations, ({ users, groups, folders, documents }) => ({
        users: toObject(users, (profile) => ({ ...profile })),
        groups: toObject(groups, ({ groupName, members }) => ({ groupName, members: [...members].sort() })),
        folders: toObject(folders, (scope) => [...scope.keys()].sort()),
        documents: toObject(documents, (scope) => [...scope.keys()].sort()),
      })),
    }),
    faults: {
      /** @throws {z.ZodError} when the rule is malformed. */
      add(rule: FaultRule) {
        rules.push(faultRule.parse(rule));
      },
      clear() {
        rules = [];
      },
    },
    /** What people do at Velt without this API: no call is counted, and no fault is met. */
    byHand: {
      /** Adds somebody to an organization. */
      add(organizationId: string, { userId, ...profile }: { userId: string; name: string; email?: string }) {
        openOrganization(organizationId).users.set(userId, profile);
      },
      rename(organizationId: string, userId: string, name: string) {
        const users = organizations.get(organizationId)?.users;
        users?.set(userId, { ...users.get(userId), name });
      },
      /** Takes somebody out of an organization and everything in it, or out of one of its groups only. */
      forget(organizationId: string, userId: string, groupId?: string) {
        const organization = organizations.get(organizationId);
        for (const [id, { members }] of organization?.groups ?? [])
          if (id === (groupId ?? id)) members.delete(userId);
        if (groupId !== undefined) return;
        for (const scope of scopesOf(organization)) scope.delete(userId);
      },
    },
    /** The old pair is refused at once. */
    setCredentials(next: Credentials) {
      credentials = next;
    },
    /** Forgets everything but the credentials. */
    reset() {
      organizations.clear();
      calls.length = 0;
      rules = [];
    },
  };
}

export type Velt = ReturnType<typeof createVelt>;

/**
 * {@link createVelt} behind HTTP on 127.0.0.1, with three more routes for a process that steers it:
 * `GET /__state` answers `{ state, calls }`, `POST /__faults` adds a rule or an array of them (`DELETE` clears),
 * `POST /__reset` empties everything.
 */
export async function startVelt({ port, ...options }: VeltOptions & { port?: number }) {
  const velt = createVelt(options);
  const steer = ({ method, path, body }: { method: string; path: string; body: string }) => {
    switch (`${method} ${path}`) {
      case 'GET /__state':
        return json(200, { state: velt.state(), calls: velt.calls });
      case 'POST /__reset':
        velt.reset();
        return json(200, {});
      case 'DELETE /__faults':
        velt.faults.clear();
        return json(200, {});
      case 'POST /__faults': {
        const given = z.union([faultRule, z.array(faultRule)]).safeParse(parseJson(body));
        if (!given.success) return json(400, { error: z.prettifyError(given.error) });
        for (const rule of [given.data].flat()) velt.faults.add(rule);
        return json(200, {});
      }
      default:
        return undefined;
    }
  };
  const handle: Handle = (request) => steer(request) ?? velt.handle(request);
  const { url, close } = await startHttpServer({ ...(port !== undefined && { port }), handle });
  return { url, velt, close };
}

type Headers = Map<string, string>;
const ITEM_FAULTS = new Set<ActiveFault['answer']['kind']>(['refuse-item', 'omit-item']);

function endpoint<S extends z.ZodType>(schema: S, run: (data: z.output<S>, item: DoItem) => Done): Endpoint {
  return { schema, run: (data, item) => run(data as z.output<S>, item) };
}

const hasScope = ({ folderId, documentId }: ScopeOf) => folderId !== undefined || documentId !== undefined;

function faultAnswer(answer: ActiveFault['answer']): HttpAnswer | Misbehaviour {
  switch (answer.kind) {
    case 'hang':
    case 'reset':
      return { misbehaviour: answer.kind };
    case 'garbage':
      return { status: 200, headers: { 'content-type': 'text/html' }, body: answer.body };
    case 'refuse-call':
      return json(answer.status, { error: { message: answer.message, status: answer.errorStatus } });
    case 'status': {
      const { status, retryAfterSeconds } = answer;
      const byNumber = Object.entries(HTTP_STATUS).find(([, http]) => http === status)?.[0];
      const error = {
        message: answer.message ?? 'Fault.',
        status: answer.errorStatus ?? byNumber ?? 'UNKNOWN',
      };
      const wait = retryAfterSeconds === undefined ? undefined : { 'retry-after': String(retryAfterSeconds) };
      return json(status, { error }, wait);
    }
    default:
      throw new Error(`${answer.kind} is not an answer of its own`);
  }
}

/** @throws {Refused} with the path of every fault in `details.issues`, as Velt's v2 names fields. */
function validate(schema: z.ZodType, body: unknown): unknown {
  const parsed = z.strictObject({ data: schema }).safeParse(body);
  if (parsed.success) return parsed.data.data;
  const issues = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: 'Unrecognized key' }))
      : [{ path: issue.path.join('.'), message: issue.message }],
  );
  throw new Refused('INVALID_ARGUMENT', issues[0]?.message ?? 'Invalid request.', { issues });
}

function idsIn(data: unknown): Record<ItemKind, string[]> {
  const call = data as {
    organizationId?: string;
    organizations?: { organizationId: string }[];
    users?: { userId: string }[];
    userIds?: string[];
    organizationUserGroupId?: string;
    organizationUserGroups?: { groupId: string }[];
  };
  return {
    userId: call.users?.map(({ userId }) => userId) ?? call.userIds ?? [],
    groupId:
      call.organizationUserGroups?.map(({ groupId }) => groupId) ??
      [call.organizationUserGroupId ?? []].flat(),
    organizationId:
      call.organizations?.map(({ organizationId }) => organizationId) ?? [call.organizationId ?? []].flat(),
  };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const lowerCased = (headers: Record<string, unknown>): Headers =>
  new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value ?? '')]));

const byId = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1);

const canonical = (profile: Profile | undefined) => profile && JSON.stringify(Object.entries(profile).sort());

const toObject = <T, U>(map: Map<string, T>, each: (value: T) => U): Record<string, U> =>
  Object.fromEntries([...map].sort(byId).map(([key, value]) => [key, each(value)]));
