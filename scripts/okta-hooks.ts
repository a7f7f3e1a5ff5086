import * as z from 'zod';
import { jsonOf } from '../lib/http/client.ts';
import { jsonRequest } from '../lib/http/json-request.ts';
import type { WantedHook } from './okta-recipe.ts';
import { type AnyHttp, type Difference, eventTypeFaults, Refused } from './setup-report.ts';

const Hook = z.object({
  id: z.string().min(1),
  name: z.string(),
  status: z.string(),
  verificationStatus: z.string(),
  events: z.object({ items: z.array(z.string()), filter: z.unknown().optional() }),
  channel: z.object({
    config: z.object({
      uri: z.string().nullish(),
      headers: z.array(z.unknown()).nullish(),
      authScheme: z.object({ key: z.string().nullish() }).nullish(),
    }),
  }),
});
export type Hook = z.infer<typeof Hook>;

const ErrorBody = z.object({
  errorCode: z.string().optional(),
  errorSummary: z.string().optional(),
  errorCauses: z.array(z.object({ errorSummary: z.string() })).optional(),
});

/** A verification takes Okta up to two challenges of 3 s. */
const TRY_MS = 20_000;

export type HooksApi = ReturnType<typeof createHooksApi>;

/** The event hooks of the org at this address. All throw Refused with what to mend, and what the HTTP client throws. */
export function createHooksApi(org: string, authorization: string, http: AnyHttp) {
  const domain = new URL(org).host;
  async function call<T extends z.ZodType>(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    schema: T,
    body?: object,
  ): Promise<z.infer<T>> {
    const url = new URL(`/api/v1/eventHooks${path}`, org).href;
    const answer = await http(jsonRequest({ method, url, authorization, body, timeoutMs: TRY_MS }));
    const value = jsonOf(answer);
    if (answer.status !== 200) throw new Refused(answer.status, refusalOf(answer.status, value, domain));
    const parsed = schema.safeParse(value);
    if (!parsed.success)
      throw new Error(`${domain} answered with something that is no event hook: is --domain the org's host?`);
    return parsed.data;
  }
  return {
    list: () => call('GET', '', z.array(Hook)),
    read: (id: string) => call('GET', `/${id}`, Hook),
    create: (body: object) => call('POST', '', Hook, body),
    update: (id: string, body: object) => call('PUT', `/${id}`, Hook, body),
    activate: (id: string) => call('POST', `/${id}/lifecycle/activate`, Hook),
    /** Undefined when Okta verified the hook, else why not. */
    verify: async (id: string): Promise<string | undefined> => {
      try {
        await call('POST', `/${id}/lifecycle/verify`, Hook);
        return undefined;
      } catch (error) {
        if (error instanceof Refused && error.status === 400) return error.message;
        throw error;
      }
    },
  };
}

function refusalOf(status: number, body: unknown, domain: string): string {
  const { errorCode, errorSummary, errorCauses = [] } = ErrorBody.safeParse(body).data ?? {};
  const said = [errorCode, errorSummary, ...errorCauses.map((cause) => cause.errorSummary)]
    .filter(Boolean)
    .join(' / ');
  const mend: Record<number, string> = {
    401: `OKTA_API_TOKEN is not a token of ${domain}, was revoked, or was not used for 30 days.`,
    403: "The token's admin may not manage event hooks: use a super admin's token, or a custom role with okta.eventhooks.manage.",
    404: `Is ${domain} the org's host?`,
    429: "The org's rate limit is used up: try again in a minute.",
  };
  return [`Okta answered ${status}${said && ` (${said})`}.`, mend[status] ?? ''].join(' ').trim();
}

export type HookDifference = Difference<'create' | 'update' | 'activate' | 'verify'>;

/** The hooks of one address, first the one that delivers. */
export function hooksAt(url: string, hooks: Hook[]): Hook[] {
  return hooks
    .filter(({ channel }) => channel.config.uri === url)
    .sort((one, other) => standing(other) - standing(one));
}

function standing({ status, verificationStatus }: Hook): number {
  return Number(status === 'ACTIVE') + Number(verificationStatus === 'VERIFIED');
}

/** What is not as it should be with the hook of an address, or that there is none. */
export function hookDifferences(hook: Hook | undefined, wanted: WantedHook): HookDifference[] {
  if (!hook) return [{ what: 'there is no hook for this URL', mend: 'create' }];
  const { name, status, verificationStatus, events, channel } = hook;
  const header = channel.config.authScheme?.key ?? '(none)';
  const differences: (HookDifference | false)[] = [
    name !== wanted.name && { what: `its name is "${name}", not "${wanted.name}"`, mend: 'update' },
    header.toLowerCase() !== wanted.header.toLowerCase() && {
      what: `its authentication field is ${header}, not ${wanted.header}`,
      mend: 'update',
    },
    ...eventTypeFaults(events.items, wanted.eventTypes).map((what) => ({ what, mend: 'update' as const })),
    status !== 'ACTIVE' && { what: `it is ${status}, not ACTIVE`, mend: 'activate' },
    verificationStatus !== 'VERIFIED' && {
      what: `it is ${verificationStatus}: Okta sends nothing to it`,
      mend: 'verify',
    },
  ];
  return differences.filter((difference) => difference !== false);
}
