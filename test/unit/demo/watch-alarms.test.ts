import { expect, test } from 'vitest';
import { createAlarmWatch } from '../../../local/demo/watch-alarms.ts';

test('an alarm is told once when it goes off, and once when it is over', () => {
  const look = createAlarmWatch();
  const alarm = (name: string, isOn: boolean) => ({
    ...{ logicalId: name, name, isOn, description: `What ${name} means.` },
  });

  const lines = [
    [false, false],
    [true, false],
    [true, true],
    [false, true],
    [false, true],
  ].map(([parked = false, dead = false]) => look([alarm('parked', parked), alarm('dead', dead)]));

  expect(lines).toEqual([
    [],
    ['ALARM parked: What parked means.'],
    ['ALARM dead: What dead means.'],
    ['OK    parked'],
    [],
  ]);
});
