import { expect, test } from 'vitest';
import { demoDirectory, demoParameters } from '../../local/demo/directory.ts';
import { readEvents } from '../../local/demo/events.ts';
import { play } from '../../local/demo/play.ts';
import { standUp } from './cloud.ts';

test('every file of events/, the invalid ones too, has the outcome that it expects, and leaves nothing personal in a log', async () => {
  const cloud = await standUp({ directory: demoDirectory, parameters: demoParameters });

  const surprises: string[] = [];
  for (const event of readEvents()) {
    const played = await play(event, cloud);
    surprises.push(...played.surprises.map((surprise) => `${event.name}: ${surprise}`));
  }

  expect(surprises).toEqual([]);
  // Nothing of all that people sent may stand in a log: no address, no name, no credential.
  expect(cloud.lines.length).toBeGreaterThan(100);
  expect(
    cloud.lines.filter((line) =>
      /@|Example|Exämple|Ada |Jane|Kim |Eve |5555550100|auth0\||Bearer/.test(line),
    ),
  ).toEqual([]);
});
