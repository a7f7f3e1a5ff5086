import type { SQSClientConfig } from '@aws-sdk/client-sqs';
import type { LocalCloud } from './local-cloud.ts';

/** Where a stack is; `endpoint` and `credentials` only where they do not come from the environment. */
export interface StackPlace {
  stage: string;
  aws: Pick<SQSClientConfig, 'region' | 'endpoint' | 'credentials'>;
  /** The local cloud, where it is one. */
  local?: LocalCloud | undefined;
}

const DEFAULT_REGION = 'us-east-1';

/** The region of the commands, where none is named. */
export function usualRegion(env: Record<string, string | undefined>): string {
  return env.AWS_REGION ?? DEFAULT_REGION;
}

/** What names a stack again in another command: nothing for what is usual there. */
export function flagsOf({ stage, region }: { stage: string; region: string }, usual: string): string {
  const named = { stage: [stage, 'dev'], region: [region, usual] };
  return Object.entries(named)
    .filter(([, [value, default_]]) => value !== default_)
    .map(([name, [value]]) => ` --${name} ${value}`)
    .join('');
}
