import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export type FunctionError = { type: string; message: string; trace: string[] };
export type InvocationResult =
  | { payload: unknown; error?: never }
  | { error: FunctionError; payload?: never };

export type FunctionOptions = {
  name: string;
  arn: string;
  /** Where the function's zip was extracted. */
  codeDir: string;
  /** As in the template: `path/to/module.export`. */
  handler: string;
  /** The template's variables; nothing of this process's environment is passed on. */
  env: Record<string, string>;
  region: string;
  /** The AWS endpoint, and the access key that stands for the function's role. */
  endpointUrl: string;
  accessKeyId: string;
  secretAccessKey: string;
  memoryMb: number;
  timeoutMs: number;
  /** Execution environments that may live at once. */
  concurrency: number;
  log: (functionName: string, line: string) => void;
};

export type LocalFunction = {
  /** Runs the handler on `event`; waits for a free environment when all of them are busy. Never rejects. */
  invoke(event: unknown): Promise<InvocationResult>;
  /** Kills one execution environment, a busy one if there is any; false when none is alive. */
  kill(signal?: NodeJS.Signals): boolean;
  /**
   * The largest resident set that any environment ever had, in bytes; 0 before the first, and where there is no /proc. Of
   * one that somebody else killed, what it had at the end of its last invocation.
   */
  peakMemory(): number;
  /** Kills every environment; what runs answers Runtime.ExitError. */
  close(): Promise<void>;
};

const RUNTIME = fileURLToPath(new URL('./lambda-runtime.mjs', import.meta.url));
/** Lambda's own limit for the Init phase (docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html, 2025-12). */
const INIT_TIMEOUT_MS = 10_000;

/** What an environment says; after `fatal` it says nothing more. */
type Message =
  | { kind: 'ready' }
  | { kind: 'result'; payload: string }
  | { kind: 'error' | 'fatal'; error: FunctionError };

type Environment = {
  child: ChildProcess;
  alive: boolean;
  /** Has not said `ready` yet. */
  fresh: boolean;
  next: () => Promise<Message>;
  kill: (signal: NodeJS.Signals) => boolean;
  /** The largest resident set so far, in bytes. */
  peakMemory: () => number;
  closed: Promise<void>;
};

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
    if (environment.alive) idle.push(environment);
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
      const message = await run(environment, requestId, text);
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
    async close() {
      closing = true;
      for (const environment of all) environment.kill('SIGKILL');
      await Promise.all([...all].map(({ closed }) => closed));
    },
  };
}

function startEnvironment(options: FunctionOptions): Environment {
  const child = fork(RUNTIME, [options.codeDir, options.handler, options.arn], {
    cwd: options.codeDir,
    execArgv: heapLimits(options.memoryMb),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...options.env,
      PATH: '/usr/local/bin:/usr/bin:/bin',
      AWS_REGION: options.region,
      AWS_LAMBDA_FUNCTION_NAME: options.name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(options.memoryMb),
      AWS_ACCESS_KEY_ID: options.accessKeyId,
      AWS_SECRET_ACCESS_KEY: options.secretAccessKey,
      AWS_ENDPOINT_URL: options.endpointUrl,
    },
  });
  for (const input of [child.stdout, child.stderr]) {
    if (input) createInterface({ input }).on('line', (line) => options.log(options.name, line));
  }

  let peak = 0;
  /** A process takes its memory along when it ends: asked whenever that may be near, what it had stays known. */
  const peakMemory = () => {
    if (child.exitCode === null && child.signalCode === null) peak = Math.max(peak, residentPeakOf(child));
    return peak;
  };

  const arrived: Message[] = [];
  let take: ((message: Message) => void) | undefined;
  const arrive = (message: Message) => {
    if (take) take(message);
    else arrived.push(message);
    take = undefined;
  };
  child.on('message', (message) => {
    peakMemory();
    arrive(message as Message);
  });

  const environment: Environment = {
    child,
    alive: true,
    fresh: true,
    next: () => {
      const message = arrived.shift();
      return message ? Promise.resolve(message) : new Promise((resolve) => (take = resolve));
    },
    kill: (signal) => {
      peakMemory();
      return child.kill(signal);
    },
    peakMemory,
    // "close" comes after the last message; "exit" may overtake it.
    closed: new Promise((resolve) => {
      child.on('close', (code, signal) => {
        environment.alive = false;
        const how = signal ? `signal: ${signal === 'SIGKILL' ? 'killed' : signal}` : `exit status ${code}`;
        arrive(fatal('Runtime.ExitError', `Error: Runtime exited with error: ${how}`));
        resolve();
      });
    }),
  };
  return environment;
}

/** The environment's next message; when it does not come within `ms`, the environment is killed. */
async function nextWithin(environment: Environment, ms: number): Promise<Message> {
  const { promise, resolve } = Promise.withResolvers<Message>();
  const timer = setTimeout(() => {
    environment.kill('SIGKILL');
    resolve(fatal('Sandbox.Timedout', `Error: Task timed out after ${(ms / 1000).toFixed(2)} seconds`));
  }, ms);
  environment.next().then(resolve);
  const message = await promise;
  clearTimeout(timer);
  if (message.kind === 'fatal') environment.alive = false;
  return message;
}

/**
 * What Lambda's Node.js runtime starts Node with: a tenth of the function's memory for new objects, the rest for old ones
 * (/var/runtime/bootstrap of nodejs18.x; Lambda does not document it).
 */
function heapLimits(memoryMb: number): string[] {
  const newSpace = Math.floor(memoryMb / 10);
  return [`--max-semi-space-size=${Math.floor(newSpace / 2)}`, `--max-old-space-size=${memoryMb - newSpace}`];
}

/** The largest resident set of a live process, in bytes; 0 where the system does not tell. */
function residentPeakOf({ pid }: ChildProcess): number {
  try {
    // In kB, and of this program alone: the peak of getrusage is inherited from whoever forked it.
    return 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function fatal(type: string, message: string): Message {
  return { kind: 'fatal', error: { type, message, trace: [] } };
}
