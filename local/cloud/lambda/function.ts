import { randomUUID } from 'node:crypto';
import {
  type Environment,
  type FunctionOptions,
  type InvocationResult,
  type Message,
  nextWithin,
  startEnvironment,
} from './environment.ts';

export type LocalFunction = {
  /** Runs the handler on `event`; waits for a free environment when all of them are busy. Never rejects. */
  invoke(event: unknown): Promise<InvocationResult>;
  /** Kills one execution environment, a busy one if there is any; false when none is alive. */
  kill(signal?: NodeJS.Signals): boolean;
  /**
   * The largest resident set that any environment ever had, in bytes; 0 before the first, and on a system without /proc.
   * An environment that somebody else killed counts with what it had at the end of its last invocation.
   */
  peakMemory(): number;
  /** Ends every environment as soon as it has nothing to do: for code that is not invoked any more. */
  retire(): void;
  /** Kills every environment; running invocations end with Runtime.ExitError. */
  close(): Promise<void>;
};

/** Lambda's own limit for the Init phase (docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html, 2025-12). */
const INIT_TIMEOUT_MS = 10_000;

/**
 * Runs a packaged function as Lambda does: each execution environment is a process of its own that keeps its state
 * between invocations and serves one at a time; a process that dies or exceeds its time is never used again.
 *
 * Errors have Lambda's types: `Sandbox.Timedout`, `Runtime.ExitError`, `Runtime.ImportModuleError`,
 * `Runtime.HandlerNotFound`, `Runtime.UnhandledPromiseRejection`, or the name of what the handler threw.
 */
export function startFunction(options: FunctionOptions): LocalFunction {
  const all = new Set<Environment>();
  const idle: Environment[] = [];
  const waiting: (() => void)[] = [];
  let running = 0;
  let retired = false;
  let closing = false;
  let peakOfClosed = 0;

  function start(): Environment {
    const environment = startEnvironment(options);
    all.add(environment);
    environment.closed.then(() => {
      all.delete(environment);
      peakOfClosed = Math.max(peakOfClosed, environment.peakMemory());
    });
    return environment;
  }

  async function acquire(): Promise<Environment> {
    while (running >= options.concurrency) await new Promise<void>((resolve) => waiting.push(resolve));
    running += 1;
    let warm = idle.pop();
    while (warm && !warm.alive) warm = idle.pop();
    return warm ?? start();
  }

  function release(environment: Environment): void {
    running -= 1;
    if (retired) environment.kill('SIGKILL');
    else if (environment.alive) idle.push(environment);
    waiting.shift()?.();
  }

  async function run(environment: Environment, requestId: string, event: string): Promise<Message> {
    if (environment.fresh) {
      const first = await nextWithin(environment, INIT_TIMEOUT_MS);
      if (first.kind !== 'ready') return first;
      environment.fresh = false;
    }
    const deadlineMs = Date.now() + options.timeoutMs;
    // A process that died a moment ago cannot be written to; its end is the next message then.
    environment.child.send({ requestId, event, deadlineMs }, () => {});
    return nextWithin(environment, options.timeoutMs);
  }

  return {
    async invoke(event) {
      const requestId = randomUUID();
      const text = JSON.stringify(event ?? null);
      if (closing)
        return { error: { type: 'Runtime.ExitError', message: `${options.name} is closed`, trace: [] } };
      const environment = await acquire();
      if (closing) environment.kill('SIGKILL');
      const { report = () => {} } = options;
      report(`START RequestId: ${requestId} Version: $LATEST`);
      const from = performance.now();
      const message = await run(environment, requestId, text);
      report(`END RequestId: ${requestId}`);
      report(reportOf(requestId, performance.now() - from, message, options.memoryMb));
      release(environment);
      if (message.kind === 'result') return { payload: JSON.parse(message.payload) };
      if (message.kind === 'ready') throw new Error('an environment was ready twice');
      const { type, message: reason, trace } = message.error;
      const named = type === 'Sandbox.Timedout' || type === 'Runtime.ExitError';
      const error = { type, message: named ? `RequestId: ${requestId} ${reason}` : reason, trace };
      // As the runtime writes it: whatever a handler lets escape ends up in the function's log.
      options.log(options.name, `ERROR Invoke Error ${JSON.stringify(error)}`);
      return { error };
    },
    kill(signal = 'SIGKILL') {
      const victim =
        [...all].find((one) => one.alive && !idle.includes(one)) ?? idle.find(({ alive }) => alive);
      if (!victim) return false;
      victim.alive = false;
      return victim.kill(signal);
    },
    peakMemory: () => Math.max(peakOfClosed, ...[...all].map((environment) => environment.peakMemory())),
    retire() {
      retired = true;
      for (const environment of idle.splice(0)) environment.kill('SIGKILL');
    },
    async close() {
      closing = true;
      for (const environment of all) environment.kill('SIGKILL');
      await Promise.all([...all].map(({ closed }) => closed));
    },
  };
}

/** The last line of an invocation (docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html, 2026-11). */
function reportOf(requestId: string, ms: number, message: Message, memoryMb: number): string {
  const type = 'error' in message ? message.error.type : undefined;
  const status = type === 'Sandbox.Timedout' ? ['Status: timeout'] : ['Status: error', `Error Type: ${type}`];
  return [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${ms.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(ms)} ms`,
    `Memory Size: ${memoryMb} MB`,
    ...(type === undefined ? [] : status),
  ].join('\t');
}
