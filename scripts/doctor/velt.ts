import type { Policy } from '../../lib/directory/policy.ts';
import { CallRefused } from '../../lib/errors.ts';
import { createVelt } from '../../lib/velt/client.ts';
import { CredentialsRefused } from '../../lib/velt/outcome.ts';
import type { RequestDeps } from '../../lib/velt/request.ts';
import { type KeySettings, VeltCredentials } from '../../lib/velt/schema.ts';
import { createSettingsReader } from '../../lib/velt/settings.ts';
import { type Found, looked, note, ok, wrong } from './finding.ts';
import { objectIn, type ReadSecret } from './secrets.ts';

export interface VeltRoomDeps extends Omit<RequestDeps, 'credentials'> {
  readSecret: ReadSecret;
  policies: ReadonlyMap<string, Pick<Policy, 'organizationIds'>>;
}

const PATIENCE_MS = 20_000;
/** So many organizations are asked for somebody. */
const ASKED = 3;

/**
 * Whether Velt accepts the credentials, has a switch on that undoes a removal, and lists people ("advanced queries"). Reads only, and
 * says nothing of whom it listed.
 */
export async function lookAtVelt({ readSecret, policies, ...deps }: VeltRoomDeps): Promise<Found[]> {
  const credentials = VeltCredentials.safeParse(objectIn((await readSecret('velt')) ?? '')).data;
  if (!credentials) return [note('Velt is not asked: the secret velt has no credentials of use.')];
  const requests = { ...deps, credentials: async () => credentials };
  const deadline = () => deps.clock() + PATIENCE_MS;
  const velt = createVelt({ ...requests, usersAdd: 'v2' });
  const organizations = [...policies.values()].flatMap(({ organizationIds }) => organizationIds);
  const listing = (organizationId: string) => velt.readUsers({ organizationId }, undefined, deadline());

  return looked('Velt', async () => {
    const settings = await settingsOrRefusal(() => createSettingsReader(requests)(deadline()));
    if (settings instanceof CredentialsRefused) return [refused(settings)];
    const queries = () => lookAtQueries([...new Set(organizations)], listing);
    return [...switchesIn(settings), ...(await looked("Velt's advanced queries", queries))];
  });
}

/** Undefined where Velt does not tell them: a Velt of one's own may have no such call. */
async function settingsOrRefusal(
  read: () => Promise<KeySettings>,
): Promise<KeySettings | CredentialsRefused | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CredentialsRefused) return error;
    if (error instanceof CallRefused) return undefined;
    throw error;
  }
}

function refused({ message }: CredentialsRefused): Found {
  return wrong(
    `${message}.`,
    'Compare apiKey and authToken in the secret velt with console.velt.dev, and that the token is one of that key.',
  );
}

/** Switches of the console by which somebody who was removed comes back, or gets in all the same. */
const SWITCHES: {
  name: string;
  undoes: (settings: KeySettings) => boolean | undefined;
  what: string;
  mend: string;
}[] = [
  {
    name: 'automatic users',
    undoes: ({ requireAutoOrgUser }) => requireAutoOrgUser,
    what: 'creates users by itself: who was removed is back with their next login',
    mend: 'Switch off "Auto-create Organization Users" (requireAutoOrgUser) at console.velt.dev.',
  },
  {
    name: 'public documents',
    undoes: ({ defaultDocumentAccessType: type }) => (type === undefined ? undefined : type === 'public'),
    what: 'makes documents public: who was removed from the organization still gets in',
    mend: 'Set the default access type to organizationPrivate or restricted (defaultDocumentAccessType) at console.velt.dev.',
  },
  {
    name: 'no token required',
    undoes: ({ requireJwtToken }) => (requireJwtToken === undefined ? undefined : !requireJwtToken),
    what: 'asks for no token: anybody may claim to be anybody, also who was removed',
    mend: 'Switch on the JWT token requirement (requireJwtToken) at console.velt.dev.',
  },
];

function switchesIn(settings: KeySettings | undefined): Found[] {
  const accepted = settings ? [ok('Velt accepts the credentials.')] : [];
  const found = SWITCHES.flatMap(({ name, undoes, what, mend }) => {
    const isOn = settings && undoes(settings);
    if (isOn === undefined) return [note(`Velt's switch "${name}" cannot be read.`, `Look at it: ${mend}`)];
    return isOn ? [wrong(`Velt ${what}.`, mend)] : [];
  });
  return [...accepted, ...(found.length > 0 ? found : [ok('No switch of Velt undoes a removal.')])];
}

/** An empty list proves nothing: it is what Velt may answer without advanced queries. */
async function lookAtQueries(
  organizations: string[],
  listing: (organizationId: string) => Promise<{ users: unknown[] }>,
): Promise<Found[]> {
  for (const organizationId of organizations.slice(0, ASKED))
    try {
      const { users } = await listing(organizationId);
      if (users.length > 0) return [ok('Advanced queries are on: Velt lists people.')];
    } catch (error) {
      if (!(error instanceof CallRefused)) throw error;
      if (/advanced quer/i.test(error.message))
        return [
          note('Advanced queries are off: there can be no read-back.', 'Switch them on at console.velt.dev.'),
        ];
    }
  const asked = organizations.slice(0, ASKED).join(', ');
  return [note(`Velt lists nobody in ${asked}: advanced queries are off, or nobody is there yet.`)];
}
