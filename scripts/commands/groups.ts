import { BadArguments, defineCommand } from '../command.ts';
import { searchGroups } from '../people.ts';
import { plain } from '../plan-text.ts';
import { tableText } from '../table.ts';

export const command = defineCommand({
  takes: '[text]',
  flags: {
    source: { type: 'string', value: 'okta', about: 'only in this source' },
    after: { type: 'string', value: 'place', about: 'goes on where an earlier search stopped' },
  },
  more: `Groups, organizations, roles and applications by a part of their name or id. people --in shows who is in one.`,
  exits: { 1: 'nothing was found up to there, or it failed' },
  async run({ args: [text = ''], source, after }, { stack, terminal }) {
    const connected = await stack();
    const sources = [...connected.policies.keys()];
    if (source !== undefined && !sources.includes(source))
      throw new BadArguments(`--source is one of ${sources.join(', ')}`);
    const sought = { text, sources: source === undefined ? sources : [source], after };
    const groups = await searchGroups(sought, connected);
    const rows = groups.found.map(({ source, kind, id, name = '', exists, organizations }) => [
      ...[source, plain(`${kind}:${id}`), plain(name)],
      exists ? organizations.map((one) => plain(one)).join(', ') : 'deleted',
    ]);
    const table = tableText([['source', 'what', 'name', 'a group of Velt in'], ...rows]);
    const goesOn = groups.next === undefined ? '' : `\nThere is more: --after '${groups.next}' goes on.`;
    terminal.show(groups, `${rows.length > 0 ? table : 'Nothing is found up to here.'}${goesOn}`);
    return rows.length > 0;
  },
});
