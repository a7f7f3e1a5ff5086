import { readFileSync } from 'node:fs';

const CREATED = JSON.parse(
  readFileSync(new URL('../../events/okta/user.lifecycle.create.json', import.meta.url), 'utf8'),
).request.body;

/** What API Gateway hands over of one delivery of Okta's, in which somebody is created: 2.6 KB of body, as Okta's hooks send it. */
export function webhookEvent(personId: string) {
  const delivery = structuredClone(CREATED);
  const [event] = delivery.data.events;
  event.uuid = `event-of-${personId}`;
  event.target[0].id = personId;
  return {
    version: '2.0',
    rawPath: '/webhooks/okta',
    headers: { authorization: 'okta-credential', 'content-type': 'application/json' },
    requestContext: { http: { method: 'POST' }, requestId: `request-of-${personId}` },
    pathParameters: { source: 'okta' },
    body: JSON.stringify(delivery),
    isBase64Encoded: false,
  };
}

/** What SQS hands over of messages in which each of these people is new. */
export function deliverEvent(...personIds: string[]) {
  return {
    Records: personIds.map((personId) => ({
      messageId: `message-of-${personId}`,
      receiptHandle: `receipt-of-${personId}`,
      attributes: { ApproximateReceiveCount: '1', MessageGroupId: 'shard-0' },
      body: JSON.stringify({ v: 2, changes: [arrivalOf(personId)] }),
    })),
  };
}

function arrivalOf(personId: string) {
  return {
    ...{ kind: 'person', source: 'okta', at: '2026-09-01T09:15:04.112Z', id: `event-of-${personId}` },
    ...{ personId, exists: true, profile: { name: 'Ada Example', email: `${personId}@example.com` } },
  };
}
