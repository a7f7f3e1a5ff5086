import { setTimeout as delay } from 'node:timers/promises';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createSecret } from '../../lib/aws/secrets.ts';
import { createHttp } from '../../lib/http/client.ts';
import { createVelt } from '../../lib/velt/client.ts';
import { VeltCredentials } from '../../lib/velt/schema.ts';
import { defineCommand } from '../command.ts';
import { type Compared, type Held, organizationOf } from '../organization.ts';
import { plain } from '../plan-text.ts';
import { tableText } from '../table.ts';

const VELT = 'https://api.velt.dev';
const TIMEOUT_MS = 20_000;

export const command = defineCommand({
  takes: '<organization>',
  more: `An organization of Velt by its id: whom it should hold, beside whom Velt says it holds. It names them. Nothing is changed.
VELT_BASE_URL as at the deployment.`,
  exits: { 0: 'both are the same', 1: 'they differ, or it failed' },
  async run({ args: [organizationId = ''] }, { stack, place, terminal, clock, env, config }) {
    const { mirror, policies } = await stack();
    const { stage, aws, local } = await place();
    const client = new SecretsManagerClient(aws as object);
    const velt = createVelt({
      ...{ http: createHttp(), usersAdd: config().velt.usersAdd, clock, random: Math.random },
      credentials: createSecret(`velt-directory-sync-${stage}/velt`, VeltCredentials, { client, clock }),
      ...{ baseUrl: local?.veltUrl ?? env.VELT_BASE_URL ?? VELT, timeoutMs: TIMEOUT_MS },
      sleep: async (ms) => {
        await delay(ms);
      },
    });
    const report = await organizationOf(organizationId, { mirror, policies, velt, clock });
    const { counts, users, note } = report;
    const differ = users.filter(({ state }) => state !== 'same');
    const rows = differ.map(({ userId, state, should, says }: Compared) => [
      ...[plain(userId), state, text(should), text(says)],
    ]);
    terminal.show(
      report,
      [
        `${counts.same.toLocaleString('en')} in ${organizationId} are as they should be.`,
        ...(note === undefined ? [] : [note]),
        ...(rows.length > 0 ? [tableText([['user', 'is', 'should be', 'Velt says'], ...rows])] : []),
      ].join('\n'),
    );
    return note === undefined && differ.length === 0;
  },
});

function text(held: Held | undefined): string {
  return held ? plain([held.name, held.email].filter(Boolean).join(', ') || '(by id)') : '–';
}
