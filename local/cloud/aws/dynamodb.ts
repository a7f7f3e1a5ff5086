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

/**
 * DynamoDB in memory: dynalite, to which calls go through unread, and the time-to-live calls it lacks, which are remembered
 * and answered here. Nothing ever expires; DynamoDB itself may take days over it.
 */
export function createDynamoDb({ region, accountId }: { region: string; accountId: string }) {
  const server = withEnvironment({ AWS_REGION: region, AWS_ACCOUNT_ID: accountId }, () =>
    dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 }),
  );
  const timesToLive = new Map<string, TimeToLive>();

  /** Puts a call to dynalite as its server would: without a socket, which would cost more than the answer. */
  function forward({ action, headers, body }: Call): Promise<Answer> {
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

  async function answerTimeToLive(call: Call): Promise<Answer> {
    const input = JSON.parse(call.body.toString()) as {
      TableName: string;
      TimeToLiveSpecification: TimeToLive;
    };
    const { TableName, TimeToLiveSpecification: wanted } = input;
    const table = await forward({
      ...call,
      action: 'DescribeTable',
      body: Buffer.from(JSON.stringify({ TableName })),
    });
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

  return {
    knows: (action: string) => FORWARDED.includes(action) || TIME_TO_LIVE.includes(action),

    /** The table ARNs a policy is asked about; a read through an index is asked about the index alone. */
    resources(_action: string, { TableName, IndexName, ResourceArn, RequestItems }: Input): string[] {
      const tableArn = (name: string) =>
        name.startsWith('arn:') ? name : `arn:aws:dynamodb:${region}:${accountId}:table/${name}`;

      if (ResourceArn) return [ResourceArn];
      if (RequestItems) return Object.keys(RequestItems).map(tableArn);
      if (!TableName) return ['*'];
      return [IndexName ? `${tableArn(TableName)}/index/${IndexName}` : tableArn(TableName)];
    },

    /** Answers one call as it came in: its headers and its body untouched. Throws AwsError. */
    async handle(call: Call): Promise<Answer> {
      const answer = await (TIME_TO_LIVE.includes(call.action) ? answerTimeToLive(call) : forward(call));
      if (call.action === 'DeleteTable' && answer.status === 200)
        timesToLive.delete((JSON.parse(call.body.toString()) as { TableName: string }).TableName);
      return answer;
    },
  };
}

function json(value: object): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify(value),
  };
}

/** dynalite takes the region and account of its ARNs from the environment, once, while it is made. */
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
