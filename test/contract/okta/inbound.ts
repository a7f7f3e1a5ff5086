import { okta as face } from '../../../lib/sources/okta/inbound.ts';
import { oktaDelivery, oktaEvent, oktaTarget } from '../../support/factories.ts';
import { type Deliveries, type InboundContract, way } from '../contract.ts';
import { MEGABYTE, NOTHING } from '../partners.ts';

export const OKTA_PARTNER = 'aws.partner/okta.com/example-org/velt';

export const oktaCreated = (displayName: string) =>
  oktaEvent('user.lifecycle.create', { target: [oktaTarget('User', { displayName })] });
const body = (event: unknown) => JSON.stringify(oktaDelivery(event));

const hook: Deliveries = {
  contentType: 'application/json',
  delivery: (name) => body(oktaCreated(name)),
  told: (name) => ({ profile: { name } }),
  besides: 0,
  unmirrored: body(oktaEvent('user.session.start')),
  unreadable: {
    body: body(oktaEvent('user.lifecycle.create', { uuid: undefined })),
    path: 'data.events.0.uuid',
  },
};

export const oktaHook = way('okta', 'okta', hook, {
  scheme: 'none',
  challenge: 'authorization',
  more: { partnerEventSource: OKTA_PARTNER },
});

export const okta: InboundContract = {
  face,
  ways: [oktaHook],
  partners: [
    {
      partner: OKTA_PARTNER,
      way: oktaHook,
      detail: oktaCreated,
      unmirrored: oktaEvent('user.session.start'),
      unreadable: [
        ...NOTHING,
        ['a list in it', [oktaCreated('Ada')], 'detail.(whole)'],
        ['no id', { ...oktaCreated('Ada'), uuid: undefined }, 'detail.uuid'],
        ['a time that is no date', { ...oktaCreated('Ada'), published: 'soon' }, 'detail.published'],
        [
          'an id of a megabyte',
          oktaEvent('user.lifecycle.create', { target: [oktaTarget('User', { id: MEGABYTE })] }),
          'target.0.id',
        ],
      ],
    },
  ],
};
