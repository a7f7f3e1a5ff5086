import { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import dynalite from 'dynalite';
import { AwsError } from './error.ts';

export type Call = { action: string; headers: IncomingHttpHeaders; body: Buffer };
export type Answer = { status: number; headers: IncomingHttpHeaders; body: Buffer | string };

type Input = {
  TableName?: string;
  IndexName?: string;
  ResourceArn?: string;
  RequestItems?: Record<string, unknown>;
};
type TimeToLive = { AttributeName: string; Enabled: boolean };

const TIME_TO_LIVE = ['UpdateTimeToLive', 'DescribeTimeToLive'];
const FORWARDED = [
  ...['CreateTable', 'DeleteTable', 'DescribeTable', 'ListTables', 'UpdateTable'],
  ...['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'Scan', 'BatchGetItem', 'BatchWriteItem'],
  ...['TagResource', 'UntagResource', 'ListTagsOfResource'],
];

export type DynamoDb = ReturnType<typeof createDynamoDb>;

/**
 * DynamoDB in memory: dynalite answers the calls as they come in, and the time-to-live calls that it lacks are answered
 * here. Nothing ever expires; DynamoDB itself may take days over it.
 */
export function createDynamoDb({ region, accountId }: { region: string; accountId: string }) {
  const server = withEnvironment({ AWS_REGION: region, AWS_ACCOUNT_ID: accountId }, () =>
    dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 }),
  );
  const timesToLive = new Map<string, TimeToLive>();

  return {
    knows: (action: string) => FORWARDED.includes(action) || TIME_TO_LIVE.includes(action),

    /** The table ARNs that a policy is asked about; a read through an index is asked about the index alone. */
    resources(_action: string, { TableName, IndexName, ResourceArn, RequestItems }: Input): string[] {
      const tableArn = (name: string) =>
        name.startsWith('arn:') ? name : `arn:aws:dynamodb:${region}:${accountId}:table/${name}`;

      if (ResourceArn) return [ResourceArn];
      if (RequestItems) return Object.keys(RequestItems).map(tableArn);
      if (!TableName) return ['*'];
      return [IndexName ? `${tableArn(TableName)}/index/${IndexName}` : tableArn(TableName)];
    },

    /** Answers one call, its headers and its body as they came in. Throws AwsError. */
    async handle(call: Call): Promise<Answer> {
      const answer = await (TIME_TO_LIVE.includes(call.action)
        ? answerTimeToLive(server, timesToLive, call)
        : forward(server, call));
      if (call.action === 'DeleteTable' && answer.status === 200)
        timesToLive.delete((JSON.parse(call.body.toString()) as { TableName: string }).TableName);
      return answer;
    },
  };
}

/** Hands a call to dynalite as an HTTP server would, but without a socket, which would cost more than the answer. */
function forward(server: EventEmitter, { action, headers, body }: Call): Promise<Answer> {
  return new Promise((resolve) => {
    const request = Object.assign(new EventEmitter(), {
      method: 'POST',
      url: '/',
      headers: { ...headers, 'x-amz-target': `DynamoDB_20120810.${action}` },
    });
    const answered: IncomingHttpHeaders = {};
    const response = {
      statusCode: 200,
      setHeader(name: string, value: string | number) {
        answered[name.toLowerCase()] = String(value);
      },
      end(text: string) {
        resolve({ status: response.statusCode, headers: answered, body: text });
      },
    };
    server.emit('request', request, response);
    if (body.length > 0) request.emit('data', body);
    request.emit('end');
  });
}

async function answerTimeToLive(
  server: EventEmitter,
  timesToLive: Map<string, TimeToLive>,
  call: Call,
): Promise<Answer> {
  const input = JSON.parse(call.body.toString()) as {
    TableName: string;
    TimeToLiveSpecification: TimeToLive;
  };
  const { TableName, TimeToLiveSpecification: wanted } = input;
  const body = Buffer.from(JSON.stringify({ TableName }));
  const table = await forward(server, { ...call, action: 'DescribeTable', body });
  if (table.status !== 200) return table;

  const current = timesToLive.get(TableName);
  if (call.action === 'DescribeTimeToLive')
    return json({
      TimeToLiveDescription: current?.Enabled
        ? { TimeToLiveStatus: 'ENABLED', AttributeName: current.AttributeName }
        : { TimeToLiveStatus: 'DISABLED' },
    });

  if (wanted.Enabled === (current?.Enabled ?? false))
    throw new AwsError(
      'ValidationException',
      `TimeToLive is already ${wanted.Enabled ? 'enabled' : 'disabled'}`,
    );
  timesToLive.set(TableName, wanted);
  return json({ TimeToLiveSpecification: wanted });
}

function json(value: object): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify(value),
  };
}

/** Runs something under environment variables: dynalite reads the region and account of its ARNs there when it is created. */
function withEnvironment<Result>(values: Record<string, string>, run: () => Result): Result {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, values);
  try {
    return run();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}
