import { auth0 as face } from '../../../lib/sources/auth0/inbound.ts';
import { auth0Event, auth0LogRecord, auth0User } from '../../support/factories.ts';
import { type Deliveries, type InboundContract, way } from '../contract.ts';
import { MEGABYTE, NOTHING } from '../partners.ts';

/** The event sources by which streams reach EventBridge. */
export const AUTH0_PARTNER = 'aws.partner/auth0.com/example-tenant-1/auth0.events';
const AUTH0_LOGS_PARTNER = 'aws.partner/auth0.com/example-tenant-2/auth0.logs';

export const auth0Created = (name: string) => auth0Event('user.created', auth0User({ name }));
const unmirrored = auth0Event('organization.connection.added', {});
const unreadable = auth0Event('user.created', auth0User(), { id: undefined });

const stream: Deliveries = {
  contentType: 'application/json',
  delivery: (name) => JSON.stringify(auth0Created(name)),
  told: (name) => ({ profile: { name } }),
  besides: 0,
  unmirrored: JSON.stringify(unmirrored),
  unreadable: { body: JSON.stringify(unreadable), path: 'id' },
};

/** An Action that forwards what its event stream gave it with a bare `fetch`, which calls any text text/plain. */
const action: Deliveries = {
  ...stream,
  contentType: 'text/plain;charset=UTF-8',
  delivery: (name) => JSON.stringify({ message: auth0Created(name) }),
  unmirrored: JSON.stringify({ message: unmirrored }),
  unreadable: { body: JSON.stringify({ message: unreadable }), path: 'message.id' },
};

/** A log stream in one of the forms in which a webhook can get it: its records are hints to read somebody. */
const logs = (write: (records: unknown[]) => string, besides: unknown[], path: string): Deliveries => {
  const body = (record: unknown) => write([...besides, record]);
  return {
    contentType: 'application/json',
    delivery: (user_id) => body(auth0LogRecord('ss', { user_id })),
    told: (id) => ({ kind: 'recheck', of: { kind: 'person', id } }),
    besides: besides.length,
    unmirrored: body(auth0LogRecord('s')),
    unreadable: { body: body(auth0LogRecord('ss', { date: 'soon' })), path },
  };
};

const aLogin = auth0LogRecord('s');
const writeLines = (records: unknown[]) => records.map((record) => JSON.stringify(record)).join('\n');
const logObject = logs(([record]) => JSON.stringify(record), [], 'data.date');
const logArray = logs((records) => JSON.stringify(records), [aLogin], '1.data.date');
const logLines = logs((records) => `${writeLines(records)}\n`, [aLogin], 'data.date');

const bearer = (more = {}) => ({ scheme: 'bearer' as const, challenge: 'Bearer', more });
const key = (header: string) => ({
  ...{ header, scheme: 'none' as const, challenge: header },
  more: { header, scheme: 'none' },
});

export const auth0Stream = way(
  'auth0',
  'auth0-bearer',
  stream,
  bearer({ partnerEventSource: [AUTH0_PARTNER] }),
);
const auth0Logs = way(
  'auth0',
  'auth0-logs',
  logObject,
  bearer({ api: {}, partnerEventSource: AUTH0_LOGS_PARTNER }),
);

export const auth0: InboundContract = {
  face,
  ways: [
    auth0Stream,
    way('auth0', 'auth0-basic', stream, {
      scheme: 'basic',
      challenge: 'Basic',
      more: { scheme: 'basic' },
    }),
    way('auth0', 'auth0-header', stream, key('X-Hook-Key')),
    way('auth0', 'auth0-action', action, key('X-API-Key')),
    auth0Logs,
    way('auth0', 'auth0-log-array', logArray, bearer({ api: {} })),
    way('auth0', 'auth0-log-lines', logLines, bearer({ api: {} })),
  ],
  partners: [
    {
      partner: AUTH0_PARTNER,
      way: auth0Stream,
      detail: auth0Created,
      unmirrored,
      unreadable: [
        ...NOTHING,
        ['no id', { ...auth0Created('Ada'), id: undefined }, 'id'],
        ['no id, nested once more', { data: { ...auth0Created('Ada'), id: undefined } }, 'data.id'],
        ['a time that is no date', { ...auth0Created('Ada'), time: 'soon' }, 'time'],
        ['an id of a megabyte', auth0Event('user.created', { user_id: MEGABYTE }), 'user_id'],
      ],
    },
    {
      partner: AUTH0_LOGS_PARTNER,
      way: auth0Logs,
      detail: (user_id) => auth0LogRecord('ss', { user_id }),
      unmirrored: auth0LogRecord('s'),
      unreadable: [
        ...NOTHING,
        ['a date that is none', auth0LogRecord('ss', { date: 'soon' }), 'data.date'],
        ['no date', auth0LogRecord('ss', { date: undefined }), 'data'],
        ['a user id of a megabyte', auth0LogRecord('ss', { user_id: MEGABYTE }), 'of.id'],
      ],
    },
  ],
};
