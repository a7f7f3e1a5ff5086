import { expect } from 'vitest';
import { readConfig } from '../../lib/config.ts';
import type { Auth0Config } from '../../lib/sources/auth0/config.ts';
import { eventTypes } from '../../lib/sources/auth0/inbound.ts';
import type { OktaConfig } from '../../lib/sources/okta/config.ts';
import { okta as oktaFace } from '../../lib/sources/okta/inbound.ts';
import { createAuth0 } from '../../local/doubles/auth0/auth0.ts';
import { createOkta } from '../../local/doubles/okta/okta.ts';
import { createVelt, type VeltOptions } from '../../local/doubles/velt/velt.ts';
import { credentialOf, streamBody } from '../../scripts/auth0-recipe.ts';
import type { AwsReads } from '../../scripts/doctor/deployed.ts';
import { type DoctorDeps, examine } from '../../scripts/doctor/doctor.ts';
import type { Finding } from '../../scripts/doctor/finding.ts';
import type { SecretName } from '../../scripts/doctor/secrets.ts';
import { doctorText } from '../../scripts/doctor/text.ts';
import { hookBody } from '../../scripts/okta-recipe.ts';
import { makeClock } from './factories.ts';

const VELT = 'https://api.velt.dev';
const ORG = 'https://acme.okta.com';
const TENANT = 'https://acme.eu.auth0.com';
const WEBHOOKS = 'https://hooks.example.com/webhooks/';
const SSWS = '00-ssws-canary';
const OWN = { apiKey: 'api-key-canary', authToken: 'auth-token-canary' };
const CLIENT = { clientId: 'client-id-canary', clientSecret: 'client-secret-canary' };

/** Whatever is secret or personal in a made stage has it in its value. */
const CANARY = 'canary';

/** Velt's switches, so that a removal holds. */
export const SAFE = {
  requireAutoOrgUser: false,
  defaultDocumentAccessType: 'organizationPrivate',
  requireJwtToken: true,
} as const;

/** A stage in which all is well, by the doubles of Okta, Auth0 and Velt; each part of it can be spoilt. */
export async function makeStage({
  sources = {},
  velt: veltOptions = {},
}: {
  sources?: { okta?: object; auth0?: object };
  velt?: Partial<VeltOptions>;
} = {}) {
  const time = makeClock();
  const { clock } = time;
  const config = readConfig({
    sources: {
      okta: { kind: 'okta', organization: 'acme', ...sources.okta },
      auth0: { kind: 'auth0', organization: 'acme', ...sources.auth0 },
    },
  });
  const velt = createVelt({ ...OWN, clock, settings: SAFE, ...veltOptions });
  velt.byHand.add('acme', { userId: 'canary-ada', name: 'Ada Canary' });
  const okta = createOkta({
    orgUrl: ORG,
    ssws: SSWS,
    clock,
    challenge: async (_url, headers) => ({
      status: 200,
      body: JSON.stringify({ verification: headers['x-okta-verification-challenge'] }),
    }),
  });
  const auth0 = createAuth0({
    ...{ tenantUrl: TENANT, clock, random: () => 0, ...CLIENT },
    directory: { organizations: [{ id: 'org_1', name: 'acme' }] },
    deliver: async () => ({ status: 401 }),
  });
  const secrets: Partial<Record<SecretName, string>> = {
    velt: JSON.stringify(OWN),
    webhooks: JSON.stringify({ okta: { current: 'hook-canary' }, auth0: { current: 'stream-canary' } }),
    directory: JSON.stringify({ okta: { url: ORG, ssws: SSWS }, auth0: { url: TENANT, ...CLIENT } }),
  };
  const aws = makeAws();

  const http: DoctorDeps['http'] = async ({ method, url, headers, body }) => {
    const { origin, pathname, search } = new URL(url);
    const request = { method, path: pathname + search, headers, ...(body !== undefined && { body }) };
    if (origin === ORG) return okta.answer(request);
    if (origin === TENANT) return auth0.handle(request);
    const reply = velt.handle({ ...request, body: body ?? '' });
    if ('misbehaviour' in reply) throw new Error(reply.misbehaviour);
    return reply;
  };

  const asAdmin = async (method: 'POST' | 'PUT' | 'DELETE', path: string, body?: object) => {
    const answer = await okta.answer({
      ...{ method, path: `/api/v1/eventHooks${path}`, headers: { authorization: `SSWS ${SSWS}` } },
      ...(body && { body: JSON.stringify(body) }),
    });
    return answer.body === '' ? undefined : JSON.parse(answer.body);
  };
  const oktaHook = {
    ...{ domain: 'acme.okta.com', url: `${WEBHOOKS}okta`, name: 'ours', header: 'authorization' },
    eventTypes: oktaFace.eventTypes(config.sources.okta as OktaConfig),
  };
  const { id: hook } = await asAdmin('POST', '', hookBody(oktaHook, 'hook-canary'));
  await asAdmin('POST', `/${hook}/lifecycle/verify`);

  const grant = {
    grant_type: 'client_credentials',
    client_id: CLIENT.clientId,
    client_secret: CLIENT.clientSecret,
  };
  const json = { 'content-type': 'application/json' };
  const given = auth0.handle({
    ...{ method: 'POST', path: '/oauth/token', headers: json },
    body: JSON.stringify({ ...grant, audience: `${TENANT}/api/v2/` }),
  });
  const authorization = `Bearer ${JSON.parse(given.body).access_token}`;
  const asTenant = (method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object) =>
    auth0.handle({
      ...{ method, path: `/api/v2/event-streams${path}`, headers: { ...json, authorization } },
      ...(body && { body: JSON.stringify(body) }),
    });
  const auth0Stream = {
    ...{ domain: 'acme.eu.auth0.com', url: `${WEBHOOKS}auth0`, name: 'ours' },
    ...{ scheme: 'bearer' as const, header: 'authorization' },
    eventTypes: eventTypes(config.sources.auth0 as Auth0Config),
  };
  const made = asTenant('POST', '', streamBody(auth0Stream, credentialOf('stream-canary')));
  const { id: stream } = JSON.parse(made.body);

  const deps: DoctorDeps = {
    ...{ stage: 'prod', flags: ' --stage prod', config, http, aws: aws.reads, veltUrl: VELT },
    readSecret: async (name) => secrets[name],
    awsDate: async () => new Date(time.now).toUTCString(),
    ...{ clock, random: () => 0, sleep: time.sleep },
  };
  return {
    ...{
      time,
      velt,
      okta,
      auth0,
      secrets,
      aws,
      deps,
      hook,
      stream,
      oktaHook,
      auth0Stream,
      asAdmin,
      asTenant,
    },
    /** What is found; nothing secret or personal is ever in it. */
    examine: (change: Partial<DoctorDeps> = {}) => examine({ ...deps, ...change }),
  };
}

export type MadeStage = Awaited<ReturnType<typeof makeStage>>;

/** A stack in which everything is on; what is taken out of a map is not there. */
function makeAws() {
  const name = (part: string) => `velt-directory-sync-prod-${part}`;
  const topic = `arn:aws:sns:eu-central-1:123456789012:${name('alarms')}`;
  const schedules = new Map(['backfill', 'catch-up', 'sweep'].map((part) => [name(part), true]));
  schedules.set(name('read-back'), false);
  const feeds = new Map([['uuid-of-deliver', true]]);
  const rules = new Map([[`aws.partner/okta.com/acme|${name('okta')}`, true]]);
  const alarms = new Map(['changes-old', 'parked'].map((part) => [name(part), [topic]]));
  const topics = new Map([[topic, { confirmed: 1, pending: 0 }]]);
  const of = (type: string, map: Map<string, unknown>) => [...map.keys()].map((id) => ({ type, id }));
  const resources = [
    ...of('AWS::Scheduler::Schedule', schedules),
    ...of('AWS::Lambda::EventSourceMapping', feeds),
    ...of('AWS::Events::Rule', rules),
    ...of('AWS::CloudWatch::Alarm', alarms),
  ];
  const reads: AwsReads = {
    deployed: async () => ({ webhookUrl: WEBHOOKS, buses: ['aws.partner/okta.com/acme'], resources }),
    schedule: async (id) => schedules.get(id),
    feed: async (id) => feeds.get(id),
    rule: async (id) => rules.get(id),
    alarms: async () => [...alarms].map(([name, tells]) => ({ name, tells })),
    subscribers: async (arn) => topics.get(arn),
  };
  return { reads, schedules, feeds, rules, alarms, topics, topic, resources, name };
}

/** The findings of one level, a line each. */
export function linesOf(findings: Finding[], ...levels: Finding['level'][]): string[] {
  return findings
    .filter(({ level }) => levels.includes(level))
    .map(({ room, what, mend }) => [room, what, mend].filter(Boolean).join(' '));
}

/** One thing that is wrong with a stage, and the lines that `doctor` finds by it. */
export interface Fault {
  fault: string;
  made?: Parameters<typeof makeStage>[0];
  plant?: (stage: MadeStage) => unknown;
  found: RegExp[];
}

export const byName = (faults: Fault[]) => faults.map((fault) => [fault.fault, fault] as const);

/** That exactly this is found, each with its mend, and nothing secret or personal is said. */
export async function expectFound({ made, plant, found }: Fault): Promise<void> {
  const stage = await makeStage(made);
  await plant?.(stage);

  const examined = await stage.examine();

  const lines = linesOf(examined.findings, 'wrong', 'unchecked');
  expect(lines).toEqual(found.map((words) => expect.stringMatching(words)));
  expect(examined.findings.filter(({ level, mend }) => level === 'wrong' && !mend)).toEqual([]);
  expect(examined.isHealthy).toBe(false);
  expect(JSON.stringify(examined) + doctorText(examined)).not.toMatch(new RegExp(CANARY, 'i'));
}

/** Puts something else into a secret. */
export const edited = (name: SecretName, edit: (value: Record<string, unknown>) => object) => {
  return ({ secrets }: MadeStage) => {
    secrets[name] = JSON.stringify(edit(JSON.parse(secrets[name] ?? '')));
  };
};

/** The body of a hook, as Okta takes it; another credential makes it unverified. */
export function hookOf({ name, url, header, eventTypes }: MadeStage['oktaHook'], credential = 'hook-canary') {
  const authScheme = { type: 'HEADER', key: header, value: credential };
  return {
    name,
    events: { type: 'EVENT_TYPE', items: eventTypes },
    channel: { type: 'HTTP', version: '1.0.0', config: { uri: url, headers: [], authScheme } },
  };
}
