import { createHash } from 'node:crypto';
import * as z from 'zod';
import { Refused } from './refused.ts';
import type { ScopeOf, Store } from './store.ts';

/** The sides that a test took where Velt's behaviour is not documented; see `VeltOptions`. */
export type Sides = {
  repeatAdd: 'added' | 'already-exists';
  deleteKeepsGroups: boolean;
  deleteUnknown: 'item' | 'call';
  missingScope: 'created' | 'not-found';
  requireEmail: boolean;
  advancedQueries: 'on' | 'empty' | 'refused';
  listsRoles: boolean;
};

/** The outcome of one item of a call. */
export type Item = {
  success: boolean;
  message: string;
  id?: string;
  organizationUserGroupId?: string;
  code?: string;
};
export type ItemKind = 'userId' | 'groupId' | 'organizationId';

/** Does the work for one item, or lets a fault meet it. */
export type DoItem = (kind: ItemKind, id: string, work: () => Item) => void;
export type Done = { message: string; data?: unknown; nextPageToken?: string };

/** One path of Velt's API: what it accepts, and what it does with that. */
export type Endpoint = { body: z.ZodType; run: (data: unknown, item: DoItem) => Done };

/** Makes the endpoints of one part of the API. */
export type Endpoints = (store: Store, sides: Sides) => [path: string, endpoint: Endpoint][];

const MAX_USERS_PER_CALL = 500;

export const id = z.string().min(1);
export const text = z.string().optional();
export const flag = z.boolean().optional();

/** The items of a call. */
export const list = <T extends z.ZodType>(item: T) => z.array(item).min(1).max(MAX_USERS_PER_CALL);

export function endpoint<S extends z.ZodType>(
  schema: S,
  run: (data: z.output<S>, item: DoItem) => Done,
): Endpoint {
  return {
    body: z.strictObject({ data: schema }),
    run: (data, item) => run(data as z.output<S>, item),
  };
}

export function hasScope({ folderId, documentId }: ScopeOf): boolean {
  return folderId !== undefined || documentId !== undefined;
}

/** The `id` in Velt's answers: the md5 hex of the client's id (seen in samples of docs.velt.dev). */
export function veltId(clientId: string): string {
  return createHash('md5').update(clientId).digest('hex');
}

/** @throws {Refused} with the path of every fault in `details.issues`, as Velt's v2 names fields. */
export function validate(endpoint: Endpoint, body: unknown): unknown {
  const parsed = endpoint.body.safeParse(body);
  if (parsed.success) return (parsed.data as { data: unknown }).data;
  const issues = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: 'Unrecognized key' }))
      : [{ path: issue.path.join('.'), message: issue.message }],
  );
  throw new Refused('INVALID_ARGUMENT', issues[0]?.message ?? 'Invalid request.', { issues });
}
