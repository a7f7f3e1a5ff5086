import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FunctionOptions } from '../../../../local/cloud/lambda/environment.ts';
import { type LocalFunction, startFunction } from '../../../../local/cloud/lambda/function.ts';

const HANDLERS = `
let served = 0;
export const echo = async (event, context) => ({ event, pid: process.pid, served: ++served, context: { ...context, left: context.getRemainingTimeInMillis() } });
export const environment = async () => process.env;
export const silent = async () => undefined;
export const broken = async () => { throw new TypeError('no such person'); };
export const background = async () => { setTimeout(() => Promise.reject(new Error('late')), 0); return new Promise(() => {}); };
export const leaves = async () => process.exit(3);
export const hangs = () => new Promise((resolve) => setTimeout(resolve, 60_000));
export const speaks = async () => { console.log('to out'); console.error('to err'); };
export const meets = async ({ wait }) => { console.log('entered'); if (wait) await new Promise((resolve) => setTimeout(resolve, 60_000)); return 'served'; };
export const lingers = async () => { console.log(process.pid); await new Promise((resolve) => setTimeout(resolve, 50)); return 'served'; };
export const grows = async ({ bytes, wait }) => { globalThis.held = Buffer.alloc(bytes, 1); console.log('grown'); if (wait) await new Promise((resolve) => setTimeout(resolve, 60_000)); };
export const notAFunction = 1;
`;

let codeDir: string;
const started: LocalFunction[] = [];

beforeAll(async () => {
  codeDir = await mkdtemp(join(tmpdir(), 'lambda-test-'));
  await writeFile(join(codeDir, 'index.mjs'), HANDLERS);
  await writeFile(join(codeDir, 'broken.mjs'), 'throw new RangeError("cannot load")');
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((local) => local.close()));
});
afterAll(() => rm(codeDir, { recursive: true }));

const start = (exported: string, changes: Partial<FunctionOptions> = {}): LocalFunction => {
  const local = startFunction({
    name: 'stack-echo',
    arn: 'arn:aws:lambda:eu-west-1:111122223333:function:stack-echo',
    codeDir,
    handler: `index.${exported}`,
    env: { GREETING: 'hello' },
    region: 'eu-west-1',
    endpointUrl: 'http://127.0.0.1:1',
    accessKeyId: 'key-of-echo',
    secretAccessKey: 'secret',
    memoryMb: 128,
    timeoutMs: 20_000,
    concurrency: 2,
    log: () => {},
    ...changes,
  });
  started.push(local);
  return local;
};

/** Resolves when the function has written `count` lines. */
const lines = (count: number) => {
  const written: string[] = [];
  const { promise, resolve } = Promise.withResolvers<string[]>();
  const log = (_: string, line: string) => {
    written.push(line);
    if (written.length === count) resolve(written);
  };
  return { log, promise };
};

const isGone = (pid: number) => {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
};

describe('startFunction', () => {
  it('hands event and context to the handler and its answer back', async () => {
    const local = start('echo');

    const { payload } = await local.invoke({ a: ['ü'] });

    expect(payload).toMatchObject({
      event: { a: ['ü'] },
      context: {
        functionName: 'stack-echo',
        invokedFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:stack-echo',
        memoryLimitInMB: '128',
        awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        left: expect.any(Number),
      },
    });
  });

  it('answers null for a handler that returns nothing', async () => {
    const local = start('silent');

    const result = await local.invoke({});

    expect(result).toEqual({ payload: null });
  });

  it('passes on the variables of the template and of Lambda, and nothing of its own environment', async () => {
    const local = start('environment');

    const { payload } = await local.invoke({});

    expect(payload).toEqual({
      GREETING: 'hello',
      PATH: '/usr/local/bin:/usr/bin:/bin',
      AWS_REGION: 'eu-west-1',
      AWS_LAMBDA_FUNCTION_NAME: 'stack-echo',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_ACCESS_KEY_ID: 'key-of-echo',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    });
  });

  it('keeps an environment for the next invocation', async () => {
    const local = start('echo');

    const first = await local.invoke({});
    const second = await local.invoke({});

    expect(second.payload).toMatchObject({ pid: (first.payload as { pid: number }).pid, served: 2 });
  });

  it('serves one invocation at a time in an environment, and no more environments than it may have', async () => {
    const local = start('echo', { concurrency: 2 });

    const results = await Promise.all([1, 2, 3, 4].map((event) => local.invoke(event)));

    const pids = results.map(({ payload }) => (payload as { pid: number }).pid);
    expect(new Set(pids).size).toBe(2);
    expect(results.map(({ payload }) => (payload as { event: number }).event)).toEqual([1, 2, 3, 4]);
  });

  it('ends what runs by itself when it is retired, and then its environments', async () => {
    const { log, promise } = lines(1);
    const local = start('lingers', { concurrency: 1, log });
    const running = local.invoke({});
    const [pid = ''] = await promise;

    local.retire();
    const { payload } = await running;
    await vi.waitUntil(() => isGone(Number(pid)), { timeout: 60_000 });

    expect(payload).toBe('served');
  });

  it('answers what the handler threw, logs it as Lambda does, and keeps the environment', async () => {
    const { log, promise } = lines(1);
    const local = start('broken', { log });

    const { error } = await local.invoke({});

    expect(error).toMatchObject({ type: 'TypeError', message: 'no such person' });
    expect(error?.trace[0]).toBe('TypeError: no such person');
    expect((await promise)[0]).toMatch(/^ERROR Invoke Error .*no such person/);
  });

  it.each([
    [
      'a rejection nobody awaited',
      'background',
      { type: 'Runtime.UnhandledPromiseRejection', message: 'late' },
    ],
    [
      'a process that left',
      'leaves',
      { type: 'Runtime.ExitError', message: expect.stringMatching(/exit status 3$/) },
    ],
  ])('ends an environment after %s', async (_, exported, expected) => {
    const local = start(exported);

    const { error } = await local.invoke({});

    expect(error).toMatchObject(expected);
  });

  it('kills an invocation that exceeds its time, and starts a new environment for the next', async () => {
    const local = start('hangs', { timeoutMs: 50, concurrency: 1 });

    const first = await local.invoke({});
    const second = await local.invoke({});

    for (const { error } of [first, second]) {
      expect(error?.type).toBe('Sandbox.Timedout');
      expect(error?.message).toMatch(/^RequestId: [0-9a-f-]{36} Error: Task timed out after 0\.05 seconds$/);
    }
  });

  it("reports an invocation by Lambda's own lines, with how it ended where it failed", async () => {
    const reported: string[] = [];
    const report = (line: string) => reported.push(line);
    await start('silent', { report }).invoke({});
    await start('broken', { report }).invoke({});
    await start('hangs', { report, timeoutMs: 50 }).invoke({});

    const kinds = ['START', 'END', 'REPORT'];
    expect(reported.map((line) => /^([A-Z]+) RequestId: [0-9a-f-]{36}/.exec(line)?.[1])).toEqual([
      ...kinds,
      ...kinds,
      ...kinds,
    ]);
    const reports = reported.filter((line) => line.startsWith('REPORT'));
    expect(reports.map((line) => line.split('\t').slice(4))).toEqual([
      [],
      ['Status: error', 'Error Type: TypeError'],
      ['Status: timeout'],
    ]);
  });

  it('answers Runtime.ExitError when its process is killed in the middle, and serves the next invocation', async () => {
    const { log, promise } = lines(1);
    const local = start('meets', { log, concurrency: 1 });
    const running = local.invoke({ wait: true });
    await promise;

    const killed = local.kill();
    const { error } = await running;
    const next = await local.invoke({ wait: false });

    expect(killed).toBe(true);
    expect(next).toEqual({ payload: 'served' });
    expect(error?.type).toBe('Runtime.ExitError');
    expect(error?.message).toMatch(/signal: killed$/);
  });

  it('tells the most memory of any of its processes, after one that was killed as well', async () => {
    const { log, promise } = lines(1);
    const local = start('grows', { log });
    const bytes = 64 * 1024 * 1024;
    const running = local.invoke({ bytes, wait: true });
    await promise;

    local.kill();
    await running;
    await local.invoke({ bytes: 1 });

    expect(local.peakMemory()).toBeGreaterThan(bytes);
  });

  it('has used no memory before the first invocation', () => {
    const local = start('echo');

    const peak = local.peakMemory();

    expect(peak).toBe(0);
  });

  it('says that there was nothing to kill before the first invocation', () => {
    const local = start('echo');

    const killed = local.kill();

    expect(killed).toBe(false);
  });

  it.each([
    ['no such file', 'nowhere.handler', { type: 'Runtime.ImportModuleError' }],
    ['no such export', 'index.nothing', { type: 'Runtime.HandlerNotFound' }],
    ['an export that is no function', 'index.notAFunction', { type: 'Runtime.HandlerNotFound' }],
    ['code that fails while it loads', 'broken.handler', { type: 'RangeError', message: 'cannot load' }],
  ])('answers with the reason when the handler cannot be loaded: %s', async (_, handler, expected) => {
    const local = start('echo', { handler });

    const { error } = await local.invoke({});

    expect(error).toMatchObject(expected);
  });

  it('logs every line of both streams under the name of the function', async () => {
    const { log, promise } = lines(2);
    const local = start('speaks', { log });

    await local.invoke({});

    expect((await promise).sort()).toEqual(['to err', 'to out']);
  });

  it('runs nothing once it is closed', async () => {
    const local = start('echo');
    await local.close();

    const { error } = await local.invoke({});

    expect(error).toMatchObject({ type: 'Runtime.ExitError', message: 'stack-echo is closed' });
  });
});
