import { policiesOf } from '../../lib/config.ts';
import { deliveredTo } from '../../lib/inbound/map.ts';
import { type ForetellDeps, foretell } from '../../lib/reconcile/foretell.ts';
import { EMPTY_MIRROR } from '../../lib/reconcile/overlay.ts';
import { defineCommand } from '../command.ts';
import { CONFIG_FILE, readConfigFile } from '../config-file.ts';
import { mappedOf, readEventFile, sourceOf } from '../event-file.ts';
import { explainedOf } from '../explain.ts';
import { explainText } from '../explain-text.ts';

export const command = defineCommand({
  takes: '<event file>',
  flags: {
    source: {
      type: 'string',
      value: 'okta',
      about: 'the source that it would come from, where there are several',
    },
    empty: { type: 'boolean', about: 'as if nothing were known of anybody; needs no stage' },
  },
  more: `The file is one as in events/, or the body of a delivery as it came. Nothing is sent and nothing is written: it is delivered
to a copy of what the table has of those whom it names, and to a Velt that confirms everything. Who would be read from the directory
is read, but with --empty.`,
  exits: { 0: 'all of it can be read', 1: 'a part of it cannot, and would be parked' },
  async run({ source: named, empty = false, args: [file = ''] }, { stack, terminal, clock }) {
    const event = readEventFile('<event file>', file);
    const config = readConfigFile(CONFIG_FILE);
    const source = sourceOf(named, config);
    const delivered = deliveredTo(source, config.sources[source] as never, clock());
    const mapped = mappedOf(event, delivered);
    const policies = policiesOf(config);
    const deps: ForetellDeps = empty
      ? {
          config,
          policies,
          clock,
          mirror: EMPTY_MIRROR,
          runs: { current: async () => undefined },
          directories: new Map(),
        }
      : { ...(await stack().catch(orEmpty)), config, policies, clock };
    const explained = explainedOf(source, mapped, await foretell(mapped.changes, deps));
    terminal.show(explained, explainText(explained));
    return explained.unreadable.length === 0;
  },
});

function orEmpty(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error);
  throw new Error(`${message}; --empty explains it without a stage`, { cause: error });
}
