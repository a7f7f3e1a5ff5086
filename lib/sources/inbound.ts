import { auth0 } from './auth0/inbound.ts';
import { okta } from './okta/inbound.ts';
import type { Inbound, InboundRegistry, SourceConfig } from './source.ts';

/** What comes in of each kind of source. The webhook loads all of it, so that nothing of it may load an API client. */
export const inbound: InboundRegistry = { okta, auth0 };

export function faceOf({ kind }: Pick<SourceConfig, 'kind'>, registry: InboundRegistry): Inbound {
  const face = Object.hasOwn(registry, kind) ? registry[kind] : undefined;
  if (!face) throw new Error(`no kind of source is called ${kind}`);
  return face;
}
