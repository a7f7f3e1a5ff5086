import { type HttpAnswer, json, type Misbehaviour } from '../http-server.ts';
import { type Endpoint, type Item, validate, veltId } from './endpoint.ts';
import { type ActiveFault, carries, countItems, drawFaults, faultAnswer } from './fault-rules.ts';
import { HTTP_STATUS, Refused } from './refused.ts';

export type Credentials = { apiKey: string; authToken: string };

/** How Velt answers: what is behind its paths, whom it lets in, and the faults that a test asked for. */
export type Front = {
  endpoints: ReadonlyMap<string, Endpoint>;
  credentials: Credentials;
  rules: ActiveFault[];
  partialFailure: 'result' | 'error-500' | 'error-data';
  success: 'map' | 'empty' | 'none';
  truncateAt: number;
  random: () => number;
};

type Request = { method: string; path: string; headers: Record<string, unknown> };

/** Answers a request, refusals included; `body` is the parsed one. */
export function answer(front: Front, request: Request, body: unknown): HttpAnswer | Misbehaviour {
  try {
    const endpoint = admit(front, request);
    return run(front, request.path, endpoint, validate(endpoint, body));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { status, message, details } = error;
    return json(HTTP_STATUS[status], { error: { message, status, ...(details ? { details } : {}) } });
  }
}

/** @throws {Refused} when Velt would refuse the request before looking at its content. */
function admit({ endpoints, credentials }: Front, { method, path, ...request }: Request): Endpoint {
  const headers = new Map(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), String(value ?? '')]),
  );
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
}

function run(front: Front, path: string, endpoint: Endpoint, data: unknown): HttpAnswer | Misbehaviour {
  const { items, call } = drawFaults(front.rules, path, data, front.random);
  const fault = call?.answer;
  if (!fault) return runEndpoint(front, endpoint, data, items);
  if (fault.kind === 'slow') {
    const delayMs = fault.ms * (fault.each ? countItems(data) : 1);
    return { ...runEndpoint(front, endpoint, data, items), delayMs };
  }
  if (call.applied) runEndpoint(front, endpoint, data, items);
  return faultAnswer(fault);
}

function runEndpoint(
  { partialFailure, success, truncateAt }: Front,
  endpoint: Endpoint,
  data: unknown,
  faults: ActiveFault[],
): HttpAnswer {
  const map = new Map<string, Item>();
  let seen = 0;
  const done = endpoint.run(data, (kind, itemId, work) => {
    seen += 1;
    if (seen > truncateAt) return;
    const fault = faults.find(
      ({ match }) => (match[kind] ?? itemId) === itemId && carries(match.attribute, data, itemId),
    );
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
  const isSilent = done.data === undefined && !failed && success !== 'map';
  const shown = isSilent ? (success === 'empty' ? {} : undefined) : content;
  return json(200, { result: { status: 'success', ...done, data: shown } });
}
