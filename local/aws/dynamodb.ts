import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
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
 * DynamoDB in memory: dynalite on a port of its own, to which calls go through unread, and the time-to-live calls it
 * lacks, which are remembered and answered here. Nothing ever expires; DynamoDB itself may take days over it.
 */
export async function startDynamoDb({ region, accountId }: { region: string; accountId: string }) {
  const server = withEnvironment({ AWS_REGION: region, AWS_ACCOUNT_ID: accountId }, () =>
    dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 }),
  );
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  const timesToLive = new Map<string, TimeToLive>();

  function forward({ action, headers, body }: Call): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = request({
        host: '127.0.0.1',
        port,
        method: 'POST',
        path: '/',
        agent,
        headers: { ...headers, 'x-amz-target': `DynamoDB_20120810.${action}`, 'content-length': body.length },
      });
      outgoing.once('error', reject);
      outgoing.once('response', (response) => {
        buffer(response).then(
          (answer) =>
            resolve({ status: response.statusCode ?? 502, headers: response.headers, body: answer }),
          reject,
        );
      });
      outgoing.end(body);
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

    async close(): Promise<void> {
      agent.destroy();
      await new Promise<void>((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      });
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
