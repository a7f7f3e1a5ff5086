import { test } from 'vitest';
import { play, titleOf } from './incident.ts';
import { breaker, owed, vendors } from './standing-incidents.ts';

// Alarms on what stays as it is: from the fault to the alarm, and by the manual to its end.

test.each([owed, breaker, vendors].map((one) => [titleOf(one), one] as const))('%s', (_title, one) =>
  play(one),
);
