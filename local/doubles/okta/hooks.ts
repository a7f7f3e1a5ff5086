import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { type HttpAnswer, json } from '../http-server.ts';
import { notFound, oktaError } from './error.ts';

const PATH = '/api/v1/eventHooks';
const VERIFY = new RegExp(`^${PATH}/([^/]+)/lifecycle/verify$`);
/** How long Okta waits for the answer to a challenge, and how often it asks. */
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

/**
 * The event hooks of the Okta double (developer.okta.com/docs/api/openapi, EventHook, 2026.06.3): a hook begins ACTIVE
 * and UNVERIFIED, a new channel makes it UNVERIFIED again, its credential is taken and never shown. Whether an answer of
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
  const hooks = new Map<string, Hook>();

  function show(hook: Hook): unknown {
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
        ...(hook.status === 'ACTIVE'
          ? { deactivate: action('deactivate') }
          : { activate: action('activate') }),
      },
    };
  }

  function save(body: string, known?: Hook): HttpAnswer {
    const parsed = HookBody.safeParse(parseJson(body));
    if (!parsed.success) {
      const causes = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
      return oktaError(400, 'E0000001', 'Api validation failed: eventHook', causes);
    }
    const now = new Date(clock()).toISOString();
    const sameChannel = JSON.stringify(known?.channel) === JSON.stringify(parsed.data.channel);
    const hook: Hook = {
      ...parsed.data,
      description: parsed.data.description ?? null,
      id: known?.id ?? `whob7hook${String(hooks.size).padStart(7, '0')}1d7`,
      status: known?.status ?? 'ACTIVE',
      verificationStatus: known && sameChannel ? known.verificationStatus : 'UNVERIFIED',
      created: known?.created ?? now,
      lastUpdated: now,
    };
    hooks.set(hook.id, hook);
    return json(200, show(hook));
  }

  function act(hook: Hook, action: string | undefined, verified: boolean): HttpAnswer {
    if (action === 'activate') hook.status = 'ACTIVE';
    else if (action === 'deactivate') hook.status = 'INACTIVE';
    else if (action !== 'verify') return notFound(action ?? '', 'Endpoint');
    else if (verified) hook.verificationStatus = 'VERIFIED';
    else {
      return oktaError(400, 'E0000001', 'Api validation failed: eventHook', [
        `Unable to verify event hook. Hook ${hook.name} execution failed`,
      ]);
    }
    return json(200, show(hook));
  }

  return {
    owns: (pathname: string) => pathname === PATH || pathname.startsWith(`${PATH}/`),

    /** `verified`: what `prove` found, where the path asks for a verification. */
    route(
      { method, pathname, body = '' }: { method: string; pathname: string; body?: string | undefined },
      verified: boolean,
    ): HttpAnswer {
      const [id, part, action] = pathname.slice(PATH.length + 1).split('/');
      if (!id && method === 'GET') return json(200, [...hooks.values()].map(show));
      if (!id && method === 'POST') return save(body);
      const hook = hooks.get(id ?? '');
      if (id && !hook) return notFound(id, 'EventHook');
      if (hook && !part && method === 'GET') return json(200, show(hook));
      if (hook && !part && method === 'PUT') return save(body, hook);
      if (hook && part === 'lifecycle' && method === 'POST') return act(hook, action, verified);
      return oktaError(405, 'E0000022', 'The endpoint does not support the HTTP method');
    },

    /** Sends the challenge of a verification to the hook's URL, and once more if it fails; false for other requests. */
    async prove({ method, path }: { method: string; path: string }): Promise<boolean> {
      const hook = hooks.get(VERIFY.exec(path)?.[1] ?? '');
      if (!hook || method !== 'POST') return false;
      const { uri, headers, authScheme } = hook.channel.config;
      for (let attempt = 0; attempt < CHALLENGES; attempt += 1) {
        const value = randomBytes(30).toString('base64url');
        const sent = {
          ...Object.fromEntries(
            [...headers, ...(authScheme ? [authScheme] : [])].map((h) => [h.key, h.value]),
          ),
          accept: 'application/json',
          'user-agent': 'Okta-Integrations',
          'x-okta-verification-challenge': value,
        };
        const answer = await challenge(uri, sent).catch(() => undefined);
        if (answer?.status === 200 && verificationIn(answer.body) === value) return true;
      }
      return false;
    },
  };
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
