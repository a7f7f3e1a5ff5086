import * as z from 'zod';
import { EVENT_TYPES } from './event.ts';

// What the requests about event streams may have in their bodies.

const text = z.string().min(1);
const isLoopback = ({ protocol, hostname }: URL) =>
  protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
const Endpoint = z
  .url()
  .refine((url) => new URL(url).protocol === 'https:' || isLoopback(new URL(url)), 'must be an https URL');
const Webhook = z.strictObject({
  type: z.literal('webhook'),
  configuration: z.strictObject({
    webhook_endpoint: Endpoint,
    webhook_authorization: z.discriminatedUnion('method', [
      z.strictObject({ method: z.literal('bearer'), token: text }),
      z.strictObject({ method: z.literal('basic'), username: text, password: text }),
      z.strictObject({ method: z.literal('custom_header'), header_key: text, header_value: text }),
    ]),
  }),
});
const EventBridge = z.strictObject({
  type: z.literal('eventbridge'),
  configuration: z.strictObject({
    aws_account_id: z.string().regex(/^\d{12}$/),
    aws_region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/),
    aws_partner_event_source: z.string().optional(),
  }),
});
const Action = z.strictObject({
  type: z.literal('action'),
  configuration: z.strictObject({ action_id: text }),
});
export const StreamBody = z.strictObject({
  name: text.optional(),
  status: z.enum(['enabled', 'disabled']).default('enabled'),
  subscriptions: z.array(z.strictObject({ event_type: z.enum(EVENT_TYPES) })).default([]),
  destination: z.discriminatedUnion('type', [Webhook, EventBridge, Action]),
});
export const StreamPatch = z.strictObject({
  name: text.optional(),
  status: z.enum(['enabled', 'disabled']).optional(),
  subscriptions: z.array(z.strictObject({ event_type: z.enum(EVENT_TYPES) })).optional(),
  destination: Webhook.optional(),
});
export const TestBody = z.strictObject({
  event_type: z.enum(EVENT_TYPES),
  data: z.record(z.string(), z.unknown()).optional(),
});
export const Redelivery = z.strictObject({
  date_from: z.string().optional(),
  date_to: z.string().optional(),
  statuses: z.array(z.literal('failed')).optional(),
  event_types: z.array(z.enum(EVENT_TYPES)).optional(),
});

export type Stream = z.infer<typeof StreamBody> & { id: string; created_at: string; updated_at: string };

/** The header by which a delivery is authorized. */
export function authorizationHeader(authorization: WebhookAuthorization): Record<string, string> {
  if (authorization.method === 'bearer') return { authorization: `Bearer ${authorization.token}` };
  if (authorization.method === 'custom_header') {
    return { [authorization.header_key]: authorization.header_value };
  }
  const pair = Buffer.from(`${authorization.username}:${authorization.password}`).toString('base64');
  return { authorization: `Basic ${pair}` };
}

type WebhookAuthorization = z.infer<typeof Webhook>['configuration']['webhook_authorization'];

/** A destination as the API shows it: secrets are stored and never shown. */
export function withoutSecrets(destination: Stream['destination']): unknown {
  if (destination.type !== 'webhook') return destination;
  const { webhook_endpoint, webhook_authorization } = destination.configuration;
  const secrets = ['token', 'password', 'header_value'];
  const shown = Object.entries(webhook_authorization).filter(([key]) => !secrets.includes(key));
  return {
    type: 'webhook',
    configuration: { webhook_endpoint, webhook_authorization: Object.fromEntries(shown) },
  };
}

/** What is wrong with a body, in one line. */
export function issueIn({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join(', ');
}
