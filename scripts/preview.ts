import { readFileSync } from 'node:fs';
import type { DirectoryConfig } from '../lib/config.ts';
import { ConfigError } from '../lib/errors.ts';
import { readBody } from '../lib/inbound/body.ts';
import { type Given, type PreviewDeps, preview } from '../lib/reconcile/preview.ts';
import { faceOf, inbound } from '../lib/sources/inbound.ts';
import { BusFile, bodyOf, RequestFile } from '../local/demo/events.ts';
import { readCommandLine } from './command-line.ts';
import { configFileOf, OWN_CONFIG, readConfigFile } from './config-file.ts';
import { previewText } from './preview-text.ts';
import { connectStack, createTerminal, runCommand, STACK_FLAGS, type Terminal } from './stack.ts';

/** What the command is asked for. */
export interface Asked {
  source?: string | undefined;
  person?: string | undefined;
  people?: string | undefined;
  event?: string | undefined;
  json?: boolean | undefined;
}

/**
 * Prints what a configuration would tell Velt of people, and why. `connect` leads to the stack, where a person is to be read. Throws
 * ConfigError for arguments and files that cannot be.
 */
export async function previewThrough(
  asked: Asked,
  command: {
    config: DirectoryConfig;
    terminal: Pick<Terminal, 'print'>;
    clock: () => number;
    connect: () => Promise<Pick<PreviewDeps, 'connect' | 'mirror'>>;
  },
): Promise<void> {
  const { config, terminal, clock, connect } = command;
  const source = sourceOf(asked, config);
  const given = givenOf(asked, source, config);
  const stack = 'person' in given ? await connect() : {};
  const { connect: directoriesOf, mirror } = stack;
  const previews = await preview(source, given, { config, clock, connect: directoriesOf, mirror });
  terminal.print(asked.json ? JSON.stringify(previews, null, 2) : previewText(previews));
}

function sourceOf({ source }: Asked, { sources }: DirectoryConfig): string {
  const names = Object.keys(sources);
  const [only = ''] = names;
  if (source === undefined && names.length === 1) return only;
  if (source === undefined || !Object.hasOwn(sources, source))
    throw refuse('--source', `is one of ${names.join(', ')}`);
  return source;
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
  return eventOf(readText('--event', event ?? ''), sources[source] as DirectoryConfig['sources'][string]);
}

/** What a file holds: one as in events/, or the body of a delivery as it came. */
function eventOf(text: string, config: DirectoryConfig['sources'][string]): Given {
  const { data: file } = RequestFile.or(BusFile).safeParse(jsonIn(text));
  if (file && 'event' in file) return { event: file.event.detail };
  const body = file ? (bodyOf(file.request) ?? Buffer.alloc(0)) : Buffer.from(text);
  const { values, faults } = readBody(body, faceOf(config, inbound));
  if (values.length === 0) throw refuse('--event', faults.map(({ message }) => message).join('; '));
  return { body: values };
}

function readText(flag: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw refuse(flag, error instanceof Error ? error.message : String(error));
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refuse(path: string, message: string): ConfigError {
  return new ConfigError('command line', [{ path, message }]);
}

const USAGE = `npm run preview -- --source okta --person ada@example.com [--stage dev] [--region us-east-1]
npm run preview -- --source okta --people users.json
npm run preview -- --source okta --event events/okta/user.lifecycle.create.json
npm run preview -- --local --source okta --person edsger@example.com
with each: [--config other.json] [--json]`;

/**
 * `npm run preview`: prints what the configuration would tell Velt of people, and why, and tells nobody. A person is read from the
 * directory of a deployed stage, or with `--local` from the one of the local cloud; a file needs no stage. AWS_ENDPOINT_URL as everywhere.
 */
async function main(signal: AbortSignal): Promise<boolean> {
  const { values } = readCommandLine(USAGE, {
    options: {
      ...{ source: { type: 'string' }, person: { type: 'string' } },
      ...{ people: { type: 'string' }, event: { type: 'string' }, config: { type: 'string' } },
      ...STACK_FLAGS,
      json: { type: 'boolean', default: false },
      local: { type: 'boolean', default: false },
    },
  });
  const { stage, region, local, json, person } = values;
  if (local && person === undefined) throw refuse('--local', 'is for --person: files need no cloud');
  const file = configFileOf({ stage, config: values.config ?? (local ? OWN_CONFIG : undefined) });
  const config = readConfigFile(file);
  const terminal = createTerminal();
  const closers: (() => Promise<void>)[] = [];
  const connect = async () => {
    if (!local) return connectStack({ stage, config: file, aws: { region } }, signal);
    if (!json) terminal.print('Building, packaging and starting the local cloud …\n');
    const { startDemo } = await import('../local/demo/missed.ts');
    const cloud = await startDemo();
    closers.push(cloud.close);
    return connectStack({ stage: 'dev', config: OWN_CONFIG, aws: cloud.admin }, signal);
  };
  try {
    await previewThrough(values, { config, terminal, clock: Date.now, connect });
    return true;
  } finally {
    for (const close of closers) await close();
  }
}

if (process.argv[1] === import.meta.filename) await runCommand('preview', main);
