import { AwsError } from '../error.ts';
import { invalidParameter } from './parameters.ts';

export type Attributes = Record<string, string>;
export type Redrive = { deadLetterTargetArn: string; maxReceiveCount: number };

const RANGES: Record<string, readonly [least: number, most: number, preset: number]> = {
  DelaySeconds: [0, 900, 0],
  MaximumMessageSize: [1024, 1_048_576, 1_048_576],
  MessageRetentionPeriod: [60, 1_209_600, 345_600],
  ReceiveMessageWaitTimeSeconds: [0, 20, 0],
  VisibilityTimeout: [0, 43_200, 30],
};
const OPTIONAL_RANGES: Record<string, readonly [least: number, most: number]> = {
  KmsDataKeyReusePeriodSeconds: [60, 86_400],
};
const CHOICES: Record<string, readonly string[]> = { SqsManagedSseEnabled: ['true', 'false'] };
const FIFO_CHOICES: Record<string, readonly string[]> = {
  FifoQueue: ['true'],
  ContentBasedDeduplication: ['false', 'true'],
  DeduplicationScope: ['queue', 'messageGroup'],
  FifoThroughputLimit: ['perQueue', 'perMessageGroupId'],
};
const FREE = ['KmsMasterKeyId', 'Policy', 'RedrivePolicy', 'RedriveAllowPolicy'];

/** The attributes of a queue that is created with none (API reference, CreateQueue, 2026-11; sizes in bytes). */
export function defaultAttributes(fifo: boolean): Attributes {
  return {
    ...Object.fromEntries(Object.entries(RANGES).map(([name, [, , preset]]) => [name, String(preset)])),
    SqsManagedSseEnabled: 'true',
    ...(fifo
      ? Object.fromEntries(Object.entries(FIFO_CHOICES).map(([name, [preset]]) => [name, preset as string]))
      : {}),
  };
}

/**
 * The attributes after a change; an empty value removes an attribute. Throws AwsError where AWS refuses:
 * an unknown name, a FIFO attribute on a standard queue, a value out of range, high throughput without its scope.
 */
export function mergeAttributes(current: Attributes, changes: Attributes, fifo: boolean): Attributes {
  for (const [name, value] of Object.entries(changes)) check(name, value, fifo);

  const merged = { ...current, ...changes };
  // A key of one's own replaces the managed one.
  if (changes.KmsMasterKeyId) merged.SqsManagedSseEnabled = 'false';
  if (merged.FifoThroughputLimit === 'perMessageGroupId' && merged.DeduplicationScope !== 'messageGroup')
    throw invalidValue('FifoThroughputLimit', 'perMessageGroupId needs DeduplicationScope messageGroup.');

  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ''));
}

/** Whether two values of an attribute are equal. The spacing and order of JSON do not count. */
export function sameValue(left: string | undefined, right: string): boolean {
  return left === right || (left !== undefined && canonical(left) === canonical(right));
}

/** Reads a RedrivePolicy; `maxReceiveCount` may be a number or its digits. Throws AwsError when it is not one. */
export function parseRedrive(value: string): Redrive {
  const policy = parseJson(value) as Partial<Redrive> | undefined;
  const maxReceiveCount = Number(policy?.maxReceiveCount);
  if (typeof policy?.deadLetterTargetArn !== 'string')
    throw invalidParameter(
      `Value ${value} for parameter RedrivePolicy is invalid. Reason: Redrive policy does not contain mandatory attribute: deadLetterTargetArn.`,
    );
  if (!Number.isInteger(maxReceiveCount) || maxReceiveCount < 1 || maxReceiveCount > 1000)
    throw invalidParameter(
      `Value ${value} for parameter RedrivePolicy is invalid. Reason: Invalid value for maxReceiveCount: ${policy.maxReceiveCount}, valid values are from 1 to 1000 both inclusive.`,
    );
  return { deadLetterTargetArn: policy.deadLetterTargetArn, maxReceiveCount };
}

function check(name: string, value: string, fifo: boolean): void {
  const range = RANGES[name] ?? OPTIONAL_RANGES[name];
  const choices = CHOICES[name] ?? (fifo ? FIFO_CHOICES[name] : undefined);
  if (!range && !choices && !FREE.includes(name))
    throw new AwsError('InvalidAttributeName', `Unknown Attribute ${name}.`);

  if (range && !(/^\d+$/.test(value) && Number(value) >= range[0] && Number(value) <= range[1]))
    throw invalidValue(name, `Must be a whole number from ${range[0]} to ${range[1]}.`);
  if (choices && !choices.includes(value)) throw invalidValue(name, `Must be one of ${choices.join(', ')}.`);
  if (name === 'RedrivePolicy' && value !== '') parseRedrive(value);
}

function invalidValue(name: string, reason: string): AwsError {
  return new AwsError('InvalidAttributeValue', `Invalid value for the parameter ${name}. Reason: ${reason}`);
}

function canonical(value: string): string {
  const parsed = parseJson(value);
  if (typeof parsed !== 'object' || parsed === null) return value;
  return JSON.stringify(
    Object.entries(parsed)
      .map(([key, part]) => [key, String(part)])
      .sort(),
  );
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
