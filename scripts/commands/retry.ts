import { BadArguments, defineCommand } from '../command.ts';
import { type Retried, retryPerson, retrySource } from '../retry.ts';

export const command = defineCommand({
  takes: '<person|source>',
  flags: { source: { type: 'string', value: 'okta', about: 'of a person: only in this source' } },
  more: `A person by the vendor's id or by their address, or everything of a source that waits for Velt or the directory.
What Velt refused is tried now, whenever its time is.`,
  exits: {
    0: 'they are asked again, or nothing of the source waits',
    1: 'nobody is known by that, or it failed',
  },
  async run({ args: [asked = ''], source }, { stack, terminal, flags }) {
    const connected = await stack();
    const { policies } = connected;
    if (source !== undefined && !policies.has(source))
      throw new BadArguments(`--source is one of ${[...policies.keys()].join(', ')}`);
    const isSource = source === undefined && policies.has(asked);
    const retried = await (isSource ? retrySource(asked, connected) : retryPerson(asked, source, connected));
    terminal.show(retried, retriedText(asked, retried, isSource, flags));
    return isSource || retried.asked.length > 0;
  },
});

function retriedText(name: string, { asked, isAll }: Retried, isSource: boolean, flags: string): string {
  if (asked.length === 0) return isSource ? `Nothing of ${name} waits.` : `Nobody is known by ${name}.`;
  const who = isSource ? `${asked.length.toLocaleString('en')} of ${name} are` : `${namesOf(asked)}`;
  const more = isAll ? '' : ' There are more: call it again for the rest.';
  return `${isSource ? who : `${who} is`} asked again, now.${more} npm run sync -- status${flags} says who waits then.`;
}

function namesOf(asked: Retried['asked']): string {
  return asked.map(({ source, id }) => `${id} of ${source}`).join(' and ');
}
