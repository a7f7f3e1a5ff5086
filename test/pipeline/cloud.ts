import { randomUUID } from 'node:crypto';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach } from 'vitest';
import { type Cloud, type CloudOptions, startCloud } from '../../local/cloud/cloud.ts';
import { packageProject } from '../../local/cloud/package.ts';
import { readTemplate, type Template } from '../../local/cloud/template/template.ts';
import type { VeltState } from '../../local/doubles/velt/velt.ts';

const ROOT = process.cwd();
/** The demo has the vendors' streams; a test of theirs names them. */
const WITHOUT_STREAMS = { OktaEventSource: '', Auth0EventSource: '' };
let standing: TestCloud[] = [];

afterEach(async () => {
  await Promise.all(standing.map(({ close }) => close()));
  standing = [];
});

export type TestCloud = Cloud & {
  /** What the functions wrote, a line each. */
  lines: string[];
  /** Sends a webhook body to a source as its vendor would; returns the answer. */
  post(
    source: string,
    body: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: unknown }>;
  /** Replaces the value of a secret, named by its logical id. */
  putSecret(logicalId: string, value: object): Promise<void>;
  /** The value of a secret, named by its logical id. */
  readSecret(logicalId: string): Promise<unknown>;
  /** Puts a message of changes on the queue, as another feed would. */
  queue(...changes: object[]): Promise<void>;
  /** The paths of Velt's calls so far, without version and `organizations/`. */
  calls(): string[];
  state(): VeltState['organizations'];
};

/** A fresh local cloud from the packaged template, closed after the test. */
export async function standUp(options: CloudOptions = {}): Promise<TestCloud> {
  // Another root is packaged by who made it.
  if (options.root === undefined) await packageProject(ROOT);
  const lines: string[] = [];
  const cloud = await startCloud({
    root: ROOT,
    parameters: WITHOUT_STREAMS,
    log: (name, line) => lines.push(`${name} ${line}`),
    ...options,
  });
  const test: TestCloud = {
    ...cloud,
    lines,
    post: async (source, body, headers = {}) => {
      const { url, headers: proof = {} } = cloud.sources[source] ?? {
        url: `${cloud.baseUrl}/webhooks/${source}`,
      };
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...proof, ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      return { status: response.status, body: await response.json() };
    },
    putSecret: async (logicalId, value) => {
      const client = new SecretsManagerClient(cloud.admin);
      const SecretString = JSON.stringify(value);
      await client.send(new PutSecretValueCommand({ SecretId: cloud.stack.ref(logicalId), SecretString }));
      client.destroy();
    },
    readSecret: async (logicalId) => {
      const client = new SecretsManagerClient(cloud.admin);
      const asked = new GetSecretValueCommand({ SecretId: cloud.stack.ref(logicalId) });
      const { SecretString = '' } = await client.send(asked);
      client.destroy();
      return JSON.parse(SecretString);
    },
    queue: async (...changes) => {
      const sqs = new SQSClient(cloud.admin);
      const QueueUrl = cloud.stack.ref('ChangesQueue');
      const MessageBody = JSON.stringify({ v: 2, changes });
      const MessageDeduplicationId = randomUUID();
      await sqs.send(
        new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId: 'shard-0', MessageDeduplicationId }),
      );
      sqs.destroy();
    },
    calls: () => (cloud.velt?.calls ?? []).map(({ path }) => path.replace(/^\/v\d\/(organizations\/)?/, '')),
    state: () => cloud.velt?.state().organizations ?? {},
  };
  standing.push(test);
  return test;
}

export async function packagedTemplate(): Promise<Template> {
  await packageProject(ROOT);
  return readTemplate(ROOT);
}
