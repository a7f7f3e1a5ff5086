import * as z from 'zod';
import { jsonOf } from '../lib/http/client.ts';
import { jsonRequest } from '../lib/http/json-request.ts';
import { methodOf, TEST_EVENT, type WantedStream } from './auth0-recipe.ts';
import { type AnyHttp, type Difference, eventTypeFaults, Refused } from './setup-report.ts';

const Stream = z.object({
  id: z.string().min(1),
  name: z.string().nullish(),
  status: z.string(),
  subscriptions: z.array(z.object({ event_type: z.string() })).nullish(),
  destination: z.object({
    type: z.string(),
    configuration: z
      .object({
        webhook_endpoint: z.string().optional(),
        webhook_authorization: z
          .object({ method: z.string(), header_key: z.string().optional() })
          .optional()
          .catch(undefined),
      })
      .nullish(),
  }),
});
export type Stream = z.infer<typeof Stream>;

/** Auth0 answers with a bare list, or by checkpoint; it goes on for as long as there is a next page. */
const Streams = z.union([
  z.array(Stream).transform((eventStreams) => ({ eventStreams, next: undefined })),
  z.object({ eventStreams: z.array(Stream), next: z.string().nullish() }),
]);

const ErrorBody = z.object({ message: z.string().optional(), errorCode: z.string().optional() });

const TRY_MS = 20_000;
const PAGE_SIZE = 50;

export type StreamsApi = ReturnType<typeof createStreamsApi>;

/** The event streams of the tenant at this address. All throw Refused with what to mend, and what the HTTP client throws. */
export function createStreamsApi(
  wanted: WantedStream,
  { tenant, authorization }: { tenant: string; authorization: string },
  http: AnyHttp,
) {
  async function call<T extends z.ZodType>(
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    schema: T,
    body?: object,
  ): Promise<z.infer<T>> {
    const url = new URL(`/api/v2/event-streams${path}`, tenant).href;
    const answer = await http(jsonRequest({ method, url, authorization, body, timeoutMs: TRY_MS }));
    const value = jsonOf(answer);
    if (answer.status < 200 || answer.status > 299)
      throw new Refused(answer.status, refusalOf(answer.status, value, wanted));
    const parsed = schema.safeParse(value);
    if (!parsed.success)
      throw new Error(
        `${wanted.domain} answered with something that is no event stream: is --domain the tenant's own host?`,
      );
    return parsed.data;
  }
  return {
    list: async (): Promise<Stream[]> => {
      const streams: Stream[] = [];
      let from: string | null | undefined;
      do {
        const after = from ? `&from=${encodeURIComponent(from)}` : '';
        const { eventStreams, next } = await call('GET', `?take=${PAGE_SIZE}${after}`, Streams);
        streams.push(...eventStreams);
        from = next === from ? undefined : next;
      } while (from);
      return streams;
    },
    read: (id: string) => call('GET', `/${id}`, Stream),
    create: (body: object) => call('POST', '', Stream, body),
    update: (id: string, body: object) => call('PATCH', `/${id}`, Stream, body),
    /** Undefined when Auth0 took the order to send a test event, else why not. */
    test: async (id: string): Promise<string | undefined> => {
      try {
        await call('POST', `/${id}/test`, z.unknown(), TEST_EVENT);
        return undefined;
      } catch (error) {
        if (error instanceof Refused) return error.message;
        throw error;
      }
    },
  };
}

function refusalOf(status: number, body: unknown, { domain, eventTypes }: WantedStream): string {
  const { errorCode, message } = ErrorBody.safeParse(body).data ?? {};
  const said = [errorCode, message].filter(Boolean).join(' / ');
  const plan =
    "The tenant's plan may hold no event stream, or no more of them: see its quota, or take the Action or the log stream of docs/auth0.md.";
  const groups = eventTypes.some((type) => type.includes('group'))
    ? 'If it names a group event: a tenant without groups (early access) takes "groups": { "include": [] } on the source.'
    : '';
  const mend: Record<number, string> = {
    400: groups,
    401: `The token is not one of ${domain}, or has ended.`,
    402: plan,
    403:
      errorCode === 'insufficient_scope'
        ? 'Grant the application read:event_streams, create:event_streams and update:event_streams of the Management API.'
        : plan,
    404: `Is ${domain} the tenant's own host? ${plan}`,
    409: 'The tenant has as many event streams as its plan allows, or one of this name: delete one.',
    429: "The tenant's rate limit is used up: try again in a minute.",
  };
  return [`Auth0 answered ${status}${said && ` (${said})`}.`, mend[status] ?? ''].join(' ').trim();
}

export type StreamDifference = Difference<'create' | 'name' | 'subscriptions' | 'destination' | 'status'>;

/** The streams of one address, first the one that delivers. */
export function streamsAt(url: string, streams: Stream[]): Stream[] {
  return streams
    .filter((stream) => endpointOf(stream) === url)
    .sort((one, other) => Number(isEnabled(other)) - Number(isEnabled(one)));
}

/** What is not as it should be with the stream of an address, or that there is none. */
export function streamDifferences(stream: Stream | undefined, wanted: WantedStream): StreamDifference[] {
  if (!stream) return [{ what: 'there is no event stream for this URL', mend: 'create' }];
  const { webhook_authorization: authorization } = stream.destination.configuration ?? {};
  const method = methodOf[wanted.scheme];
  const key = authorization?.header_key ?? '(none)';
  const types = (stream.subscriptions ?? []).map(({ event_type }) => event_type);
  const differences: (StreamDifference | false)[] = [
    stream.name !== wanted.name && {
      what: `its name is "${stream.name ?? ''}", not "${wanted.name}"`,
      mend: 'name',
    },
    endpointOf(stream) !== wanted.url && {
      what: `it sends to ${endpointOf(stream)}, not to ${wanted.url}`,
      mend: 'destination',
    },
    authorization?.method !== method && {
      what: `its authorization is ${authorization?.method ?? '(none)'}, not ${method}`,
      mend: 'destination',
    },
    authorization?.method === 'custom_header' &&
      method === 'custom_header' &&
      key.toLowerCase() !== wanted.header.toLowerCase() && {
        what: `its header is ${key}, not ${wanted.header}`,
        mend: 'destination',
      },
    ...eventTypeFaults(types, wanted.eventTypes).map((what) => ({ what, mend: 'subscriptions' as const })),
    !isEnabled(stream) && { what: `it is ${stream.status}: Auth0 sends nothing to it`, mend: 'status' },
  ];
  return differences.filter((difference) => difference !== false);
}

function endpointOf({ destination }: Stream): string | undefined {
  return destination.configuration?.webhook_endpoint;
}

function isEnabled({ status }: Stream): boolean {
  return status === 'enabled';
}
