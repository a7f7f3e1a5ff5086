import * as z from 'zod';
import {
  createRest,
  type ListPage,
  nextLink,
  pathOf,
  progressed,
  type RestDeps,
  readEvery,
  readItems,
  readOne,
} from '../../../lib/sources/rest.ts';
import { Group, Person } from './schema.ts';

export const FixtureCredentials = z.strictObject({ url: z.url(), token: z.string().min(1) });
export type FixtureCredentials = z.infer<typeof FixtureCredentials>;

export type FixtureApi = ReturnType<typeof createFixtureApi>;

export function createFixtureApi(deps: RestDeps<FixtureCredentials>) {
  const { ask } = createRest<FixtureCredentials>(
    {
      name: 'The fixture',
      tokens: { authorization: async ({ token }) => `Bearer ${token}`, forget: () => {} },
      limits: { prefix: 'x-', marginMs: 0, unknownMs: 1_000 },
      explain: ({ status }) => `The fixture refused the token (${status}).`,
    },
    deps,
  );

  return {
    readPeople: (next?: string) => page('/people', Person, next),
    readGroups: (next?: string) => page('/groups', Group, next),
    readMembers: (group: string, next?: string) => page(pathOf`/groups/${group}/people`, Person, next),
    readPerson: (id: string) => one(pathOf`/people/${id}`, Person),
    readGroup: (id: string) => one(pathOf`/groups/${id}`, Group),
    readGroupsOf: (id: string) => readEvery<Group>((next) => page(pathOf`/people/${id}/groups`, Group, next)),
    readEvents: async (after: string) => {
      const answer = await ask({ bucket: 'all', path: '/events', query: { after } });
      return readItems(answer, answer.json, z.unknown()).items;
    },
  };

  async function one<T>(path: string, schema: z.ZodType<T>) {
    const isMissing = ({ status }: { status: number }) => status === 404;
    return readOne(await ask({ bucket: 'all', path, isMissing }), schema);
  }

  async function page<T>(path: string, schema: z.ZodType<T>, next?: string): Promise<ListPage<T>> {
    const query = { limit: 4 };
    const answer = await ask({ bucket: 'all', path: next ?? path, query });
    const { items, unreadable } = readItems(answer, answer.json, schema);
    const following = progressed(answer, nextLink(answer, query), answer.address);
    return { items, unreadable, askedAt: answer.askedAt, next: following };
  }
}
