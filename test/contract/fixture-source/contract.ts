import type { HttpResponse } from '../../../lib/http/client.ts';
import { type Deliveries, type DirectoryContract, type InboundContract, TEN, way } from '../contract.ts';
import { fixture as directory } from './directory.ts';
import { fixture as inbound } from './inbound.ts';

const event = (facts: object) =>
  JSON.stringify({ id: 'event-1', time: '2026-09-01T09:00:00.000Z', type: 'person.saved', ...facts });

const deliveries: Deliveries = {
  contentType: 'application/json',
  delivery: (name) => event({ person: { id: 'ada', name } }),
  told: (name) => ({ profile: { name } }),
  besides: 0,
  unmirrored: event({ type: 'person.waved' }),
  unreadable: { body: event({ id: undefined }), path: 'id' },
};

export const fixtureInbound: InboundContract = {
  face: inbound,
  ways: [
    way('fixture', 'fixture', deliveries, {
      header: 'X-Fixture-Token',
      scheme: 'none',
      challenge: 'x-fixture-token',
    }),
  ],
  partners: [],
};

const url = 'https://fixture.example.com';
const group = { id: 'engineers', name: 'Engineers' };
const ten = TEN.map((id) => ({ id, name: `${id} Example` }));

export const fixtureDirectory: DirectoryContract = {
  face: directory,
  config: { organization: 'acme' },
  credentials: { url, token: 'leak-me' } as { url: string },
  http:
    () =>
    async ({ url: address }) =>
      answer(new URL(address)),
  people: TEN,
  nobody: 'nobody',
  group,
};

/** The API of the fixture: ten people, of whom three are in its one group, and no event. */
function answer({ pathname, searchParams }: URL): HttpResponse {
  const [, kind, id, inside] = pathname.split('/');
  const members = ten.slice(0, 3);
  if (kind === 'events') return json(200, []);
  if (kind === 'groups' && !id) return page([group]);
  if (kind === 'groups' && id === group.id) return inside ? page(members) : json(200, group);
  if (kind === 'people' && !id) return page(ten);
  const person = kind === 'people' ? ten.find((candidate) => candidate.id === id) : undefined;
  if (!person) return json(404, {});
  return inside ? page(members.includes(person) ? [group] : []) : json(200, person);

  function page(all: object[]): HttpResponse {
    const [from, limit] = [Number(searchParams.get('from') ?? 0), Number(searchParams.get('limit'))];
    const next = from + limit < all.length ? `<${pathname}?from=${from + limit}>; rel="next"` : undefined;
    return json(200, all.slice(from, from + limit), next);
  }
}

function json(status: number, value: unknown, link?: string): HttpResponse {
  return { status, headers: { link }, body: JSON.stringify(value) };
}
