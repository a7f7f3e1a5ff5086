import type { HttpAnswer } from '../../http-server.ts';
import { CHECKPOINT } from '../paging.ts';
import { type Api, type Asked, type Route, route } from './route.ts';

const FILTERS = [...CHECKPOINT, 'statuses', 'event_types', 'date_from', 'date_to'];
const READ = ['read:event_streams'];
const READ_FAILED = ['read:event_streams', 'read:event_deliveries'];
const CHANGE = ['update:event_streams'];
const REDELIVER = ['update:event_deliveries'];

/** Event streams and their deliveries. */
export function eventStreamRoutes({ streams }: Api): Route[] {
  return [
    onStream('POST event-streams', ['create:event_streams'], [], (_, { body }) => streams.create(body)),
    onStream('GET event-streams', READ, CHECKPOINT, (_, { query, fault }) => streams.list(query, fault)),
    onStream('GET event-streams/*', READ, [], streams.read),
    onStream('PATCH event-streams/*', CHANGE, [], (id, { body }) => streams.update(id, body)),
    onStream('DELETE event-streams/*', ['delete:event_streams'], [], streams.remove),
    onStream('POST event-streams/*/test', CHANGE, [], (id, { body }) => streams.test(id, body)),
    onStream('GET event-streams/*/deliveries', READ_FAILED, FILTERS, (id, { query }) =>
      streams.deliveries(id, query),
    ),
    onStream('GET event-streams/*/deliveries/*', ['read:event_deliveries'], [], (id, _, eventId) =>
      streams.delivery(id, eventId),
    ),
    onStream('POST event-streams/*/redeliver', REDELIVER, [], (id, { body }) =>
      streams.redeliverMany(id, body),
    ),
    onStream('POST event-streams/*/redeliver/*', REDELIVER, [], (id, _, eventId) =>
      streams.redeliverOne(id, eventId),
    ),
  ];
}

function onStream(
  endpoint: string,
  scopes: string[],
  query: string[],
  answer: (streamId: string, asked: Asked, eventId: string) => HttpAnswer,
): Route {
  return route(endpoint, 'other', scopes, query, (asked) =>
    answer(asked.ids[0] ?? '', asked, asked.ids[1] ?? ''),
  );
}
