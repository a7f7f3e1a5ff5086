import * as z from 'zod';
import { parse } from '../../../lib/parse.ts';
import { readCursor } from '../../../lib/sources/cursor.ts';
import { membershipFact, missingPerson } from '../../../lib/sources/facts.ts';
import type { DirectoryFace } from '../../../lib/sources/source.ts';
import { createFixtureApi, FixtureCredentials } from './api.ts';
import type { FixtureConfig } from './config.ts';
import { groupFact, personFact } from './facts.ts';
import { createListing } from './listing.ts';
import { Event, Person } from './schema.ts';

const Place = z.strictObject({ v: z.literal(1), after: z.string() });

export const fixture: DirectoryFace<FixtureConfig, FixtureCredentials> = {
  credentials: FixtureCredentials,
  factsOf: (users, _config, reading) =>
    parse(z.array(Person), users, 'the list of users').map((user) => personFact(user, reading)),
  create(source, _config, deps) {
    const api = createFixtureApi(deps);
    return {
      covers: ['group'],
      readPage: createListing(source, api),
      async readGroup(id) {
        const { value, askedAt } = await api.readGroup(id);
        return [groupFact(id, value, { source, askedAt })];
      },
      async readPerson(id, { memberships }) {
        const { value, askedAt } = await api.readPerson(id);
        const readAt = new Date(askedAt).toISOString();
        if (!value) return { changes: [missingPerson(id, { source, askedAt })], readAt, complete: [] };
        const person = personFact(value, { source, askedAt });
        if (!memberships) return { changes: [person], readAt, complete: [] };
        const groups = await api.readGroupsOf(id);
        const facts = groups.items.map((group) =>
          membershipFact(id, { kind: 'group', ...group }, { source, askedAt: groups.askedAt }),
        );
        return { changes: [person, ...facts], readAt, complete: groups.unreadable === 0 ? ['group'] : [] };
      },
      async readEvents(cursor, since) {
        const { after } =
          cursor === undefined
            ? { after: new Date(since).toISOString() }
            : readCursor(Place, cursor, "place in the fixture's events");
        const events = await api.readEvents(after);
        const last = events.map((event) => Event.safeParse(event).data?.time ?? '').at(-1);
        const next = JSON.stringify({ v: 1, after: last || after });
        return { events, next, more: false, failedDeliveries: 0 };
      },
    };
  },
};
