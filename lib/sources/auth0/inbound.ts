import type { Delivered, Inbound } from '../source.ts';
import { Auth0Config, policyOf } from './config.ts';
import { eventTypes, mapBody } from './map.ts';

export const auth0: Inbound<Auth0Config> = {
  config: Auth0Config,
  policyOf,
  credential: ({ header, scheme }) => ({ header, scheme }),
  eventTypes,
  // Log streams may send them so.
  lines: true,
  map: (body, delivered) => mapBody(body, contextOf(delivered)),
  mapEvent: (event, delivered) => mapBody(event, contextOf(delivered), 'detail.'),
  bus: { prefix: 'aws.partner/auth0.com/' },
};

function contextOf({ source, latest, config }: Delivered<Auth0Config>) {
  return { source, latest, api: config.api !== undefined };
}
