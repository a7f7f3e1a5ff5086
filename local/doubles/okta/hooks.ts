import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { type HttpAnswer, json } from '../http-server.ts';
import { notFound, oktaError } from './error.ts';

const PATH = '/api/v1/eventHooks';
const VERIFY = new RegExp(`^${PATH}/([^/]+)/lifecycle/verify$`);
/** How long Okta waits for the answer to a challenge, and how many challenges it sends. */
const CHALLENGE_MS = 3_000;
const CHALLENGES = 2;

/** Sends one GET to a hook's URL; throws when nothing answers. */
export type Challenge = (
  url: string,
  headers: Record<string, string>,
) => Promise<{ status: number; body: string }>;

const Header = z.object({ key: z.string().min(1), value: z.string() });
const HookBody = z.object({
  name: z.string().min(1),
  description: z.string().nullish(),
  events: z.object({
    type: z.literal('EVENT_TYPE'),
    items: z.array(z.string().min(1)).min(1).max(300),
    filter: z.unknown().optional(),
  }),
  channel: z.object({
    type: z.literal('HTTP'),
    version: z.literal('1.0.0'),
    config: z.object({
      uri: z.url({ protocol: /^https$/ }),
      headers: z.array(Header).default([]),
      authScheme: Header.extend({ type: z.literal('HEADER') }).optional(),
    }),
  }),
});

type Hook = z.infer<typeof HookBody> & {
  id: string;
  status: 'ACTIVE' | 'INACTIVE';
  verificationStatus: 'VERIFIED' | 'UNVERIFIED';
  created: string;
  lastUpdated: string;
};

/** The event hooks of an org by id. */
type Hooks = { orgUrl: string; clock: () => number; byId: Map<string, Hook>; made: number };

/**
 * The event hooks of the Okta double (developer.okta.com/docs/api/openapi, EventHook, 2026.06.3). A hook begins ACTIVE and
 * UNVERIFIED, a new channel makes it UNVERIFIED again, its credential is stored and never shown. Whether an answer of
 * another type than JSON verifies a hook is not documented; here it does.
 */
export function createOktaHooks({
  orgUrl,
  clock,
  challenge = sendChallenge,
}: {
  orgUrl: string;
  clock: () => number;
  challenge?: Challenge | undefined;
}) {
  const hooks: Hooks = { orgUrl, clock, byId: new Map(), made: 0 };

  return {
    owns: (pathname: string) => pathname === PATH || pathname.startsWith(`${PATH}/`),

    /** Answers a request; `verified` is the result of `prove` for the same request. */
    route(
      { method, pathname, body = '' }: { method: string; pathname: string; body?: string | undefined },
      verified: boolean,
    ): HttpAnswer {
      const [id, part, action] = pathname.slice(PATH.length + 1).split('/');
      if (!id && method === 'GET')
        return json(
          200,
          [...hooks.byId.values()].map((hook) => show(hooks, hook)),
        );
      if (!id && method === 'POST') return save(hooks, body);
      const hook = hooks.byId.get(id ?? '');
      if (id && !hook) return notFound(id, 'EventHook');
      if (hook && !part && method === 'GET') return json(200, show(hooks, hook));
      if (hook && !part && method === 'PUT') return save(hooks, body, hook);
      if (hook && !part && method === 'DELETE') return remove(hooks, hook);
      if (hook && part === 'lifecycle' && method === 'POST') return act(hooks, hook, action, verified);
      return oktaError(405, 'E0000022', 'The endpoint does not support the HTTP method');
    },

    /**
     * Whether the hook's URL answers the challenge that a request for a verification makes Okta send, at the second attempt
     * at the latest. Other requests send nothing: false.
     */
    async prove({ method, path }: { method: string; path: string }): Promise<boolean> {
      const hook = hooks.byId.get(VERIFY.exec(path)?.[1] ?? '');
      return hook !== undefined && method === 'POST' && answersChallenge(hook, challenge);
    },
  };
}

/** A hook as the API shows it. */
function show({ orgUrl }: Hooks, hook: Hook): unknown {
  const { channel, events, ...rest } = hook;
  const { authScheme } = channel.config;
  const self = `${orgUrl}${PATH}/${hook.id}`;
  const action = (name: string) => ({
    href: `${self}/lifecycle/${name}`,
    hints: { allow: ['POST'] },
  });
  return {
    ...rest,
    createdBy: '00ub7admn0EXAMPLE0d7',
    events: { ...events, filter: events.filter ?? null },
    channel: {
      ...channel,
      config: {
        ...channel.config,
        method: 'POST',
        ...(authScheme && { authScheme: { type: authScheme.type, key: authScheme.key } }),
      },
    },
    _links: {
      self: { href: self },
      verify: action('verify'),
      ...(hook.status === 'ACTIVE' ? { deactivate: action('deactivate') } : { activate: action('activate') }),
    },
  };
}

/** Creates a hook from the body of a request, or replaces a known one. */
function save(hooks: Hooks, body: string, known?: Hook): HttpAnswer {
  const parsed = HookBody.safeParse(parseJson(body));
  if (!parsed.success) {
    const causes = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    return oktaError(400, 'E0000001', 'Api validation failed: eventHook', causes);
  }
  const now = new Date(hooks.clock()).toISOString();
  const sameChannel = JSON.stringify(known?.channel) === JSON.stringify(parsed.data.channel);
  const hook: Hook = {
    ...parsed.data,
    description: parsed.data.description ?? null,
    id: known?.id ?? `whob7hook${String(hooks.made++).padStart(7, '0')}1d7`,
    status: known?.status ?? 'ACTIVE',
    verificationStatus: known && sameChannel ? known.verificationStatus : 'UNVERIFIED',
    created: known?.created ?? now,
    lastUpdated: now,
  };
  hooks.byId.set(hook.id, hook);
  return json(200, show(hooks, hook));
}

/** Only a hook that is deactivated can be deleted. */
function remove({ byId }: Hooks, { id, status }: Hook): HttpAnswer {
  if (status === 'ACTIVE')
    return oktaError(400, 'E0000001', 'Api validation failed: eventHook', [
      'The event hook is still active.',
    ]);
  byId.delete(id);
  return { status: 204, headers: {}, body: '' };
}

/** Takes one step of a hook's lifecycle. */
function act(hooks: Hooks, hook: Hook, action: string | undefined, verified: boolean): HttpAnswer {
  if (action === 'activate') hook.status = 'ACTIVE';
  else if (action === 'deactivate') hook.status = 'INACTIVE';
  else if (action !== 'verify') return notFound(action ?? '', 'Endpoint');
  else if (verified) hook.verificationStatus = 'VERIFIED';
  else {
    return oktaError(400, 'E0000001', 'Api validation failed: eventHook', [
      `Unable to verify event hook. Hook ${hook.name} execution failed`,
    ]);
  }
  return json(200, show(hooks, hook));
}

async function answersChallenge(hook: Hook, challenge: Challenge): Promise<boolean> {
  const { uri, headers, authScheme } = hook.channel.config;
  for (let attempt = 0; attempt < CHALLENGES; attempt += 1) {
    const value = randomBytes(30).toString('base64url');
    const sent = {
      ...Object.fromEntries([...headers, ...(authScheme ? [authScheme] : [])].map((h) => [h.key, h.value])),
      accept: 'application/json',
      'user-agent': 'Okta-Integrations',
      'x-okta-verification-challenge': value,
    };
    const answer = await challenge(uri, sent).catch(() => undefined);
    if (answer?.status === 200 && verificationIn(answer.body) === value) return true;
  }
  return false;
}

const sendChallenge: Challenge = async (url, headers) => {
  const signal = AbortSignal.timeout(CHALLENGE_MS);
  const response = await fetch(url, { headers, redirect: 'manual', signal });
  return { status: response.status, body: await response.text() };
};

function verificationIn(body: string): unknown {
  return z.object({ verification: z.string() }).safeParse(parseJson(body)).data?.verification;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
