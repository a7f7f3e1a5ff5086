import { describe, expect, test } from 'vitest';
import { standUp, type TestCloud } from '../pipeline/cloud.ts';
import {
  answersOf,
  arrival,
  deadLetters,
  departure,
  owedOf,
  peopleAtVelt,
  returnsOf,
  templateWith,
  until,
} from './observe.ts';

describe('a function killed after Velt applied the call and before it said so', () => {
  test('calls again when nothing happened since', async () => {
    const cloud = await standUp({
      secondMs: 20,
      template: await templateWith({ visibilitySeconds: 120, timeoutSeconds: 8 }),
    });
    cloud.velt?.faults.add({ times: 1, answer: { kind: 'slow', ms: 60_000 } });

    await cloud.queue(arrival('Ada'));
    await until(() => peopleAtVelt(cloud).ada !== undefined);
    cloud.killOne('deliver');
    await cloud.idle();

    expect(answersOf(cloud)).toEqual(['users/add 200', 'users/add 200']);
    expect(peopleAtVelt(cloud)).toEqual({ ada: 'Ada' });
    expect([await owedOf(cloud), deadLetters(cloud)]).toEqual([[], 0]);
  });

  test('removes whom it added when they left meanwhile, although no record says that they were there', async () => {
    const cloud = await standUp({
      secondMs: 20,
      template: await templateWith({ visibilitySeconds: 120, timeoutSeconds: 8 }),
    });
    cloud.velt?.faults.add({ times: 1, answer: { kind: 'slow', ms: 60_000 } });

    await cloud.queue(arrival('Ada'));
    await until(() => peopleAtVelt(cloud).ada !== undefined);
    cloud.killOne('deliver');
    await cloud.queue(departure('Ada'));
    await cloud.idle();

    expect(answersOf(cloud)).toEqual(['users/add 200', 'users/delete 200']);
    expect(peopleAtVelt(cloud)).toEqual({});
    expect([await owedOf(cloud), deadLetters(cloud)]).toEqual([[], 0]);
  });

  test('brings back whom it removed when they returned meanwhile', async () => {
    const cloud = await standUp({
      secondMs: 20,
      template: await templateWith({ visibilitySeconds: 120, timeoutSeconds: 8 }),
    });
    await cloud.queue(arrival('Ada'));
    await cloud.idle();
    cloud.velt?.faults.add({ times: 1, answer: { kind: 'slow', ms: 60_000 } });

    await cloud.queue(departure('Ada'));
    await until(() => peopleAtVelt(cloud).ada === undefined);
    cloud.killOne('deliver');
    await cloud.queue(arrival('Ada', { at: '2026-09-03T00:00:00.000Z', id: 'return' }));
    await cloud.idle();

    expect(answersOf(cloud)).toEqual(['users/add 200', 'users/delete 200', 'users/add 200']);
    expect(peopleAtVelt(cloud)).toEqual({ ada: 'Ada' });
    expect(await owedOf(cloud)).toEqual([]);
  });
});

describe('a function’s time', () => {
  test('is never used up by a Velt that hangs: the message is given back before', async () => {
    const cloud = await standUp({ secondMs: 20, template: await templateWith({ timeoutSeconds: 7 }) });
    cloud.velt?.faults.add({ times: 1, answer: { kind: 'hang' } });

    await cloud.queue(arrival('Ada'));
    await cloud.idle();

    expect(answersOf(cloud)).toEqual(['users/add hang', 'users/add 200']);
    expect(returnsOf(cloud)).toEqual(['timeout']);
    expect(failuresOf(cloud)).toEqual([]);
  });

  test('that is up although Velt was told makes the message come back, and Velt is told again', async () => {
    const template = await templateWith({ timeoutSeconds: 7, visibilitySeconds: 400 });
    const cloud = await standUp({ secondMs: 20, template });
    cloud.aws?.faults.add({ action: 'dynamodb:PutItem', after: 1, answer: 'hang' });

    await cloud.queue(arrival('Ada'));
    await cloud.idle();

    expect(failuresOf(cloud)).toEqual([expect.stringMatching(/time/i)]);
    expect(answersOf(cloud)).toEqual(['users/add 200', 'users/add 200']);
    expect([peopleAtVelt(cloud), deadLetters(cloud)]).toEqual([{ ada: 'Ada' }, 0]);
    expect(await owedOf(cloud)).toEqual([]);
  });
});

/** How invocations of `deliver` ended that gave no answer. */
function failuresOf({ lines }: TestCloud): string[] {
  return lines.filter((line) => line.startsWith('deliver ERROR Invoke Error'));
}
