import { BadArguments, defineCommand } from '../command.ts';
import { membersIn, type PersonLine, searchPeople } from '../people.ts';
import { plain } from '../plan-text.ts';
import { shellWord } from '../shell-word.ts';
import { tableText } from '../table.ts';

const STATES: Record<PersonLine['state'], string> = {
  confirmed: 'in Velt',
  owed: 'on the way',
  refused: 'refused by Velt',
  out: 'not in Velt',
  unreadable: 'only a newer version can read it',
};

export const command = defineCommand({
  takes: '[text]',
  flags: {
    source: { type: 'string', value: 'okta', about: 'only in this source' },
    in: {
      type: 'string',
      value: 'group:00g…',
      about: 'those who are in this, as the command groups names it',
    },
    after: { type: 'string', value: 'place', about: 'goes on where an earlier search stopped' },
  },
  more: `People by a part of their name, address or id. It names them. A search that takes longer than a moment stops, and says where
to go on.`,
  exits: { 1: 'nobody was found up to there, or it failed' },
  async run({ args: [text = ''], source, after, ...given }, { stack, terminal }) {
    const connected = await stack();
    const sources = [...connected.policies.keys()];
    if (source !== undefined && !sources.includes(source))
      throw new BadArguments(`--source is one of ${sources.join(', ')}`);
    if (given.in !== undefined && source === undefined) throw new BadArguments('--in needs --source');
    const people =
      given.in === undefined
        ? await searchPeople({ text, sources: source === undefined ? sources : [source], after }, connected)
        : await membersIn(source ?? '', given.in, connected);
    const rows = people.found.map(({ source, id, name = '', email = '', state, why = '' }) => [
      ...[source, plain(id), plain(name), plain(email), STATES[state], why],
    ]);
    const table = tableText([['source', 'person', 'name', 'address', 'is', 'why'], ...rows]);
    const more = given.in === undefined ? goesOn(people.next) : firstOf(rows.length, people);
    terminal.show(people, `${rows.length > 0 ? table : 'Nobody is found up to here.'}${more}`);
    return rows.length > 0;
  },
});

function goesOn(next: string | undefined): string {
  return next === undefined ? '' : `\nThere is more: --after=${shellWord(next)} goes on.`;
}

function firstOf(shown: number, { looked, isAll }: { looked: number; isAll?: boolean }): string {
  if (shown === 0 || (isAll && looked <= shown)) return '';
  return `\nThe first ${shown} of ${isAll ? '' : 'at least '}${looked.toLocaleString('en')}.`;
}
