import type * as z from 'zod';
import { ConfigError } from './errors.ts';

/** Throws a ConfigError that names each faulty field of `what`, never its value: values may be secret. */
export function parse<T extends z.ZodType>(schema: T, value: unknown, what: string): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ConfigError(what, describeIssues(result.error));
}

/** The same of what holds secrets: a key that nobody knows is not named, for a secret may stand in its place. */
export function parseSecret<T extends z.ZodType>(schema: T, value: unknown, what: string): z.infer<T> {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  throw new ConfigError(what, describeSecretIssues(error));
}

/** As {@link describeIssues}, of what holds secrets. */
export function describeSecretIssues(error: z.ZodError): { path: string; message: string }[] {
  return describeIssues(error).map(({ path, message }, index) => ({
    path,
    message: error.issues[index]?.code === 'unrecognized_keys' ? 'Unrecognized key' : message,
  }));
}

/** One line per issue: where it is and what is wrong, without the value that was found. */
export function describeIssues(error: z.ZodError): { path: string; message: string }[] {
  return error.issues.map((issue) => ({
    path: issue.path.map(String).join('.') || '(whole)',
    // Of a key that is refused, zod says no more than that; why, its own issues say.
    message:
      issue.code === 'invalid_key' ? issue.issues.map(({ message }) => message).join('; ') : issue.message,
  }));
}
