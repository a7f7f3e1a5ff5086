import middy from '@middy/core';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { hideWords, requestIdOf } from '../lib/cause.ts';
import { WebhookCredentials } from '../lib/http/bearer.ts';
import { type Answer, answerErrors, readRequest } from '../lib/http/edge.ts';
import {
  isPartnerEvent,
  type PartnerEvent,
  type ReceiveDeps,
  receive,
  receivePartnerEvent,
} from '../lib/inbound/receive.ts';
import { withFields } from '../lib/observability.ts';
import { inbound } from '../lib/sources/inbound.ts';
import { createTools, readEnv, readOwnConfig, WebhookEnv } from './wiring/environment.ts';
import { connectPark, connectQueue } from './wiring/queues.ts';
import { connectSecret } from './wiring/secret.ts';

export function create(deps: ReceiveDeps) {
  const depsOf = (requestId: string | undefined) => ({ ...deps, log: withFields(deps.log, { requestId }) });
  const answer = middy<APIGatewayProxyEventV2, Answer>({ timeoutEarlyInMillis: 0 })
    .use(answerErrors(deps.log))
    .handler((event) => {
      const request = readRequest(event);
      return receive(request, depsOf(request.requestId));
    });
  // EventBridge waits for no answer: by what is thrown Lambda knows that it has to try again.
  const take = middy<PartnerEvent, object>({ timeoutEarlyInMillis: 0 })
    .use(hideWords(deps.log))
    .handler((event, context) => receivePartnerEvent(event, depsOf(requestIdOf(event, context))));
  return (event: APIGatewayProxyEventV2 | PartnerEvent, context: Context) =>
    isPartnerEvent(event, deps.inbound) ? take(event, context) : answer(event, context);
}

const env = readEnv(WebhookEnv);
const credentials = connectSecret(env.WEBHOOK_CREDENTIALS_SECRET, WebhookCredentials);

export const handler = create({
  ...{ config: readOwnConfig(), inbound, credentials },
  queue: connectQueue(env),
  park: connectPark(env),
  ...createTools(),
});

// Init has a full CPU, the first invocation a fraction of one: the secret is fetched now, and again later if this fails.
await credentials().catch(() => undefined);
