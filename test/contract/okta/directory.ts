import { okta as face } from '../../../lib/sources/okta/directory.ts';
import { createOkta } from '../../../local/doubles/okta/okta.ts';
import { oktaUser } from '../../support/okta-api.ts';
import { type DirectoryContract, TEN } from '../contract.ts';

const url = 'https://example-org.okta.com';
const group = { id: '00gEngineers', name: 'Engineers' };

export const okta: DirectoryContract = {
  face,
  config: { organization: 'acme' },
  credentials: { url, ssws: 'leak-me' } as { url: string },
  http: ({ clock }) => {
    const org = createOkta({
      ...{ orgUrl: url, ssws: 'leak-me', clock },
      users: TEN.map((id) => oktaUser(id)),
      groups: [{ id: group.id, profile: { name: group.name } }],
      members: TEN.slice(0, 3).map((id) => [group.id, id] as const),
    });
    return async ({ method, headers, url: address }) =>
      org.handle({ method, headers, path: address.slice(url.length) });
  },
  people: TEN,
  nobody: 'nobody',
  group,
};
