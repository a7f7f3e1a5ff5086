import { expect, test } from 'vitest';
import { type DeferDeps, foldNews } from '../../../lib/delivery/defer.ts';
import type { NestingChange } from '../../../lib/directory/change.ts';
import { newContainer } from '../../../lib/directory/entry.ts';
import { makeDelivery } from '../../support/delivery.ts';
import { second } from '../../support/factories.ts';

const connection = { source: 'auth0', kind: 'connection', id: 'acme-saml' } as const;
const nesting = (member: boolean): NestingChange => ({
  ...{ source: 'auth0', kind: 'nesting', at: second(member ? 1 : 2), id: `n${member}`, member },
  ...{ child: { kind: 'connection', id: 'acme-saml' }, container: { kind: 'group', id: 'grp_1' } },
});

/** Whether the people of a connection were looked at for this news of it. */
async function looksAtPeople(...news: NestingChange[]) {
  const { deps } = makeDelivery({ auth0: { kind: 'auth0', organization: 'acme' } });
  let looked = false;
  const mirror: DeferDeps['mirror'] = {
    ...deps.mirror,
    async *members() {
      looked = true;
      yield [];
    },
  };
  await foldNews(newContainer(connection), news, { ...deps, mirror });
  return looked;
}

test('a connection that comes into a group takes nothing: nobody in it is looked at', async () => {
  expect(await looksAtPeople(nesting(true))).toBe(false);
});

test('a connection that leaves a group may take something from everybody in it', async () => {
  expect(await looksAtPeople(nesting(true), nesting(false))).toBe(true);
});
