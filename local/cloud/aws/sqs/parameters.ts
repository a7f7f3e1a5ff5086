import { AwsError } from '../error.ts';

/** The refusal of a request that lacks a parameter. */
export function missing(parameter: string): AwsError {
  return new AwsError(
    'MissingRequiredParameterException',
    `The request must contain the parameter ${parameter}.`,
    { queryCode: 'MissingParameter' },
  );
}

/** The refusal of a parameter's value. */
export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message, { queryCode: 'InvalidParameterValue' });
}

/** Returns `value`. Throws AwsError unless it is a whole number from `least` to `most`. */
export function within(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalidParameter(
    `Value ${value} for parameter ${name} is invalid. Reason: Must be between ${least} and ${most}, if provided.`,
  );
}
