import { SourceName } from '../../lib/config.ts';
import { BadArguments, defineCommand } from '../command.ts';
import { removeThrough } from '../remove-source.ts';

export const command = defineCommand({
  takes: '<source>',
  flags: { yes: { type: 'string', value: 'okta', about: 'the name once more, where nobody can type it' } },
  more: 'Shows whom it would take out, and asks. Of a source that is still configured it only shows them.',
  exits: { 0: 'all of it is done', 1: 'somebody or something is left' },
  async run({ yes, args }, { session, confirm, terminal }) {
    const { data: source } = SourceName.safeParse(args[0]);
    if (source === undefined)
      throw new BadArguments('<source> is the name of one source: lower-case letters, digits and dashes');
    if (yes !== undefined && yes !== source)
      throw new BadArguments(`--yes is ${yes}, and the source is ${source}`);
    const asked = { word: source, to: 'take them out and to forget them', yes };
    const done = await removeThrough(source, () => confirm(asked), await session());
    terminal.show({ source, done });
    return done;
  },
});
