import type { PageFault } from '../../faults.ts';
import { type HttpAnswer, json } from '../../http-server.ts';
import { auth0Error, missing } from '../error.ts';
import type { Auth0Exports } from '../exports.ts';
import { type Auth0List, project, type serveNumbered } from '../paging.ts';
import type { Auth0Bucket } from '../rates.ts';
import type { Auth0Streams } from '../streams.ts';
import type { Auth0Tenant } from '../tenant/tenant.ts';

/** What the endpoints answer from. */
export type Api = {
  tenant: Auth0Tenant;
  tenantName: string;
  streams: Auth0Streams;
  exports: Auth0Exports;
  clock: () => number;
  groupsTellOrganization: boolean;
};

/** A request for an endpoint. */
export type Asked = {
  /** The ids in its path. */
  ids: string[];
  query: URLSearchParams;
  body: unknown;
  scopes: ReadonlySet<string>;
  fault: PageFault | undefined;
  /** A search does not find users who were created so recently (ms). */
  lagMs: number;
};

export type Route = {
  method: string;
  /** Below `/api/v2/`; a `*` stands for an id. */
  path: string;
  bucket: Auth0Bucket;
  /** Any of them will do. */
  scopes: string[];
  /** The parameters that the query may have. */
  query: string[];
  answer: (asked: Asked) => HttpAnswer;
};

/** `endpoint` is `METHOD path`; then its rate limit, its scopes and the parameters that its query may have. */
export function route(
  endpoint: string,
  bucket: Auth0Bucket,
  scopes: string[],
  query: string[],
  answer: Route['answer'],
): Route {
  const [method = '', path = ''] = endpoint.split(' ');
  return { method, path, bucket, scopes, query, answer };
}

/** Answers with a list of what is in a thing that must exist. */
export function within(
  things: ReadonlyMap<string, unknown>,
  absent: () => HttpAnswer,
  { serve, name, listOf }: { serve: typeof serveNumbered; name: string; listOf: (id: string) => Auth0List },
): Route['answer'] {
  return ({ ids: [id = ''], query, fault }) =>
    things.has(id) ? serve({ query, name, list: listOf(id), fault }) : absent();
}

/** Answers with one thing, which must exist. */
export function one(
  things: ReadonlyMap<string, unknown>,
  absent: () => HttpAnswer,
  show: (id: string) => object,
): Route['answer'] {
  return ({ ids: [id = ''], query }) => (things.has(id) ? json(200, project(show(id), query)) : absent());
}

/** Answers with a list of all things of a kind. */
export function all(
  keys: readonly string[],
  { serve, name, show }: { serve: typeof serveNumbered; name: string; show: (id: string) => object },
): Route['answer'] {
  return ({ query, fault }) =>
    serve({ query, name, list: { keys, show: (id) => project(show(id), query) }, fault });
}

export function insufficient(scopes: string[]): HttpAnswer {
  return auth0Error(403, `Insufficient scope, expected any of: ${scopes.join(',')}`, 'insufficient_scope');
}

export const noUser = () => auth0Error(404, 'The user does not exist.', 'inexistent_user');
export const noOrganization = () =>
  auth0Error(404, 'No organization found by that id or name', 'inexistent_organization');
export const noGroup = () => missing('group', 'group');
export const noRole = () => missing('role', 'role');
export const noConnection = () => missing('connection', 'connection');
