import { expect, test } from 'vitest';
import { newPerson } from '../../../../lib/directory/entry.ts';
import { foldPerson } from '../../../../lib/directory/fold.ts';
import { verdictsOf } from '../../../../scripts/console/verdict.ts';
import { membershipChange, personChange, recheck, second } from '../../../support/factories.ts';

const told = personChange({ exists: true, profile: { name: 'Ada' }, at: second(5), id: 'event-5' });
const entry = foldPerson(newPerson('okta', 'ada'), told);

test('a part is new where it is what is known, and open where nothing newer was folded yet', () => {
  const by = { at: second(5), id: 'event-5' };
  expect(verdictsOf(told, entry)).toEqual([
    { part: 'exists', is: 'new', by },
    { part: 'name', is: 'new', by },
  ]);
  expect(verdictsOf(told, undefined).map(({ is }) => is)).toEqual(['open', 'open']);
  const later = personChange({ profile: { name: 'Bea' }, at: second(6) });
  expect(verdictsOf(later, entry)).toEqual([{ part: 'name', is: 'open' }]);
});

test('a part is older than what is known by the vendor’s time, and told is what said so last', () => {
  const older = personChange({ profile: { name: 'Old', email: 'old@example.com' }, at: second(4) });
  expect(verdictsOf(older, entry)).toEqual([
    { part: 'name', is: 'older', by: { at: second(5), id: 'event-5' } },
    { part: 'email', is: 'open' },
  ]);
});

test('a membership that came late is older than its end', () => {
  const left = foldPerson(entry, membershipChange({ member: false, at: second(9), id: 'event-9' }));
  const [verdict] = verdictsOf(membershipChange({ at: second(8), id: 'event-8' }), left);
  expect(verdict).toMatchObject({ is: 'older', by: { id: 'event-9' } });
  expect(verdictsOf(recheck(), left)).toEqual([]);
});
