import { describe, expect, test } from 'vitest';
import { get, makeOkta } from './two-users.ts';

describe('the System Log', () => {
  const uuidsIn = ({ body }: { body: string }) => JSON.parse(body).map(({ uuid }: { uuid: string }) => uuid);

  test('is served in pages that never end', () => {
    const okta = makeOkta();
    const uuids = [1, 2, 3].map(() => okta.log.append('user.session.start').uuid);

    const first = get(okta, '/api/v1/logs?since=2026-09-30T00%3A00%3A00Z&limit=2&sortOrder=ASCENDING');
    const second = get(okta, first.next ?? '');
    const empty = get(okta, second.next ?? '');

    expect([first, second, empty].map(uuidsIn)).toEqual([uuids.slice(0, 2), uuids.slice(2), []]);
    expect(empty.next).toBe(second.next);
    expect(first.next).not.toContain('since');
  });

  test('filters by type, and knows the deliveries that failed', () => {
    const okta = makeOkta();
    okta.log.append('user.session.start');

    const [failure] = okta.failDelivery('who1');
    const page = get(okta, '/api/v1/logs?filter=eventType%20eq%20%22event_hook.delivery%22');

    expect(uuidsIn(page)).toEqual([failure?.uuid]);
    expect(failure?.outcome.result).toBe('FAILURE');
  });

  test.each([
    ['since=yesterday', 'E0000001'],
    ['since=2026-09-30T00%3A00%3A00Z&after=1_0', 'E0000001'],
    ['after=x', 'E0000001'],
    ['limit=1001', 'E0000001'],
    ['until=2026-09-30T00%3A00%3A00Z', 'E0000001'],
    ['filter=published%20gt%20%222026%22', 'E0000053'],
  ])('refuses %s with %s', (query, errorCode) => {
    const { status, body } = get(makeOkta(), `/api/v1/logs?${query}`);

    expect([status, JSON.parse(body).errorCode]).toEqual([400, errorCode]);
  });
});
