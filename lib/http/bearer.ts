import { createHash, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';

/** The secret with what each source's webhook caller must send; during a rotation both values are good. */
export const WebhookCredentials = z.record(
  z.string(),
  z.strictObject({ current: z.string().min(1), previous: z.string().min(1).optional() }),
);
export type WebhookCredentials = z.infer<typeof WebhookCredentials>;

/** How the credential stands in its header: `Bearer token`, `Basic base64(user:password)`, or bare. */
export type Scheme = 'bearer' | 'basic' | 'none';

/** The credential out of a header's value; undefined when it is absent or of another scheme. */
export function readCredential(value: string | undefined, scheme: Scheme): string | undefined {
  if (value === undefined || scheme === 'none') return value;
  const [, name = '', rest = ''] = /^(\S+) +(\S.*)$/s.exec(value.trim()) ?? [];
  if (name.toLowerCase() !== scheme) return undefined;
  return scheme === 'basic' ? Buffer.from(rest, 'base64').toString('utf8') : rest;
}

/** What a caller must put into the header: the reverse of `readCredential`. */
export function writeCredential(credential: string, scheme: Scheme): string {
  if (scheme === 'basic') return `Basic ${Buffer.from(credential).toString('base64')}`;
  return scheme === 'bearer' ? `Bearer ${credential}` : credential;
}

/** Whether the given credential is one of the accepted; takes the same time whatever it is and however long. */
export function isAccepted(given: string, accepted: (string | undefined)[]): boolean {
  const digest = digestOf(given);
  return accepted
    .map((value) => value !== undefined && timingSafeEqual(digest, digestOf(value)))
    .includes(true);
}

function digestOf(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}
