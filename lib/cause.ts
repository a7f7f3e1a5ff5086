import type { MiddlewareObj } from '@middy/core';
import type { Context } from 'aws-lambda';
import { ConfigError, WorldFault } from './errors.ts';
import type { Log, LogFields } from './observability.ts';

/** Errors are looked at so deep: one may be its own cause. */
const MAX_CAUSES = 5;

/**
 * What a log line says of an error. The words of our own faults are ours and hold nobody's name; of every other error, and of
 * what is behind a fault, there are the name, AWS's or Node's code and the place in the bundle, for its words may hold anything.
 */
export function causeOf(error: unknown): Pick<LogFields, 'error' | 'code' | 'causes' | 'place'> {
  const [first, ...behind] = chainOf(error);
  const isOwn = isOurs(first);
  const others = isOwn ? behind : [first, ...behind];
  const causes = behind.map((cause) => [nameOf(cause), codeOf(cause)].filter(Boolean).join(' '));
  const code = codeOf(first);
  const [place] = framesOf(others.at(-1));
  return {
    ...(code !== undefined && { code }),
    error: isOwn ? first.message : nameOf(first),
    ...(causes.length > 0 && { causes }),
    ...(place !== undefined && { place }),
  };
}

/**
 * What a function throws, Lambda logs and puts into failed invocations word by word. So it is logged by its cause, with the id
 * of the event or of the invocation; and of an error that is not ours one is thrown in its stead that has its name and places,
 * and none of its words.
 */
export function hideWords(log: Log): MiddlewareObj {
  return {
    onError: (request) => {
      const { error, event, context } = request;
      log.error('The invocation failed', { requestId: requestIdOf(event, context), ...causeOf(error) });
      if (!isOurs(error)) request.error = withoutWords(error);
    },
  };
}

/** What an invocation that did not come by the API is known by: EventBridge's id of its event, or else Lambda's of itself. */
export function requestIdOf(event: unknown, { awsRequestId }: Pick<Context, 'awsRequestId'>): string {
  const isNamed = typeof event === 'object' && event !== null && 'id' in event;
  return isNamed && typeof event.id === 'string' ? event.id : awsRequestId;
}

function withoutWords(error: unknown): Error {
  const hidden = new Error('its words are left out, for they may name somebody');
  hidden.name = nameOf(error);
  const frames = framesOf(error).map((place) => `    at ${place}`);
  hidden.stack = [`${hidden.name}: ${hidden.message}`, ...frames].join('\n');
  return hidden;
}

function isOurs(error: unknown): error is WorldFault | ConfigError {
  return error instanceof WorldFault || error instanceof ConfigError;
}

/** An error and what is behind it, one after the other. */
function chainOf(error: unknown): unknown[] {
  const chain = [error];
  for (let cause = causeIn(error); cause !== undefined && chain.length <= MAX_CAUSES; cause = causeIn(cause))
    chain.push(cause);
  return chain;
}

function causeIn(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

/** A name as it was written in code: `AccessDeniedException`, `TypeError`. */
function nameOf(error: unknown): string {
  const name = error instanceof Error ? error.name : typeof error;
  return /^[A-Za-z][\w.$]{0,79}$/.test(name) ? name : 'Error';
}

/** AWS's or Node's code of an error (`ENOTFOUND`), or of a fault of ours (`queue`). */
function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Za-z][\w.-]{0,79}$/.test(code) ? code : undefined;
}

/** Where an error was thrown and what called that, each as file:line:column, without the directory and the function. */
function framesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  // The words of the error come first, and may look like anything.
  const frames = (error.stack ?? '').split('\n').slice(error.message.split('\n').length);
  return frames.flatMap((frame) => /^\s+at .*?([\w.-]+\.[cm]?[jt]s:\d+:\d+)\)?$/.exec(frame)?.[1] ?? []);
}
