import { HttpError } from '../../errors.ts';
import type { Delivered, Inbound } from '../source.ts';
import { applicationOf, OktaConfig, policyOf } from './config.ts';
import { EVENT_TYPES, hookEventTypes, mapBody, mapEvent, type OktaContext } from './map.ts';

export const okta: Inbound<OktaConfig> = {
  config: OktaConfig,
  policyOf,
  credential: ({ header }) => ({ header, scheme: 'none' }),
  eventTypes: (config) => hookEventTypes(applicationOf(config)),
  answer: answerChallenge,
  map: (body, delivered) => mapBody(body, contextOf(delivered)),
  mapEvent: (event, delivered) => mapEvent(event, 'detail.', contextOf(delivered)),
  bus: { prefix: 'aws.partner/okta.com/', eventTypes: [...EVENT_TYPES] },
};

function contextOf({ source, latest, config }: Delivered<OktaConfig>): OktaContext {
  return { source, latest, application: applicationOf(config), api: config.api !== undefined };
}

/**
 * Answers Okta's one-time verification of a hook: the value of the challenge header comes back as JSON
 * (developer.okta.com/docs/concepts/event-hooks, 2026-08-21).
 */
export function answerChallenge(headers: Record<string, string | undefined>): { verification: string } {
  const challenge = headers['x-okta-verification-challenge'];
  if (challenge) return { verification: challenge };
  const message = 'A GET verifies an Okta event hook: header x-okta-verification-challenge is missing.';
  throw new HttpError(400, message);
}
