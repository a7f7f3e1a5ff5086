import type { InvocationResult } from '../lambda/environment.ts';
import type { Answer } from './dynamodb.ts';
import { AwsError } from './error.ts';

/** An event source mapping as the API shows and switches it. */
export type Mapping = {
  uuid: string;
  eventSourceArn: string;
  functionArn: string;
  batchSize: number;
  state: () => 'Enabled' | 'Disabled' | 'Disabling';
  /** Starts it, or stops it once its running batches have ended. */
  enable: (isEnabled: boolean) => void;
};

/** What the functions and their event sources are answered by. */
export type LambdaBackend = {
  /** The names of all functions. */
  functions: string[];
  /** Runs a function, and waits for it; with `event` as the scheduler and EventBridge do. */
  invoke: (name: string, event: unknown, how: 'event' | 'request') => Promise<InvocationResult>;
  mappings: Mapping[];
};

type Input = {
  FunctionName?: string;
  EventSourceArn?: string;
  UUID?: string;
  Enabled?: boolean;
  InvocationType?: string;
  payload?: string;
};

const MAPPINGS = '/2015-03-31/event-source-mappings';
const INVOCATIONS = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

export type Lambda = ReturnType<typeof createLambda>;

/**
 * Lambda's API as far as an operator needs it (API reference 2015-03-31, read 2026-11): Invoke, ListEventSourceMappings and
 * UpdateEventSourceMapping with `Enabled`. It knows no function until a deployment is attached by `attach`.
 */
export function createLambda({ region, accountId }: { region: string; accountId: string }) {
  const arnPrefix = `arn:aws:lambda:${region}:${accountId}:`;
  let backend: LambdaBackend = { functions: [], invoke: async () => ({ payload: null }), mappings: [] };
  const nameOf = (nameOrArn = '') => nameOrArn.split(':').at(-1) ?? '';

  return {
    attach(deployed: LambdaBackend): void {
      backend = deployed;
    },

    /** What a request asks for, which has no X-Amz-Target; undefined when it is none of these. */
    read({
      method,
      url,
      type,
      body,
    }: {
      method: string;
      url: string;
      /** The invocation type of its header. */
      type: string | undefined;
      body: Buffer;
    }): { action: string; input: Input } | undefined {
      const { pathname, searchParams } = new URL(url, 'http://localhost');
      const [, named] = INVOCATIONS.exec(pathname) ?? [];
      if (method === 'POST' && named !== undefined) {
        const input = { FunctionName: decodeURIComponent(named), payload: body.toString() };
        const typed = type === undefined ? {} : { InvocationType: type };
        return { action: 'InvokeFunction', input: { ...input, ...typed } };
      }
      if (method === 'GET' && pathname.replace(/\/$/, '') === MAPPINGS)
        return { action: 'ListEventSourceMappings', input: Object.fromEntries(searchParams) };
      if (method === 'PUT' && pathname.startsWith(`${MAPPINGS}/`)) {
        const UUID = decodeURIComponent(pathname.slice(MAPPINGS.length + 1));
        return {
          action: 'UpdateEventSourceMapping',
          input: { ...(eventIn(body.toString()) as object), UUID },
        };
      }
      return undefined;
    },

    knows: (action: string) => Object.hasOwn(ACTIONS, action),

    resources(action: string, { FunctionName, UUID }: Input): string[] {
      if (action === 'InvokeFunction') return [`${arnPrefix}function:${nameOf(FunctionName)}`];
      return [UUID === undefined ? '*' : `${arnPrefix}event-source-mapping:${UUID}`];
    },

    handle(action: string, input: Input): Promise<Answer> {
      const answer = ACTIONS[action as keyof typeof ACTIONS];
      return answer(backend, { ...input, FunctionName: nameOf(input.FunctionName) });
    },
  };
}

const ACTIONS = { InvokeFunction: invoke, ListEventSourceMappings: list, UpdateEventSourceMapping: update };

async function invoke(
  { functions, invoke: run }: LambdaBackend,
  { FunctionName = '', InvocationType = 'RequestResponse', payload = '' }: Input,
): Promise<Answer> {
  if (!functions.includes(FunctionName)) throw notFound(`Function not found: ${FunctionName}`);
  const event = eventIn(payload);
  if (InvocationType === 'DryRun') return { status: 204, headers: {}, body: '' };
  if (InvocationType === 'Event') {
    // Nobody waits for what becomes of it: that goes to the function's destination.
    run(FunctionName, event, 'event').catch(() => undefined);
    return { status: 202, headers: {}, body: '' };
  }
  const { payload: answered, error } = await run(FunctionName, event, 'request');
  if (!error) return json(answered ?? null);
  const { type: errorType, message: errorMessage, trace } = error;
  return { ...json({ errorType, errorMessage, trace }), headers: { 'x-amz-function-error': 'Unhandled' } };
}

async function list({ mappings }: LambdaBackend, { FunctionName, EventSourceArn }: Input): Promise<Answer> {
  const found = mappings.filter(
    ({ functionArn, eventSourceArn }) =>
      (!FunctionName || functionArn.endsWith(`:${FunctionName}`)) &&
      (!EventSourceArn || eventSourceArn === EventSourceArn),
  );
  return json({ EventSourceMappings: found.map(shown) });
}

async function update({ mappings }: LambdaBackend, { UUID = '', Enabled }: Input): Promise<Answer> {
  const mapping = mappings.find(({ uuid }) => uuid === UUID);
  if (!mapping) throw notFound(`The resource you requested does not exist: ${UUID}`);
  if (Enabled !== undefined) mapping.enable(Enabled);
  return json(shown(mapping));
}

function shown({ uuid: UUID, eventSourceArn, functionArn, batchSize, state }: Mapping) {
  return {
    UUID,
    EventSourceArn: eventSourceArn,
    FunctionArn: functionArn,
    BatchSize: batchSize,
    State: state(),
    StateTransitionReason: 'USER_INITIATED',
  };
}

function eventIn(payload: string): unknown {
  try {
    return payload === '' ? {} : JSON.parse(payload);
  } catch {
    throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json.');
  }
}

function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message, { status: 404 });
}

function json(value: unknown): Answer {
  return { status: 200, headers: {}, body: JSON.stringify(value) };
}
