import { expect, test } from 'vitest';
import { type WorldCode, WorldFault } from '../../../lib/errors.ts';
import { createReach } from '../../../lib/sources/reach.ts';

const fault = (code: WorldCode) => new WorldFault(code, 'it failed');

test.each<WorldCode>(['credentials', 'throttled', 'no-credentials', 'secret', 'out-of-time'])(
  '%s is about the whole directory at once',
  (code) => {
    expect(createReach().isLost('ada', fault(code))).toBe(true);
  },
);

test.each<WorldCode>(['forbidden', 'unreadable-answer'])('%s is about each one, however many', (code) => {
  const reach = createReach();

  expect(['ada', 'alan', 'grace'].map((id) => reach.isLost(id, fault(code)))).toEqual([false, false, false]);
});

test.each<WorldCode>(['unavailable', 'timeout', 'connection'])(
  '%s is about one until the next one gets no answer either',
  (code) => {
    const reach = createReach();

    const lost = ['ada', 'ada', 'alan'].map((id) => reach.isLost(id, fault(code)));

    expect(lost).toEqual([false, false, true]);
  },
);

test('whoever is answered in between shows that the directory is there', () => {
  const reach = createReach();

  const first = reach.isLost('ada', fault('unavailable'));
  reach.answered();
  const second = reach.isLost('alan', fault('unavailable'));
  reach.isLost('grace', fault('forbidden'));
  const third = reach.isLost('edsger', fault('unavailable'));

  expect([first, second, third]).toEqual([false, false, false]);
});
