import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Gets every line that a function writes. */
export type Log = (functionName: string, line: string) => void;

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
  log: Log;
  /** Gets the lines that Lambda itself writes of an invocation. */
  report?: (line: string) => void;
};

const RUNTIME = fileURLToPath(new URL('./runtime.mjs', import.meta.url));

/** A message from an environment; after `fatal` there is none. */
export type Message =
  | { kind: 'ready' }
  | { kind: 'result'; payload: string }
  | { kind: 'error' | 'fatal'; error: FunctionError };

/** One process that runs a function, one invocation at a time. */
export type Environment = {
  child: ChildProcess;
  alive: boolean;
  /** Its `ready` has not been read yet. */
  fresh: boolean;
  next: () => Promise<Message>;
  kill: (signal: NodeJS.Signals) => boolean;
  /** The largest resident set so far, in bytes. */
  peakMemory: () => number;
  closed: Promise<void>;
};

/** Starts the process of a function; its first message is `ready`, or `fatal` when the handler cannot be loaded. */
export function startEnvironment(options: FunctionOptions): Environment {
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
  /** Nothing tells the peak of a process that has ended, so it is read whenever the end may be near, and remembered. */
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
export async function nextWithin(environment: Environment, ms: number): Promise<Message> {
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

/** The largest resident set of a live process, in bytes; 0 on a system without /proc. */
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
