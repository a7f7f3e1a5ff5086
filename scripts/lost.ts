import { resolveValue } from '../local/cloud/template/resolve.ts';
import type { Surroundings, Template } from '../local/cloud/template/template.ts';

/**
 * What of a stack holds something, and the properties that make another one of it when they change (CloudFormation template
 * reference, "Update requires: Replacement", 2026-02).
 */
const HOLDING: Record<string, { word: string; identity: string[] }> = {
  'AWS::DynamoDB::Table': { word: 'table', identity: ['TableName', 'KeySchema'] },
  'AWS::SQS::Queue': { word: 'queue', identity: ['QueueName', 'FifoQueue'] },
  'AWS::SecretsManager::Secret': { word: 'secret', identity: ['Name'] },
  'AWS::Events::EventBus': { word: 'bus', identity: ['Name', 'EventSourceName'] },
};

/** A template and the values of its parameters, where they are not its defaults. */
export interface Deployed {
  template: Template;
  parameters?: Record<string, string>;
}

/** What a deployment would delete, or put an empty one in the place of. */
export interface Lost {
  what: string;
  name: string;
  how: 'deleted' | 'replaced';
}

/** The tables, queues, secrets and buses that are in one template and not the same in the other. */
export function lostBetween(before: Deployed, after: Deployed): Lost[] {
  const next = holdingsOf(after);
  return Object.entries(holdingsOf(before)).flatMap(([logicalId, { what, name, identity }]) => {
    const other = next[logicalId];
    if (other?.identity === identity) return [];
    return [{ what, name, how: other ? ('replaced' as const) : ('deleted' as const) }];
  });
}

function holdingsOf({ template, parameters = {} }: Deployed) {
  const world: Surroundings = { region: '', accountId: '', stackName: '', physical: {}, parameters };
  const resolved = (logicalId: string, value: unknown) =>
    resolveValue(template, world, value, { logicalId, path: [] });
  const holdings = Object.entries(template.Resources).flatMap(([logicalId, resource]) => {
    const { Type, Condition, Properties = {} } = resource;
    const holding = HOLDING[Type];
    if (!holding || (Condition !== undefined && !resolved(logicalId, { Condition }))) return [];
    const values = holding.identity.map((property) => resolved(logicalId, Properties[property]));
    const identity = JSON.stringify([Type, ...values]);
    return [[logicalId, { what: holding.word, name: String(values[0]), identity }] as const];
  });
  return Object.fromEntries(holdings);
}
