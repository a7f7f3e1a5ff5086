import type { DirectoryConfig, SourceConfig } from '../lib/config.ts';
import { type Given, type PreviewDeps, preview } from '../lib/reconcile/preview.ts';
import { BadArguments } from './command.ts';
import { jsonIn, readEventFile, readText, sourceOf, valuesOf } from './event-file.ts';
import { previewText } from './preview-text.ts';
import type { Terminal } from './terminal.ts';

/** What the command is asked for. */
export interface Asked {
  source?: string | undefined;
  person?: string | undefined;
  people?: string | undefined;
  event?: string | undefined;
}

/**
 * Prints what a configuration would tell Velt of people, and why. `connect` leads to the stack, where a person is to be read. Throws
 * BadArguments for arguments and files that cannot be.
 */
export async function previewThrough(
  asked: Asked,
  command: {
    config: DirectoryConfig;
    terminal: Pick<Terminal, 'show'>;
    clock: () => number;
    connect: () => Promise<Pick<PreviewDeps, 'connect' | 'mirror'>>;
  },
): Promise<void> {
  const { config, terminal, clock, connect } = command;
  const source = sourceOf(asked.source, config);
  const given = givenOf(asked, source, config);
  const stack = 'person' in given ? await connect() : {};
  const { connect: directoriesOf, mirror } = stack;
  const previews = await preview(source, given, { config, clock, connect: directoriesOf, mirror });
  terminal.show(previews, previewText(previews));
}

function givenOf({ person, people, event }: Asked, source: string, { sources }: DirectoryConfig): Given {
  if ([person, people, event].filter((one) => one !== undefined).length !== 1)
    throw refuse('--person, --people or --event', 'is needed, and one of them only');
  if (person === '') throw refuse('--person', "is an e-mail address, or the vendor's id of somebody");
  if (person !== undefined) return { person };
  if (people !== undefined) {
    const users = jsonIn(readText('--people', people));
    if (Array.isArray(users) && users.length > 0) return { people: users };
    throw refuse('--people', `is a JSON array of users, as the vendor's API has them, and ${people} is none`);
  }
  const file = readEventFile('--event', event ?? '');
  if ('event' in file) return { event: file.event.detail };
  const { values, faults } = valuesOf(file, sources[source] as SourceConfig);
  if (values.length === 0) throw refuse('--event', faults.map(({ message }) => message).join('; '));
  return { body: values };
}

function refuse(path: string, message: string): BadArguments {
  return new BadArguments(`${path} ${message}`);
}
