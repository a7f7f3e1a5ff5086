/**
 * One execution environment: loads the handler as the Node.js runtime of Lambda does, and runs one invocation at a time for
 * its parent process. Plain JavaScript, so that a start needs no type stripping.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [codeDir, handlerName, functionArn] = process.argv.slice(2);
const send = (message, then) => process.send(message, then);

const described = (error) =>
  error instanceof Error
    ? { type: error.name, message: error.message, trace: (error.stack ?? '').split('\n') }
    : { type: typeof error, message: String(error), trace: [] };

const dieOf = (type) => (error) => {
  const { message, trace } = described(error);
  send({ kind: 'fatal', error: { type: type ?? described(error).type, message, trace } }, () =>
    process.exit(1),
  );
};
process.on('uncaughtException', dieOf());
process.on('unhandledRejection', dieOf('Runtime.UnhandledPromiseRejection'));

const failure = (type, message) => Object.assign(new Error(message), { name: type });

async function loadHandler() {
  const dot = handlerName.lastIndexOf('.');
  const [path, exported] = [handlerName.slice(0, dot), handlerName.slice(dot + 1)];
  const file = ['.mjs', '.js', '.cjs'].map((extension) => join(codeDir, path + extension)).find(existsSync);
  if (!file) throw failure('Runtime.ImportModuleError', `Error: Cannot find module '${path}'`);
  const handler = (await import(pathToFileURL(file)))[exported];
  if (typeof handler !== 'function') {
    throw failure('Runtime.HandlerNotFound', `${handlerName} is undefined or not exported`);
  }
  return handler;
}

async function answer(handler, { requestId, event, deadlineMs }) {
  const context = {
    awsRequestId: requestId,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: '$LATEST',
    invokedFunctionArn: functionArn,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: `/aws/lambda/${process.env.AWS_LAMBDA_FUNCTION_NAME}`,
    logStreamName: `local/[$LATEST]${process.pid}`,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
  try {
    const payload = JSON.stringify((await handler(JSON.parse(event), context)) ?? null);
    send({ kind: 'result', payload: payload ?? 'null' });
  } catch (error) {
    send({ kind: 'error', error: described(error) });
  }
}

try {
  const handler = await loadHandler();
  process.on('message', (invocation) => answer(handler, invocation));
  send({ kind: 'ready' });
} catch (error) {
  dieOf()(error);
}
