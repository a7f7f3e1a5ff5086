import type { makeOktaRuns } from '../support/okta-runs.ts';
import { person } from '../support/okta-runs.ts';

/** Of the people of a run, who changes while nobody is told. */
export const missed = {
  quitter: person(1).id,
  deactivated: person(4).id,
  renamed: person(5).id,
  deleted: person(6).id,
  joiner: person(40),
};

/** A minute later Okta changes, and no event tells of it. */
export function loseEvents({ okta, time }: Pick<ReturnType<typeof makeOktaRuns>, 'okta' | 'time'>): void {
  time.now += 60_000;
  okta.deactivate(missed.deactivated);
  okta.updateProfile(missed.renamed, { displayName: 'Another Name' });
  okta.createUser(missed.joiner);
  okta.addMember('00gEng', missed.joiner.id);
  okta.removeMember('00gEng', missed.quitter);
  okta.deleteUser(missed.deleted);
  okta.renameGroup('00gEng', 'Engineering');
}
