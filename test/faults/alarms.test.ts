import { test } from 'vitest';
import { deadAndParked, failing, veltAway } from './delivery-incidents.ts';
import { play, titleOf } from './incident.ts';
import { wayIn } from './way-in-incidents.ts';

// From a fault to its alarm, by the way that docs/operations.md says to its end.

test.each([wayIn, veltAway, failing, deadAndParked].map((one) => [titleOf(one), one] as const))(
  '%s',
  (_title, one) => play(one),
);
