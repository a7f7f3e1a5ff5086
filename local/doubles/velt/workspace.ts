import * as z from 'zod';
import { type Endpoint, endpoint } from './endpoint.ts';

/** What is set for an API key in Velt's console. */
export type KeySettings = {
  requireAutoOrgUser?: boolean;
  defaultDocumentAccessType?: 'public' | 'organizationPrivate' | 'restricted';
  requireJwtToken?: boolean;
};

/** What a new key has, by Velt's documents: users by themselves, public documents, no token (key-concepts/overview, 2026-08-19). */
export const NEW_KEY: KeySettings = {
  requireAutoOrgUser: true,
  defaultDocumentAccessType: 'public',
  requireJwtToken: false,
};

/** `workspace/apikeyconfig/get` (v2/workspace/apikeyconfig-get, 2026-08-19); by the key's own credentials. */
export function workspaceEndpoints(settings: KeySettings): [path: string, endpoint: Endpoint][] {
  const get = endpoint(z.strictObject({}), () => ({
    message: 'API key metadata retrieved successfully.',
    data: { ownerEmail: 'owner@example.com', planInfo: { type: 'sdk test' }, ...settings },
  }));
  return [['/v2/workspace/apikeyconfig/get', get]];
}
