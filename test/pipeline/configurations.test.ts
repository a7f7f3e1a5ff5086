import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { auth0Event, auth0User } from '../support/factories.ts';
import { oktaDelivery, userCreate } from '../support/okta-deliveries.ts';
import { packageWith } from '../support/package-with.ts';
import { standUp } from './cloud.ts';

const okta = (organization: string) => ({ kind: 'okta', organization });
const auth0 = (organization: string | Record<string, string>) => ({ kind: 'auth0', organization });

/** What comes of one event: of Okta, or of Auth0's user who is in no organization of it. */
const events = {
  okta: oktaDelivery(userCreate('00uA')),
  auth0: auth0Event('user.created', auth0User({ user_id: 'auth0|ada' })),
};

test.each([
  ['one source of Okta with another name', { corp: okta('acme') }, 'corp', ['acme']],
  ['Auth0 with a map', { customers: auth0({ org_1: 'first', org_2: 'second' }) }, 'customers', []],
  [
    'two of each',
    { east: okta('east'), west: okta('west'), shop: auth0('shop'), club: auth0('club') },
    'west',
    ['west'],
  ],
])(
  'a configuration of %s is packaged, stands up and takes an event',
  async (_what, sources, to, organizations) => {
    const root = await packageWith({ sources });
    try {
      const cloud = await standUp({ root });
      const source = Object.entries(sources).find(([name]) => name === to)?.[1];

      const { status } = await cloud.post(to, events[source?.kind as keyof typeof events]);
      await cloud.idle();

      expect(status).toBe(200);
      expect(Object.keys(cloud.sources)).toEqual(Object.keys(sources));
      expect(Object.keys(cloud.state())).toEqual(organizations);
    } finally {
      await rm(root, { recursive: true });
    }
  },
);

test("the local cloud goes by the project's own configuration, whatever the user has in config/", async () => {
  const root = await packageWith(undefined, async (folder) => {
    await mkdir(join(folder, 'config'));
    await writeFile(join(folder, 'config', 'dev.json'), '{ "sources": "no configuration at all" }');
  });
  try {
    const cloud = await standUp({ root });

    expect(Object.keys(cloud.sources)).toEqual(['okta', 'auth0']);
  } finally {
    await rm(root, { recursive: true });
  }
});
