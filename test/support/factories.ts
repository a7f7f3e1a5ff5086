import type { Queue } from '../../lib/aws/queue.ts';
import type { SourceConfig } from '../../lib/config.ts';
import { policyOf, readConfig } from '../../lib/config.ts';
import type {
  ContainerChange,
  MembershipChange,
  PersonChange,
  QueueItem,
  Recheck,
} from '../../lib/directory/change.ts';
import type { Policy } from '../../lib/directory/policy.ts';
import type { LogFields, Meter } from '../../lib/observability.ts';

/** The moment tests begin at (ms since the epoch): later than every event that the factories make. */
export const NOW = Date.parse('2026-09-30T12:00:00.000Z');

/** The n-th second of one morning, as vendors write it; text order is number order. */
export function second(n: number): string {
  return new Date(Date.parse('2026-09-01T09:00:00.000Z') + n * 1000).toISOString();
}

export function personChange(change: Partial<PersonChange> = {}): PersonChange {
  return { kind: 'person', source: 'okta', personId: 'ada', at: second(1), id: 'event-1', ...change };
}

export function membershipChange(change: Partial<MembershipChange> = {}): MembershipChange {
  const container = { kind: 'group' as const, id: 'engineers' };
  const common = { source: 'okta', personId: 'ada', at: second(1), id: 'event-1' };
  return { ...common, kind: 'membership', container, member: true, ...change };
}

export function groupChange(change: Partial<ContainerChange> = {}): ContainerChange {
  const common = { source: 'okta', at: second(1), id: 'event-1' };
  return { ...common, kind: 'group', containerId: 'engineers', ...change };
}

/** Asks for Ada to be looked at again. */
export function recheck(change: Partial<Recheck> = {}): Recheck {
  const of = { kind: 'person', id: 'ada' } as const;
  return { kind: 'recheck', source: 'okta', of, at: second(1), reason: 'event', ...change };
}

/** One source's configuration, all defaults filled in. */
export function sourceConfig<C extends SourceConfig = SourceConfig>(source: Record<string, unknown> = {}): C {
  const { sources } = readConfig({ sources: { it: { kind: 'okta', organization: 'acme', ...source } } });
  return sources.it as C;
}

/** What one source's configuration decides. */
export function makePolicy(source: Record<string, unknown> = {}): Policy {
  return policyOf(sourceConfig(source));
}

/** What an Okta event hook posts. */
export function oktaDelivery(...events: unknown[]) {
  return {
    eventType: 'com.okta.event_hook',
    eventTypeVersion: '1.0',
    cloudEventsVersion: '0.1',
    source: 'https://example-org.okta.com/api/v1/eventHooks/who1',
    eventId: 'delivery-1',
    data: { events },
    eventTime: second(10),
    contentType: 'application/json',
  };
}

export function oktaEvent(eventType: string, event: Record<string, unknown> = {}) {
  return {
    uuid: 'event-1',
    published: second(1),
    eventType,
    version: '0',
    severity: 'INFO',
    outcome: { result: 'SUCCESS', reason: null },
    target: [oktaTarget('User')],
    ...event,
  };
}

/** What EventBridge hands over of Okta's log stream: one event of the log. */
export function partnerEvent(detail: unknown, event: Record<string, unknown> = {}) {
  return {
    version: '0',
    id: 'eb000000-0000-4000-8000-000000000001',
    'detail-type': 'SystemLog',
    source: 'aws.partner/okta.com/example-org/velt',
    account: '111122223333',
    time: second(2),
    region: 'eu-west-1',
    resources: [],
    detail,
    ...event,
  };
}

export function oktaTarget(type: 'User' | 'UserGroup', target: Record<string, unknown> = {}) {
  return type === 'User'
    ? {
        id: 'ada',
        type,
        alternateId: 'ada@example.com',
        displayName: 'Ada Example',
        detailEntry: null,
        ...target,
      }
    : {
        id: 'engineers',
        type,
        alternateId: 'unknown',
        displayName: 'Engineers',
        detailEntry: null,
        ...target,
      };
}

/** What an Auth0 event stream posts. */
export function auth0Event(type: string, object: unknown, event: Record<string, unknown> = {}) {
  return {
    specversion: '1.0',
    type,
    source: 'urn:auth0:example-tenant.us.auth0.com',
    id: 'event-1',
    time: second(1),
    data: { object },
    a0tenant: 'example-tenant',
    a0stream: 'est_1',
    ...event,
  };
}

export function auth0User(user: Record<string, unknown> = {}) {
  const picture = 'https://images.example.com/ada.png';
  return {
    user_id: 'auth0|ada',
    email: 'ada@example.com',
    email_verified: true,
    name: 'Ada Example',
    nickname: 'ada',
    picture,
    ...user,
  };
}

/** Time that only passes when told to, or by sleeping. */
export function makeClock(now = NOW) {
  const time = {
    now,
    slept: [] as number[],
    clock: () => time.now,
    sleep: async (ms: number) => {
      time.slept.push(ms);
      time.now += ms;
    },
  };
  return time;
}

export function makeLog() {
  const lines: { level: string; message: string; fields: LogFields }[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      void lines.push({ level, message, fields });
  return { lines, info: at('info'), warn: at('warn'), error: at('error') };
}

type Told = Record<string, number>;

/** Sums what was counted, by metric name, and lists every time that was measured; of gauges what was told last, by source. */
export function makeMeter(): Meter & {
  counted: Told;
  measured: Record<string, number[]>;
  gauges: Record<string, Told>;
} {
  const counted: Told = {};
  const measured: Record<string, number[]> = {};
  const gauges: Record<string, Told> = {};
  return {
    ...{ counted, measured, gauges },
    record: (values) => {
      for (const [name, value] of Object.entries(values)) {
        const all = [value].flat();
        const sum = all.reduce((total, one) => total + one, 0);
        if (name.endsWith('Ms')) measured[name] = [...(measured[name] ?? []), ...all];
        else if (sum !== 0) counted[name] = (counted[name] ?? 0) + sum;
      }
    },
    gauge: (values) => void Object.assign(gauges, Object.fromEntries(values)),
  };
}

/** A queue that keeps what is sent, one array a call. */
export function makeQueue(): Queue & { sent: QueueItem[][] } {
  const sent: QueueItem[][] = [];
  return { sent, send: async (changes) => void sent.push(changes) };
}

/** One record of an Auth0 tenant's log, as log streams send it; about `auth0|ada` where `data` does not say otherwise. */
export function auth0LogRecord(type: string, data: Record<string, unknown> = {}) {
  const log_id = '90020260901090001000000000000000000001';
  const record = { date: second(1), type, description: '', ip: '203.0.113.10', user_id: 'auth0|ada' };
  return { log_id, data: { ...record, log_id, tenant_name: 'example-tenant', ...data } };
}

/** One record of a call of Auth0's Management API; its own user is who called. */
export function auth0ApiRecord(method: string, path: string, { body = {}, answer = {} } = {}) {
  const request = { method, path, query: {}, body };
  const details = { request, response: { statusCode: 200, body: answer } };
  return auth0LogRecord('sapi', { user_id: 'auth0|admin', details });
}

/** What an Action that runs after a registration or a login posts, secrets left out. */
export function auth0Action(user: Record<string, unknown> = {}, event: Record<string, unknown> = {}) {
  return {
    request: { ip: '203.0.113.10', method: 'POST' },
    connection: { id: 'con_1', name: 'Username-Password-Authentication', strategy: 'auth0' },
    tenant: { id: 'example-tenant' },
    user: auth0User({ created_at: second(0), updated_at: second(1), ...user }),
    ...event,
  };
}

/** A message of the changes queue as a worker receives it. */
export function message(changes: object[], messageId = 'm') {
  return { messageId, body: JSON.stringify({ v: 2, changes }) };
}

/** What makes a change one that was read, asked for at the n-th second. */
export function readAt(n: number) {
  return { at: second(n), id: undefined, askedAt: second(n) };
}
