import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ADMIN_ACCESS_KEY } from '../../local/cloud/aws/access.ts';
import { startAwsEndpoint } from '../../local/cloud/aws/endpoint.ts';
import { startVelt } from '../../local/doubles/velt/velt.ts';
import { creationOf } from '../support/dynamodb.ts';

const REGION = 'us-east-1';
const WEBHOOKS = { okta: { current: 'okta-credential' }, auth0: { current: 'auth0-credential' } };
const VELT = { apiKey: 'key', authToken: 'token' };

export type World = Awaited<ReturnType<typeof startWorld>>;

/**
 * Everything that a function talks to, on this machine, each of AWS's services and Velt under a host of its own, which counts its
 * connections: the local cloud's endpoint and Velt's double stand behind. With `tls` the hosts speak TLS, with a certificate that
 * nobody vouches for; `openssl` makes it.
 */
export async function startWorld({ tls }: { tls: boolean }) {
  const aws = await startAwsEndpoint({ region: REGION });
  const velt = await startVelt(VELT);
  const certificate = tls ? makeCertificate() : undefined;
  const hosts = {
    sqs: await startHost(aws.url, certificate),
    secrets: await startHost(aws.url, certificate),
    dynamodb: await startHost(aws.url, certificate),
    velt: await startHost(velt.url, certificate),
  };
  const stack = await createResources(aws.url);
  const behind = (url: string) => `${hosts.sqs.url}${new URL(url).pathname}`;
  const requests: string[] = [];
  aws.watch(({ permission }) => requests.push(permission));
  return {
    hosts,
    velt: velt.velt,
    /** The permissions that AWS's services were asked for, one a request. */
    requests,
    /** The whole environment of a function. */
    env: {
      ...{ STAGE: 'bench', LOG_SALT: 'a salt of sixteen', SHARDS: '16', MIRROR_TABLE: 'mirror' },
      ...{ POWERTOOLS_SERVICE_NAME: 'bench', POWERTOOLS_METRICS_NAMESPACE: 'Bench', LOG_LEVEL: 'INFO' },
      CHANGES_QUEUE_URL: behind(stack.changes),
      CHANGES_DEAD_QUEUE_URL: behind(stack.dead),
      PARKED_QUEUE_URL: behind(stack.parked),
      WEBHOOK_CREDENTIALS_SECRET: stack.webhooks,
      VELT_CREDENTIALS_SECRET: stack.velt,
      DIRECTORY_CREDENTIALS_SECRET: 'none',
      VELT_BASE_URL: hosts.velt.url,
      FLOOR_URL: `${hosts.velt.url}/__faults`,
      ...{ AWS_REGION: REGION, AWS_LAMBDA_FUNCTION_NAME: 'bench', AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512' },
      ...{
        AWS_ACCESS_KEY_ID: ADMIN_ACCESS_KEY,
        AWS_SECRET_ACCESS_KEY: 'local',
        AWS_SESSION_TOKEN: 'session',
      },
      AWS_ENDPOINT_URL_SQS: hosts.sqs.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: hosts.secrets.url,
      AWS_ENDPOINT_URL_DYNAMODB: hosts.dynamodb.url,
      ...(tls && { NODE_TLS_REJECT_UNAUTHORIZED: '0' }),
    },
    async close(): Promise<void> {
      for (const { close } of [...Object.values(hosts), velt, aws]) await close();
    },
  };
}

/** An address before a server, with its own TLS where there is a certificate, that counts its connections. */
async function startHost(target: string, certificate: Certificate | undefined) {
  const open = new Set<Socket>();
  let connections = 0;
  const pass = (socket: Socket) => {
    connections += 1;
    const behind = connect(Number(new URL(target).port), '127.0.0.1');
    for (const [from, to] of [
      [socket, behind],
      [behind, socket],
    ] as const) {
      open.add(from);
      from.on('error', () => to.destroy()).on('close', () => to.destroy() && open.delete(from));
      from.pipe(to);
    }
  };
  const server = certificate ? createTlsServer(certificate, pass) : createServer(pass);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `${certificate ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** How many there were so far. */
    connections: () => connections,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Certificate = { key: Buffer; cert: Buffer };

/** A key of RSA 2048 and its certificate, signed by itself. */
function makeCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const made = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', '-x509', '-subj', '/CN=127.0.0.1', '-days', '30', ...made], {
    stdio: 'pipe',
  });
  const certificate = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  return certificate;
}

async function createResources(endpoint: string) {
  const credentials = { accessKeyId: ADMIN_ACCESS_KEY, secretAccessKey: 'local' };
  const admin = { endpoint, region: REGION, credentials };
  const [sqs, secrets, dynamodb] = [
    new SQSClient(admin),
    new SecretsManagerClient(admin),
    new DynamoDBClient(admin),
  ];
  const queue = async (QueueName: string, Attributes = {}) =>
    (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? '';
  const secret = async (Name: string, value: object) =>
    (await secrets.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) }))).ARN ?? '';
  await dynamodb.send(creationOf('mirror'));
  const made = {
    changes: await queue('changes.fifo', { FifoQueue: 'true' }),
    dead: await queue('changes-dead.fifo', { FifoQueue: 'true' }),
    parked: await queue('parked'),
    webhooks: await secret('webhooks', WEBHOOKS),
    velt: await secret('velt', VELT),
  };
  for (const client of [sqs, secrets, dynamodb]) client.destroy();
  return made;
}
