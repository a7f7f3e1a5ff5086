import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createMirror } from '../../lib/aws/mirror.ts';
import { createRuns } from '../../lib/aws/runs.ts';
import type { Env } from './environment.ts';

const marshallOptions = { removeUndefinedValues: true };
const client = DynamoDBDocumentClient.from(new DynamoDBClient(), { marshallOptions });

export function connectMirror({ MIRROR_TABLE }: Env<'MIRROR_TABLE'>) {
  return createMirror({ client, table: MIRROR_TABLE, random: Math.random, sleep });
}

export function connectRuns({ MIRROR_TABLE }: Env<'MIRROR_TABLE'>) {
  return createRuns({ client, table: MIRROR_TABLE, clock: Date.now });
}
